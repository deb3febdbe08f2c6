#!/usr/bin/env bash
# Tests the kernels of arm64 on any machine: compiles them with the standard library of Embedded Swift, which the toolchain has for arm64
# without a system, links them with Debian's C library for arm64, and runs the tests of Tests/InfoldKernelTests under emulation, once with
# each set of kernels of quantized numbers. Prints the tests that fail, and the sums. Of the rest it compiles CMachine, and checks the types of
# what chooses the kernels.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh binutils-aarch64-linux-gnu gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3 qemu-user-static
source tools/arm64-kernels.sh

support=Tests/EmbeddedKernelTests
tests=()
for test in Tests/InfoldKernelTests/*.swift; do
  case $test in
  # The lists of sets that this machine has, and the tests that compare one set with another.
  */KernelSets.swift | */LaneWidthTests.swift | */VectorWidthTests.swift) ;;
  *) tests+=("$test") ;;
  esac
done

# embed NAME SOURCE...: writes the sources of a test program.
embed() {
  rm -rf "$arm64/$1"
  tools/embed-kernel-tests.py "$arm64/$1" "${@:2}"
  cp Sources/InfoldTensor/Tensor/{SplitMix64,BFloat16,Float16+Conversion}.swift $support/*.swift "$arm64/$1"
}

# build NAME FLAG...: compiles the sources. In Embedded Swift, a program holds what it uses of other modules again, so it is compiled as the
# kernels are; where both have a function, the linker takes the first one's.
build() {
  swift_for_arm64 -Ounchecked -Xcc "-fmodule-map-file=$support/CTestSupport/module.modulemap" -emit-object -module-name EmbeddedKernelTests \
    "${@:2}" "$arm64/$1"/*.swift -o "$arm64/$1.o"
}

# Whose names begin with Byte are all that a set of quantized numbers needs.
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
# The first has no more than ARMv8.0, the second has products of four bytes.
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
