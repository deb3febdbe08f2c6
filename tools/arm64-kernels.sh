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

compile_interface() { compile_module InfoldKernelInterface; }

# compile_kernels SET FLAG...
compile_kernels() { compile_module "InfoldKernels$1" -D INFOLD_NEON "${@:2}"; }
