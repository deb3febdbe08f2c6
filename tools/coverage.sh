#!/usr/bin/env bash
# Reports the source coverage of the fuzzing corpus. coverage.sh prints the regions and lines of
# each folder, and coverage.sh FOLDER... the lines of these folders that are never reached. A region
# is a piece of source that is entered in one way: a body, a branch, or the second operand of a
# condition. The inputs are .build/fuzzing-corpus, or the folder in FUZZING_CORPUS, and the
# findings.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
tools/install-packages.sh libprotobuf-c-dev libturbojpeg0-dev libpng-dev libwebp-dev
corpus=${FUZZING_CORPUS:-.build/fuzzing-corpus}
build=$PWD/.build/coverage

resources=$(swiftc -print-target-info | sed -nE 's/^ *"runtimeResourcePath": "(.*)",?$/\1/p')
libraries=("$resources"/clang/lib/*/"libclang_rt.fuzzer_no_main-$(uname -m).a")
options=(-c release --package-path Fuzzing --scratch-path "$build" -Xswiftc -profile-generate
  -Xswiftc -profile-coverage-mapping -Xlinker "${libraries[0]}" -Xlinker -lstdc++)
swift build "${options[@]}" --product fuzz >&2
fuzz=$(swift build "${options[@]}" --show-bin-path)/fuzz
llvm=$(dirname "$(realpath "$(command -v swiftc)")")

rm -rf "$build/profiles" "$build/targets"
mkdir -p "$build/profiles" "$build/targets"
export LLVM_PROFILE_FILE=$build/profiles/%m-%p.profraw
for target in decode roundtrip run npy image; do
  ln -s "$fuzz" "$build/targets/$target"
  folders=("$corpus/$target")
  [[ ! -d Tests/FuzzTests/Findings/$target ]] || folders+=("Tests/FuzzTests/Findings/$target")
  find "${folders[@]}" -type f -print0 | xargs -0 -n 5000 "$build/targets/$target" -timeout=600 >"$build/$target.log" 2>&1
done
"$llvm/llvm-profdata" merge -sparse -o "$build/profile" "$build"/profiles/*.profraw

if (($#)); then
  "$llvm/llvm-cov" show "$fuzz" -instr-profile "$build/profile" "$@" |
    awk -F '|' '/^\/.*:$/ { file = $0 } $2 ~ /^ *0$/ { if (file) print file; file = ""; print $1 ":" substr($0, index($0, $3)) }'
else
  "$llvm/llvm-cov" report "$fuzz" -instr-profile "$build/profile" "$PWD/Sources" |
    awk '
      /\.swift / {
        path = $1
        sub(/^.*Sources\//, "", path); sub(/\/[^\/]*$/, "", path)
        regions[path] += $2; missed[path] += $3; lines[path] += $8; missedLines[path] += $9
      }
      END { for (path in regions) print path, regions[path], missed[path], lines[path], missedLines[path] }' | sort |
    awk 'BEGIN { printf "%-44s %8s %8s %5s %8s %8s %5s\n", "folder", "regions", "reached", "%", "lines", "reached", "%" }
      { printf "%-44s %8d %8d %5.1f %8d %8d %5.1f\n", $1, $2, $2 - $3, 100 * ($2 - $3) / $2, $4, $4 - $5, 100 * ($4 - $5) / $4 }'
fi
