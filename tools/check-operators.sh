#!/usr/bin/env bash
# Checks that what is known of an operator stands in the operator's own file: elsewhere in Sources, no operator's name stands as a string,
# and no value is asked whether it is of an operator's type, or of a protocol that several operators share. The operators' files are those
# with `static let name = "…"`. Lowerings, which are what operators conform to, may ask for types.
set -euo pipefail
cd "$(dirname "$0")/.."

# The files that may name operators, and why.
exceptions() {
  cat <<'LIST'
InfoldGraph/Graph/ModelBuilder.swift                adds Identity, and its module has no operators
InfoldPasses/Patterns/Pattern.Formulas.swift        says in formulas what named operators compute
InfoldPasses/.*RecognizeGroupNormalization.swift    matches a pattern of named operators
InfoldPasses/.*RecognizeStackExtrema.swift          matches a pattern of named operators
InfoldPasses/.*RemoveCompleteScatters.swift         matches a pattern of named operators
InfoldPasses/.*MergeParallelConvolutions.swift      matches additions of named operators
InfoldPasses/.*ParallelBranchSearch.swift           matches convolutions
InfoldPasses/.*NormalizationToScaleShift.swift      is about batch normalization, and puts other operators in its place
InfoldPasses/.*ExpandWideQuantization.swift         reads the axis of QuantizeLinear and DequantizeLinear, beside their scales and zero points
InfoldPasses/.*QuantizedValue.swift                 reads the axis of DequantizeLinear, beside its scale and zero point
InfoldQuantization/.*MomentPropagation.swift        reads the statistics of batch normalizations
InfoldQuantization/.*RoundedLayers.swift            asks a convolution for its window
InfoldQuantization/NetworkPreparation.swift         puts Add in the place of Sum, and Gemm in that of MatMul and Add
InfoldValidation/.*ErrorPropagation.swift           has a rule of error analysis for kinds of operators, as LoweredOperator has lowerings
InfoldValidation/Statistics/.*                      is about batch normalization, and writes its parameters
LIST
}

# Every operator with its file, as "file type name"; the types of Swift differ from a few of the names.
operators=$(grep -rHE 'struct [A-Za-z0-9]+: |static let name = "' Sources/InfoldGraph Sources/InfoldOperators --include='*.swift' | awk '
  match($0, /struct [A-Za-z0-9]+: /) { type = substr($0, RSTART + 7, RLENGTH - 9) }
  match($0, /static let name = "[A-Za-z0-9]+"/) {
    print substr($0, 1, index($0, ":") - 1), type, substr($0, RSTART + 19, RLENGTH - 20)
  }')
# The protocols of operators. That of operators with bodies is left out: to have bodies is a question of its own.
protocols=$(grep -rhoE 'protocol [A-Za-z0-9]+: [A-Za-z]*(Operator|Pool)\b' Sources/InfoldGraph Sources/InfoldOperators --include='*.swift' |
  awk '{ sub(":", "", $2); if ($2 != "BodyOperator") print $2 }')
[[ $(wc -l <<<"$operators") -ge 100 && $(wc -l <<<"$protocols") -ge 10 ]] ||
  { echo "found too few operators; has their form changed?" >&2; exit 1; }

names=$(awk '{ print $3 }' <<<"$operators" | sort -u | paste -sd '|')
types=$( (awk '{ print $2 }' <<<"$operators"; echo "$protocols") | sort -u | paste -sd '|')
excepted=$(exceptions | awk '{ print "Sources/" $1 ":" }' | paste -sd '|')
own=$(awk '{ print $1 }' <<<"$operators" | sort -u)

# Lines of code, without comments and the operators' own names.
code() {
  grep -rnE "$1" Sources --include='*.swift' | grep -vE '^[^:]*:[0-9]+: *//|static let name = "' || true
}

named=$(
  code "\"($names)\""
  code "\b(is|as\?|as!|case (let|var) +[A-Za-z]+ +as) +(any +)?($types)\b|== *($types)\.self\b" |
    grep -vE '^Sources/InfoldRuntime/Lowering/' | grep -vFf <(sed 's/$/:/' <<<"$own") || true
)
found=$(grep -vE "^($excepted)|^$" <<<"$named" || true)
# What an exception does not except any more is to leave the list.
unused=$(exceptions | while read -r path _; do grep -qE "^Sources/$path:" <<<"$named" || echo "$path"; done)
if [[ -n $found ]]; then
  echo "$found"
  echo "operators are named outside of their own files: let them answer for themselves (Operator), or use their static name" >&2
fi
if [[ -n $unused ]]; then
  echo "$unused"
  echo "these files name no operators any more; take them off the list of exceptions" >&2
fi
[[ -z $found$unused ]]
