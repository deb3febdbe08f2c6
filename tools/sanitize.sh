#!/usr/bin/env bash
# Runs the tests with AddressSanitizer and with ThreadSanitizer, each built in a folder of its own: sanitize.sh [address|thread]...
# What the environment variable SANITIZE_FILTER matches is run, by default everything; never the tests that are skipped below.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev libonnx-testdata
if (($# == 0)); then set -- address thread; fi
export SWIFT_BACKTRACE=enable=no INFOLD_SLOWDOWN=20
# Tests of the tool run another program, and those of whole networks compute for long what others compute as well.
tests=(${SANITIZE_FILTER:+--filter "$SANITIZE_FILTER"} --skip NetworkTests --skip InfoldToolTests)
for sanitizer; do
  options=(-c release --scratch-path ".build/$sanitizer" --disable-testable-imports --sanitize "$sanitizer")
  case $sanitizer in
    address)
      # What the system refuses is an error to be handled. What lives as long as the process is no leak. The sanitizer itself keeps
      # freed memory, so that a test of what stays cannot hold.
      export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0
      swift test "${options[@]}" "${tests[@]}" --skip manySizesNeedNoMoreThanTheLargest
      ;;
    thread)
      export TSAN_OPTIONS=${TSAN_OPTIONS-halt_on_error=1:suppressions=$PWD/tools/thread-sanitizer.supp}
      # Extreme numbers take long, by one thread.
      swift test "${options[@]}" "${tests[@]}" --skip ExtremeNumbersTests
      ;;
    *)
      echo "usage: tools/sanitize.sh [address|thread]..." >&2
      exit 2
      ;;
  esac
done
