// swift-tools-version: 6.2
import PackageDescription

let infold: [Target.Dependency] = [
  .product(name: "Infold", package: "infold"), .product(name: "InfoldImage", package: "infold"),
]

let package = Package(
  name: "Detector",
  dependencies: [.package(name: "infold", path: "../..")],
  targets: [
    .target(name: "Detecting", dependencies: infold),
    .executableTarget(name: "Detector", dependencies: ["Detecting"] + infold),
    .testTarget(name: "DetectingTests", dependencies: ["Detecting"] + infold),
  ],
  swiftLanguageModes: [.v6]
)
