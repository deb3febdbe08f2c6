// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Classify",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [
    .executableTarget(name: "Classify", dependencies: [.product(name: "InfoldImage", package: "infold")])
  ],
  swiftLanguageModes: [.v6]
)
