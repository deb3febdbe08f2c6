#!/usr/bin/env bash
# Checks that another package can depend on a version of this one: builds and runs the README's
# program in a new package outside the repository, which requires a tag of a clone. The last commit
# is checked.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh libprotobuf-c-dev
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=1000.0.0

fail() {
  echo "tools/check-package.sh: $1" >&2
  exit 1
}

git clone --quiet --no-local . "$folder/infold"
git -C "$folder/infold" tag "$version"

mkdir -p "$folder/App/Sources/App"
cp Examples/QuickStart/Sources/QuickStart/main.swift "$folder/App/Sources/App"
cat >"$folder/App/Package.swift" <<PACKAGE
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "App",
  dependencies: [.package(url: "file://$folder/infold", from: "$version", traits: [])],
  targets: [.executableTarget(name: "App", dependencies: [.product(name: "Infold", package: "infold")])],
  swiftLanguageModes: [.v6]
)
PACKAGE

# Of the optional system libraries, only protobuf-c is available to the package.
mkdir "$folder/pkgconfig"
for directory in $(pkg-config --variable pc_path pkg-config | tr : ' '); do
  if [[ -e $directory/libprotobuf-c.pc ]]; then cp "$directory/libprotobuf-c.pc" "$folder/pkgconfig"; fi
done
PKG_CONFIG_LIBDIR=$folder/pkgconfig swift build -c release --package-path "$folder/App"

products=$(swift build -c release --package-path "$folder/App" --show-bin-path)
built() { compgen -G "$products/$1.build/*.o" >/dev/null; }
built InfoldRuntime || fail "the built modules are not in $products"
for module in InfoldImage InfoldTool InfoldTelemetry InfoldConformance InfoldReports InfoldValidation InfoldQuantization; do
  ! built "$module" || fail "$module was built for a program that imports Infold alone"
done
for dependency in swift-argument-parser swift-log swift-metrics; do
  [[ ! -e $folder/App/.build/checkouts/$dependency ]] || fail "$dependency was fetched for a program that imports Infold alone"
done
if ldd "$products/App" | grep -E 'libturbojpeg|libpng|libwebp|libFoundation'; then
  fail "the program needs libraries that Infold must not bring"
fi

"$products/App" | tee "$folder/output.txt"
while IFS= read -r line; do
  grep -qxF -- "    $line" Examples/QuickStart/README.md || fail "Examples/QuickStart/README.md does not show this line: $line"
done <"$folder/output.txt"
[[ -s $folder/output.txt ]] || fail "the program printed nothing"
echo "a package that depends on a version of this one builds and runs"
