#!/usr/bin/env bash
# Checks that all knowledge about an operator is in the operator's own file. Elsewhere in Sources,
# operator names must not occur as strings, and values must not be tested for an operator's type or
# a protocol shared by several operators. Files of operators are those with `static let name = "…"`.
# Lowerings, which operators conform to, may test types.
set -euo pipefail
cd "$(dirname "$0")/.."

# The files that may name operators, with the reasons.
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
InfoldPasses/.*ExpandWideQuantization.swift         reads the axis of QuantizeLinear and DequantizeLinear together with their scales and zero points
InfoldPasses/.*QuantizedValue.swift                 reads the axis of DequantizeLinear together with its scale and zero point
InfoldQuantization/.*MomentPropagation.swift        reads the statistics of batch normalizations
InfoldQuantization/.*RoundedLayers.swift            asks a convolution for its window
InfoldQuantization/NetworkPreparation.swift         puts Add in the place of Sum, and Gemm in that of MatMul and Add
InfoldValidation/Folding/NormalizationCheck.swift     is about batch normalization, in every form
InfoldValidation/Folding/UnfoldedNormalizations.swift  is about batch normalization, in every form
InfoldValidation/Statistics/.*                      is about batch normalization, and writes its parameters
LIST
}

# All operators with their files, as "file type name". Some Swift types have other names than the
# operators.
operators=$(grep -rHE 'struct [A-Za-z0-9]+: |static let name = "' Sources/InfoldGraph Sources/InfoldOperators --include='*.swift' | awk '
  match($0, /struct [A-Za-z0-9]+: /) { type = substr($0, RSTART + 7, RLENGTH - 9) }
  match($0, /static let name = "[A-Za-z0-9]+"/) {
    print substr($0, 1, index($0, ":") - 1), type, substr($0, RSTART + 19, RLENGTH - 20)
  }')
# The protocols of operators, except that of operators with bodies: whether an operator has bodies
# is a legitimate question.
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
# Exceptions that are no longer needed must be removed.
unused=$(exceptions | while read -r path _; do grep -qE "^Sources/$path:" <<<"$named" || echo "$path"; done)
if [[ -n $found ]]; then
  echo "$found"
  echo "operators are named outside their own files: extend the protocol Operator, or use the static name" >&2
fi
if [[ -n $unused ]]; then
  echo "$unused"
  echo "these files no longer name operators; remove them from the list of exceptions" >&2
fi
[[ -z $found$unused ]]
