// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Server",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [.executableTarget(name: "Server", dependencies: [.product(name: "Infold", package: "infold")])],
  swiftLanguageModes: [.v6]
)
