#!/usr/bin/env bash
# Checks the machine code of the kernels (x86-64): that the linker cannot put AVX2 or AVX-512 code
# into code for every processor, that each kernel set uses its own instruction set only, and that
# the loops of products and of Winograd transformations contain no calls and no spills. Prints these
# and all other loops that multiply.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh

# The program contains all kernel sets.
swift build -c release --product infold
products=$(swift build -c release --show-bin-path)
failures=0

fail() {
  echo "error: $*" >&2
  failures=$((failures + 1))
}

for set in AMX BFloat16 VNNI AVX512 AVX2 Portable; do
  objects=("$products/InfoldKernels$set.build"/*.o)

  # If several objects define a symbol, the linker keeps one of them, whichever set it was compiled
  # for. Names that contain the module's name are unique; Swift's version mark and references are
  # data.
  weak=$(nm --defined-only "${objects[@]}" | awk -v name="^[$]s[0-9]+InfoldKernels$set" '
    NF == 3 && $2 ~ /^[WVu]$/ && $3 !~ name && $3 !~ /^(__swift_reflection_version|symbolic|got\.)/ { print $3 }')
  [[ -z $weak ]] || fail "$set defines symbols that other sets may define too: $(swift demangle --compact <<<"$weak")"

  listing=$(mktemp)
  trap 'rm -f "$listing"' EXIT
  objdump --disassemble --no-show-raw-insn "${objects[@]}" >"$listing"
  if [[ $set == Portable ]] && grep --quiet --extended-regexp '%[yz]mm|vfn?m(add|sub)' "$listing"; then
    fail "Portable uses AVX or FMA"
  fi
  if [[ $set == AVX2 ]] && grep --quiet --extended-regexp '%zmm|%k[1-7]|%[xy]mm(1[6-9]|[23][0-9])' "$listing"; then
    fail "AVX2 uses AVX-512"
  fi

  # The innermost loops that multiply, with their calls and spills.
  loops=$(awk -f tools/innermost-loops.awk -f <(
    cat <<'END'
function target() { return $2 ~ /^j/ ? $3 : "" }
function isProduct(line, operation) { return line ~ /vfn?m(add|sub)...ps|[^v]mulps|vpdpbusd|vpmaddwd|tdpbf16ps|vdpbf16ps|tdpbusd/ }
function isLoad(line, operation) { return 0 }
function isCall(line, operation) { return line ~ /[ \t]call/ }
function isSpill(line, operation) { return line ~ /\(%rsp\)/ && line ~ /mm[0-9]/ }
function report(products, loads, calls, spills, instructions, name) { print products, calls, spills, name }
END
  ) "$listing" | swift demangle --compact | sed -E '
    # A name is reduced to its type and function. The sizes for which generic code was specialized
    # follow the type.
    s/generic specialization <([0-9]+), ([0-9]+)> of/\1x\2 of/
    s/^([0-9 ]+ )(.* )?([0-9]x[0-9]) of (static )?/\1\3 /
    s/^([0-9 ]+ )(.* of )?(static )?/\1/
    s/closure #([0-9]+) .* in (static )?/closure\1:/
    s/\(([^() ]+) in _[0-9A-F]+\)/\1/g
    s/InfoldKernels[A-Za-z0-9]*\.//g
    s/(<let .*|\(.*)$//
    s/ ([0-9]x[0-9]) ([A-Za-z]+)\./ \2<\1>./
    s/^([0-9]+ [0-9]+ [0-9]+) (.*)$/\2 \1/')
  echo "$set: products, calls and spills of innermost loops"
  sort <<<"$loops"
  # Requires a loop of a function with at least this many products, and no calls or spills.
  requireLoop() {
    awk -v name="$1" -v products="$2" '$1 == name && $2 >= products && $3 + $4 == 0 { found = 1 } END { exit !found }' \
      <<<"$loops" || fail "$set: no loop of $1 with $2 products"
  }
  # Every size of a matrix unit's tiles must have loops without calls and spills, with one product per
  # tile of sums, or three for split factors. None of its loops with products of bytes may call or
  # spill.
  if [[ $set == AMX ]]; then
    for size in 1x1 1x2 2x1 2x2; do
      tiles=$((${size%x*} * ${size#*x}))
      requireLoop "UnitTile<$size>.multiplyRounded" "$tiles"
      requireLoop "UnitTile<$size>.multiplySplit" "$((3 * tiles))"
      requireLoop "UnitByteTile<$size>.multiply" "$tiles"
    done
    bad=$(awk '$1 ~ /^UnitByteTile</ && $3 + $4 > 0' <<<"$loops")
    [[ -z $bad ]] || fail "AMX: loops that call or spill: $bad"
    continue
  fi
  # With bfloat16 vectors, sizes with at least four sums must have a loop with one product per sum of
  # rounded factors, the only ones that plans expect to be fast.
  if [[ $set == BFloat16 ]]; then
    for size in 2x2 4x1 4x2 8x1 8x2; do requireLoop "PairTile<$size>.multiplyRounded" "$((${size%x*} * ${size#*x}))"; done
    continue
  fi
  # Every tile must have a loop without calls that has one product per sum, and none of these loops
  # may spill.
  bad=$(echo "$loops" | awk '
    $1 ~ /^Tile<[1-6]x[1-4]>\.multiply/ {
      sums = substr($1, 6, 1) * substr($1, 8, 1)
      if (sums < 4) next
      if (!($1 in state)) state[$1] = "none"
      if ($3 > 0 || $2 < sums || state[$1] == "spills") next
      state[$1] = $4 > 0 ? "spills" : "good"
    }
    END { for (name in state) if (state[name] != "good") print name, state[name] }')
  [[ -z $bad ]] || fail "$set: tiles without a loop, or with one that spills: $bad"
  # For every other function, the first of its largest loops. A transformation may read one constant
  # from memory, and a product of bytes two, since 16 registers do not suffice for eight sums and
  # all widened operands.
  bad=$(echo "$loops" | awk -v set="$set" '
    $1 !~ /^ByteTile<|^WinogradInput\.transform[2468]$/ && (set == "Portable" || $1 !~ /^WinogradOutput\.transform[2468]$/) { next }
    $2 > most[$1] { most[$1] = $2; largest[$1] = $0; flaws[$1] = $3 + $4 }
    END { for (name in most) if (flaws[name] > (name ~ /^Byte/ ? 2 : 1)) print largest[name] }')
  [[ -z $bad ]] || fail "$set: loops that call or spill: $bad"

  if [[ $set == VNNI ]]; then
    requireLoop "ByteTile<6x4>.multiply" 24
    continue
  fi
  requireLoop "Tile<6x2>.multiply" 12
  if [[ $set == AVX512 ]]; then
    requireLoop "Tile<6x4>.multiply" 24
    halves=$(awk '/^[0-9a-f]+ <.*>:$/ { name = $2 } name ~ /4TileO8multiply/ && /vfn?m(add|sub)...ps/ && !/%zmm/' "$listing" | wc -l)
    ((halves == 0)) || fail "AVX512: tiles multiply by less than whole vectors"
  fi
done
exit $((failures > 0))
