// swift-tools-version: 6.2
import PackageDescription

// A program of its own, for what it counts is what a whole process allocates. `tools/check-allocations.sh` builds and runs it.
let package = Package(
  name: "Allocations",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [.executableTarget(name: "Allocations", dependencies: [.product(name: "Infold", package: "infold")])],
  swiftLanguageModes: [.v6]
)
