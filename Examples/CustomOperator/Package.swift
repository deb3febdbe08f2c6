// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "CustomOperator",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [
    .target(name: "BlurPool", dependencies: [.product(name: "Infold", package: "infold")]),
    .executableTarget(name: "CustomOperator", dependencies: ["BlurPool", .product(name: "Infold", package: "infold")]),
    .testTarget(
      name: "BlurPoolTests", dependencies: ["BlurPool", .product(name: "Infold", package: "infold")]),
  ],
  swiftLanguageModes: [.v6]
)
