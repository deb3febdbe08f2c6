#!/usr/bin/env bash
# Fuzzes a target for some time: fuzz.sh TARGET SECONDS [LIBFUZZER-ARGUMENT...]. Targets are decode,
# roundtrip, run, npy, image and sidecar; all runs each of them for the given time. fuzz.sh compile
# only compiles the program, and shares the repository's build of Infold. Otherwise, it builds with
# AddressSanitizer and coverage in a separate folder, in release configuration or the one in
# FUZZ_CONFIGURATION (debug builds take less than half the time but run slower). The corpus is kept
# in .build/fuzzing-corpus. Failing inputs are minimized and kept in .build/fuzzing-findings; add
# them to Tests/FuzzTests/Findings.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
if [[ $* == compile ]]; then
  exec swift build -c release --package-path Fuzzing --scratch-path .build --disable-build-manifest-caching --target fuzz
fi
if (($# < 2)); then
  echo "usage: tools/fuzz.sh decode|roundtrip|run|npy|image|sidecar|all SECONDS [LIBFUZZER-ARGUMENT...], or compile" >&2
  exit 2
fi
targets=($1) seconds=$2
shift 2
[[ ${targets[0]} != all ]] || targets=(decode roundtrip run npy image sidecar)
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev libonnx-testdata

# libFuzzer is in the compiler's library folder. The program has its own main function.
resources=$(swiftc -print-target-info | sed -nE 's/^ *"runtimeResourcePath": "(.*)",?$/\1/p')
libraries=("$resources"/clang/lib/*/"libclang_rt.fuzzer_no_main-$(uname -m).a")
coverage=edge,trace-cmp,inline-8bit-counters,pc-table
options=(-c "${FUZZ_CONFIGURATION:-release}" --package-path Fuzzing --scratch-path .build/fuzzing --sanitize address
  -Xswiftc -sanitize-coverage=$coverage -Xcc -fsanitize-coverage=$coverage -Xlinker "${libraries[0]}" -Xlinker -lstdc++)
swift build "${options[@]}" --product fuzz
fuzz=$(swift build "${options[@]}" --show-bin-path)/fuzz
# The name of the program selects the target, since libFuzzer starts the program again by that name.
names=$PWD/.build/fuzzing/targets
mkdir -p "$names"
for target in "${targets[@]}"; do ln -sf "$fuzz" "$names/$target"; done

# libFuzzer reports crashes; Swift's own report takes long. Failed allocations are handled as
# errors. Short allocation stacks, a small quarantine of freed memory, and no filling make it
# faster.
export SWIFT_BACKTRACE=enable=no
fast=malloc_context_size=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=64:max_malloc_fill_size=0
export ASAN_OPTIONS=allocator_may_return_null=1:$fast:${ASAN_OPTIONS-}

# The seeds of a target: models with functions, branches and unusual tensors, small models of ONNX's
# cases and of the recorded ones (quantized, with branches and loops), random networks, and the
# tests' pictures and arrays.
seed() {
  case $1 in
    npy) find Tests -name '*.npy' -size -8k -exec cp --backup=numbered -t "$2" {} + ;;
    image) find Tests/InfoldImageTests/Fixtures -regextype egrep -regex '.*[.](jpg|png|webp|gif|bmp)' -size -8k -exec cp --backup=numbered -t "$2" {} + ;;
    sidecar) cp Models/*.json "$2" ;;
    *)
      cp Fuzzing/Seeds/*.onnx "$2"
      "$fuzz" seeds "$2" 300
      local model
      while IFS= read -r model; do
        cp "$model" "$2/$(basename "$(dirname "$model")").onnx"
      done < <(find Tests/Recorded /usr/share/libonnx-testdata/data/{node,simple} .build/onnx-cases -name '*.onnx' -size -6k 2>/dev/null)
      find .build/zoo/light -name '*.onnx' -size -5k -exec cp -t "$2" {} + 2>/dev/null || true
      ;;
  esac
}

failures=0
findings=.build/fuzzing-findings
mkdir -p "$findings"
"$fuzz" dictionary >.build/fuzzing/words.dict
for target in "${targets[@]}"; do
  corpus=.build/fuzzing-corpus/$target
  if [[ ! -d $corpus ]]; then
    mkdir -p "$corpus"
    seed "$target" "$corpus"
  fi
  # Reloading the corpus every second and weighting inputs by rarity took four fifths of the time.
  limits=(-timeout=2 -rss_limit_mb=1024 -malloc_limit_mb=512 -max_len=4096 -reload=0 -entropic=0)
  status=0
  "$names/$target" "$corpus" "${limits[@]}" -max_total_time="$seconds" -dict=.build/fuzzing/words.dict \
    -artifact_prefix="$findings/$target-" -print_final_stats=1 "$@" || status=$?
  if ((status != 0)); then
    failures=$((failures + 1))
    finding=$(ls -t "$findings/$target"-* | head -1)
    "$names/$target" "${limits[@]}" -minimize_crash=1 -max_total_time=60 -exact_artifact_path="$finding.min" "$finding" || true
    echo "error: $target fails; see $finding and, if it could be made smaller, $finding.min" >&2
  fi
done
exit $((failures > 0))
