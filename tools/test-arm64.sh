#!/usr/bin/env bash
# Tests the kernels for arm64 on any machine. Compiles them with the standard library of Embedded
# Swift, which the toolchain provides for arm64 without an operating system, links them with
# Debian's C library for arm64, and runs the tests of Tests/InfoldKernelTests in an emulator, once
# with each kernel set of quantized numbers. Prints failed tests and totals. It also compiles
# CMachine, and type-checks the code that selects kernel sets.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh binutils-aarch64-linux-gnu gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3 qemu-user-static
source tools/arm64-kernels.sh

support=Tests/EmbeddedKernelTests
tests=()
for test in Tests/InfoldKernelTests/*.swift; do
  case $test in
  # Lists of the machine's kernel sets, tests that compare kernel sets, and those of matrix units,
  # which are only emulated on arm64.
  */KernelSets.swift | */LaneWidthTests.swift | */VectorWidthTests.swift | */MatrixUnit*Tests.swift | */NarrowImageTests.swift) ;;
  *) tests+=("$test") ;;
  esac
done

# embed NAME SOURCE...: writes the sources of a test program.
embed() {
  rm -rf "$arm64/$1"
  tools/embed-kernel-tests.py "$arm64/$1" "${@:2}"
  cp Sources/InfoldTensor/Tensor/{SplitMix64,BFloat16,Float16+Conversion}.swift $support/*.swift "$arm64/$1"
}

# build NAME FLAG...: compiles the sources. In Embedded Swift, a program contains copies of the
# functions that it uses from other modules, so it is compiled with the flags of the kernels. If
# both define a function, the linker uses the first one.
build() {
  swift_for_arm64 -Ounchecked -Xcc "-fmodule-map-file=$support/CTestSupport/module.modulemap" -emit-object -module-name EmbeddedKernelTests \
    "${@:2}" "$arm64/$1"/*.swift -o "$arm64/$1.o"
}

# A kernel set of quantized numbers needs only the tests whose names begin with Byte.
byteTests=()
for test in "${tests[@]}"; do [[ $test != */Byte* && $test != */Buffer.swift ]] || byteTests+=("$test"); done
embed neon "${tests[@]}"
embed dotprod "${byteTests[@]}"

# Both as in a release build and as in a debug build.
check_choice() {
  local define
  swift_for_arm64 -emit-module -emit-module-path "$arm64/InfoldSystem.swiftmodule" -module-name InfoldSystem $support/InfoldSystem/*.swift
  swift_for_arm64 -emit-module -emit-module-path "$arm64/InfoldKernelsPortable.swiftmodule" -module-name InfoldKernelsPortable \
    Sources/InfoldKernelsPortable/*.swift
  for define in RELEASE DEBUG; do
    swift_for_arm64 -typecheck -D $define -module-name InfoldRuntime Sources/InfoldRuntime/Planning/{KernelChoice,MachineModel}.swift
    swift_for_arm64 -typecheck -D $define -module-name InfoldKernelTests Tests/InfoldKernelTests/KernelSets.swift
  done
}

compile_all_kernels
aarch64-linux-gnu-gcc -O2 -Wall -Wextra -Werror -c Sources/CMachine/machine.c -ISources/CMachine/include -o "$arm64/machine.o"
{ check_choice; build dotprod -D INFOLD_DOTPROD "${dot_product_machine[@]}"; } &
others=$!
build neon
wait $others

aarch64-linux-gnu-gcc -O1 -Wall -Wextra -Werror -c $support/test_support.c -o "$arm64/support.o"
resources=$(swiftc -print-target-info | sed -nE 's/^ *"runtimeResourcePath": "(.*)",?$/\1/p')
tables=$resources/embedded/aarch64-none-none-elf/libswiftUnicodeDataTables.a
# The first processor supports only ARMv8.0, the second supports dot products.
declare -A processors=([neon]=cortex-a53 [dotprod]=neoverse-n1)
failures=0
for set in neon dotprod; do
  objects=("$arm64"/{InfoldKernelInterface,InfoldKernelsNEON}.o)
  [[ $set == neon ]] || objects+=("$arm64/InfoldKernelsDotProduct.o")
  aarch64-linux-gnu-gcc -static-pie "${objects[@]}" "$arm64"/{"$set",support}.o "$tables" -lm -o "$arm64/test-$set"
  echo "$set:"
  qemu-aarch64-static -cpu ${processors[$set]} "$arm64/test-$set" || failures=$((failures + 1))
done
exit $((failures > 0))
