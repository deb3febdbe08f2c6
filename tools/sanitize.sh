#!/usr/bin/env bash
# Runs the tests with AddressSanitizer and with ThreadSanitizer, each built in a separate folder:
# sanitize.sh [address|thread]... The environment variable SANITIZE_FILTER selects tests; by default
# all run, except those skipped below.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev libonnx-testdata
if (($# == 0)); then set -- address thread; fi
export SWIFT_BACKTRACE=enable=no INFOLD_SLOWDOWN=20
# Tests of the tool run another program. Tests of whole networks take long and compute what others
# compute as well.
tests=(${SANITIZE_FILTER:+--filter "$SANITIZE_FILTER"} --skip NetworkTests --skip InfoldToolTests)
for sanitizer; do
  options=(-c release --scratch-path ".build/$sanitizer" --disable-testable-imports --sanitize "$sanitizer")
  case $sanitizer in
    address)
      # Failed allocations are handled as errors. Memory that lives as long as the process is not a
      # leak. The sanitizer itself keeps freed memory, so a test of retained memory cannot pass.
      export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0
      swift test "${options[@]}" "${tests[@]}" --skip manySizesNeedNoMoreThanTheLargest
      ;;
    thread)
      export TSAN_OPTIONS=${TSAN_OPTIONS-halt_on_error=1:suppressions=$PWD/tools/thread-sanitizer.supp}
      # Extreme numbers take long on one thread.
      swift test "${options[@]}" "${tests[@]}" --skip ExtremeNumbersTests
      ;;
    *)
      echo "usage: tools/sanitize.sh [address|thread]..." >&2
      exit 2
      ;;
  esac
done
