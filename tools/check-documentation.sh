#!/usr/bin/env bash
# Checks that every public symbol has documentation, that the listings of the articles compile, and
# that DocC builds everything without warnings. Writes the documentation to .build/documentation,
# with one folder for Infold and one for InfoldImage.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
swift build -c release
products=$(swift build -c release --show-bin-path)
graphs=.build/symbol-graphs
rm -rf "$graphs" .build/documentation
mkdir -p "$graphs"/{Infold,InfoldImage} .build/documentation
options=(-target "$(swift -print-target-info | sed -nE 's/^ *"triple": "(.*)",$/\1/p' | head -1)" -I "$products/Modules")
while IFS= read -r map; do
  options+=(-Xcc "-fmodule-map-file=$map")
done < <(find Sources/C* .build/checkouts/swift-numerics/Sources "$products"/C*.build -name module.modulemap)
for module in Infold InfoldSystem InfoldTensor InfoldGraph InfoldOperators InfoldONNX InfoldPasses InfoldRuntime InfoldValidation \
  InfoldQuantization InfoldImage InfoldTelemetry; do
  catalogue=Infold
  [[ $module != InfoldImage ]] || catalogue=InfoldImage
  swift symbolgraph-extract -module-name "$module" "${options[@]}" -output-dir "$graphs/$catalogue" \
    -minimum-access-level public -skip-synthesized-members
done
python3 - "$graphs" <<'PYTHON'
import json, pathlib, sys

missing = []
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.symbols.json")):
    graph = json.loads(path.read_text())
    # Implementations of protocol requirements inherit their documentation.
    inherited = {link["source"] for link in graph["relationships"] if link.get("sourceOrigin")}
    for symbol in graph["symbols"]:
        if symbol["kind"]["identifier"] != "swift.extension" and symbol["identifier"]["precise"] not in inherited:
            if not symbol.get("docComment"):
                missing.append(f"{path.name.split('.')[0]}: {'.'.join(symbol['pathComponents'])}")
if missing:
    sys.exit("error: without documentation:\n" + "\n".join(missing))
PYTHON
# The listings of the articles must compile as programs.
listings=.build/listings
rm -rf "$listings"
mkdir -p "$listings"
for article in Sources/*/*.docc/*.md; do
  awk -v name="$listings/$(basename "$article" .md)" '
    /^```swift$/ { file = name (++count) ".swift"; next }
    /^```$/ { file = "" }
    file { print > file }
  ' "$article"
done
for listing in "$listings"/*.swift; do
  swiftc -typecheck -swift-version 6 -parse-as-library "${options[@]}" "$listing" 2>/dev/null \
    || swiftc -typecheck -swift-version 6 "${options[@]}" "$listing"
done
for catalogue in Infold InfoldImage; do
  docc convert "Sources/$catalogue/$catalogue.docc" --additional-symbol-graph-dir "$graphs/$catalogue" \
    --fallback-display-name "$catalogue" --fallback-bundle-identifier "$catalogue" --warnings-as-errors \
    --output-path ".build/documentation/$catalogue"
done
echo "The documentation is in .build/documentation."
