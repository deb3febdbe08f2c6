// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "QuickStart",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [.executableTarget(name: "QuickStart", dependencies: [.product(name: "Infold", package: "infold")])],
  swiftLanguageModes: [.v6]
)
