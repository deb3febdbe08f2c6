// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Fuzzing",
  dependencies: [.package(name: "infold", path: "..")],
  targets: [
    .systemLibrary(name: "CLibFuzzer"),
    // Linked with libFuzzer and built by tools/fuzz.sh.
    .executableTarget(
      name: "fuzz", dependencies: ["CLibFuzzer", .product(name: "InfoldTesting", package: "infold")]),
    .executableTarget(name: "differential", dependencies: [.product(name: "InfoldTesting", package: "infold")]),
  ],
  swiftLanguageModes: [.v6]
)
