// swift-tools-version: 6.2
import PackageDescription

let infold: [Target.Dependency] = [
  .product(name: "Infold", package: "infold"), .product(name: "InfoldImage", package: "infold"),
]

let package = Package(
  name: "TextReader",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [
    .target(name: "TextReading", dependencies: infold),
    .executableTarget(name: "TextReader", dependencies: ["TextReading"] + infold),
    .testTarget(name: "TextReadingTests", dependencies: ["TextReading"] + infold),
  ],
  swiftLanguageModes: [.v6]
)
