#!/usr/bin/env bash
# Checks the machine code of the kernels for arm64, on any machine: which instructions each set
# uses, that the loops of products have one multiply-add per sum, contain no calls and no spills,
# and that products and loads are at least 90 % of the instructions of the main tile's loop. Prints
# these loops with their numbers of products, loads, calls, spills and instructions.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh binutils-aarch64-linux-gnu
source tools/arm64-kernels.sh
compile_all_kernels
failures=0

fail() {
  echo "error: $*" >&2
  failures=$((failures + 1))
}

listing=$(mktemp)
trap 'rm -f "$listing"' EXIT
for set in NEON DotProduct; do
  aarch64-linux-gnu-objdump --disassemble --no-show-raw-insn "$arm64/InfoldKernels$set.o" >"$listing"
  # SVE registers and these instructions are not available on all arm64 processors.
  ! grep --quiet --perl-regexp '\t[su]sdot\t|\tsmmla\t|\tbfdot\t|\bz[0-9]+\.[bhsd]\b' "$listing" || fail "$set uses instructions beyond ARMv8.2"
  if [[ $set == NEON ]]; then
    ! grep --quiet --perl-regexp '\t[su]dot\t' "$listing" || fail "NEON uses dot product instructions"
  fi

  # The innermost loops of the tiles that multiply.
  loops=$(awk -f tools/innermost-loops.awk -f <(
    cat <<'END'
function target(   field) {
  if ($2 ~ /^(b|b\.[a-z]+|cbn?z|tbn?z)$/)
    for (field = 3; field <= NF; field++) if ($field ~ /^[0-9a-f]+$/ && ($field in place)) return $field
  return ""
}
function isProduct(line, operation) { return operation ~ /^(fmla|sdot|smull2?)$/ && line ~ /v[0-9]+\./ }
function isLoad(line, operation) { return operation ~ /^ld/ }
function isCall(line, operation) { return operation ~ /^blr?$/ }
function isSpill(line, operation) { return line ~ /\[(sp|x29)/ && line ~ /[ \t,][qds][0-9]+,/ }
function report(products, loads, calls, spills, instructions, name) { print products, loads, calls, spills, instructions, name }
END
  ) "$listing" | swift demangle --compact | sed --quiet --regexp-extended '
    s/^([0-9 ]+) .*generic specialization <([0-9]), ([0-9])> of static [A-Za-z]+\.\(?((Byte|ByteRows)?Tile)( in [^)]*\))?\.multiply\(.*$/\4<\2x\3> \1/p; t
    s/^([0-9 ]+) .*InfoldKernels[A-Za-z]*\.\(?(DepthwiseRow|DepthwiseBlock|GroupedTile|GroupedPair|WinogradInput|WinogradOutput)\b.*$/\2 \1/p' |
    # Those with the most products first.
    sort -k1,1 -k2,2nr)
  echo "$set: products, loads, calls, spills and instructions of the loops of tiles and rows"
  echo "$loops"
  # One loop over blocks of channels copies a partial block to the stack, so that it does not write
  # beyond the end.
  bad=$(awk '$4 > 0 || $5 > ($1 == "DepthwiseBlock") { print $1 }' <<<"$loops")
  [[ -z $bad ]] || fail "$set: loops that call or spill: $bad"

  # requireTile TILE PRODUCTS SHARE: requires a loop of a tile with this number of products, in
  # which products and loads are this percentage of the instructions.
  requireTile() {
    awk -v tile="$1" -v products="$2" -v share="$3" '
      $1 == tile && $2 >= products {
        printf "%s: %d of %d instructions are products and loads, %.1f %%\n", $1, $2 + $3, $6, 100 * ($2 + $3) / $6
        found = 100 * ($2 + $3) >= share * $6
      }
      END { exit !found }' <<<"$loops" || fail "$set: no $1 with $2 products, of which with loads $3 % of the instructions are"
  }
  if [[ $set == NEON ]]; then
    requireTile "Tile<6x4>" 96 90
    requireTile "ByteTile<4x2>" 16 0
  else
    requireTile "ByteTile<5x4>" 80 85
  fi
done
exit $((failures > 0))
