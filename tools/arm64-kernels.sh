# For scripts that compile the kernels for arm64 without an arm64 machine: `source tools/arm64-kernels.sh`. What they make is in $arm64.
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

# compile_module NAME FLAG...: the sources of a module, and its interface.
compile_module() {
  swift_for_arm64 -Ounchecked -emit-module -emit-module-path "$arm64/$1.swiftmodule" -emit-object -module-name "$1" "${@:2}" \
    $(find -L "Sources/$1" -name '*.swift' | sort) -o "$arm64/$1.o"
}

# The instructions of the set for products of bytes.
dot_product_machine=(-Xcc -march=armv8.2-a+dotprod)

compile_interface() { compile_module InfoldKernelInterface; }

# compile_kernels SET FLAG...
compile_kernels() { compile_module "InfoldKernels$1" -D INFOLD_NEON "${@:2}"; }

# Compiles all of them, where a source, a link or the compiler is another than the last time.
compile_all_kernels() {
  local dot_product state=$arm64/compiled
  local present
  present=$(swiftc --version 2>/dev/null && ls Sources/InfoldKernels{NEON,DotProduct})
  if [[ -f $state && $(<"$state") == "$present" ]]; then
    [[ -n $(find Sources/CMachine Sources/InfoldKernelInterface Sources/InfoldKernels tools/arm64-kernels.sh -newer "$state" -print -quit) ]] || return 0
  fi
  compile_interface
  # At the same time: one after the other would take twice as long.
  compile_kernels DotProduct -D INFOLD_DOTPROD "${dot_product_machine[@]}" &
  dot_product=$!
  compile_kernels NEON
  wait $dot_product
  printf '%s\n' "$present" >"$state"
}
