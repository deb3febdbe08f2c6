// swift-tools-version: 6.2
import PackageDescription

// A separate program, because it counts all allocations of a process. `tools/check-allocations.sh` builds and runs it.
let package = Package(
  name: "Allocations",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [.executableTarget(name: "Allocations", dependencies: [.product(name: "Infold", package: "infold")])],
  swiftLanguageModes: [.v6]
)
