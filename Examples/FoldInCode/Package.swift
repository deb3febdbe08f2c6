// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "FoldInCode",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [
    .executableTarget(
      name: "FoldInCode",
      dependencies: [
        .product(name: "Infold", package: "infold"), .product(name: "InfoldValidation", package: "infold"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
