# Compiles the kernels for arm64 on any machine. Use it from scripts: `source
# tools/arm64-kernels.sh`. The output is in $arm64.
arm64=.build/arm64
mkdir -p "$arm64"
cat >"$arm64/CMachine.modulemap" <<END
module CMachine {
  header "$PWD/Sources/CMachine/include/CMachine.h"
  export *
}
END

swift_for_arm64() {
  swiftc -target aarch64-none-none-elf -enable-experimental-feature Embedded -swift-version 6 -warnings-as-errors -parse-as-library -wmo \
    -package-name infold -Xcc -ffreestanding -Xcc "-fmodule-map-file=$arm64/CMachine.modulemap" -I "$arm64" "$@"
}

# compile_module NAME FLAG...: compiles the sources of a module, and its interface.
compile_module() {
  swift_for_arm64 -Ounchecked -emit-module -emit-module-path "$arm64/$1.swiftmodule" -emit-object -module-name "$1" "${@:2}" \
    $(find -L "Sources/$1" -name '*.swift' | sort) -o "$arm64/$1.o"
}

# The instructions of the kernel set with dot products.
dot_product_machine=(-Xcc -march=armv8.2-a+dotprod)

compile_interface() { compile_module InfoldKernelInterface; }

# compile_kernels SET FLAG...
compile_kernels() { compile_module "InfoldKernels$1" -D INFOLD_NEON "${@:2}"; }

# Compiles all sets if a source, a link or the compiler has changed since the last time.
compile_all_kernels() {
  local dot_product state=$arm64/compiled
  local present
  present=$(swiftc --version 2>/dev/null && ls Sources/InfoldKernels{NEON,DotProduct})
  if [[ -f $state && $(<"$state") == "$present" ]]; then
    [[ -n $(find Sources/CMachine Sources/InfoldKernelInterface Sources/InfoldKernels tools/arm64-kernels.sh -newer "$state" -print -quit) ]] || return 0
  fi
  compile_interface
  # In parallel, which halves the time.
  compile_kernels DotProduct -D INFOLD_DOTPROD "${dot_product_machine[@]}" &
  dot_product=$!
  compile_kernels NEON
  wait $dot_product
  printf '%s\n' "$present" >"$state"
}
