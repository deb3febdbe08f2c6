// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "infold",
  products: [
    .library(name: "Infold", targets: ["Infold"]),
    .library(name: "InfoldImage", targets: ["InfoldImage"]),
    .executable(name: "infold", targets: ["InfoldTool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
  ],
  targets: [
    // The graph: tensors, shapes, operators with their reference evaluation.
    .target(
      name: "InfoldGraph",
      dependencies: [.product(name: "RealModule", package: "swift-numerics")]),

    // The format: bytes to graph and back, through protobuf-c.
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "COnnx", dependencies: ["CProtobufC"]),
    .target(name: "InfoldONNX", dependencies: ["COnnx", "InfoldGraph"]),

    // Graph to graph.
    .target(name: "InfoldPasses", dependencies: ["InfoldGraph"]),

    // Planning and running.
    .target(name: "InfoldRuntime", dependencies: ["InfoldGraph", "InfoldPasses"]),

    // What an app imports.
    .target(name: "Infold", dependencies: ["InfoldGraph", "InfoldONNX", "InfoldPasses", "InfoldRuntime"]),

    // Pictures in, tensors out.
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "InfoldImage", dependencies: ["CTurboJPEG", "CPNG", "InfoldGraph"]),

    // The command line.
    .executableTarget(
      name: "InfoldTool",
      dependencies: [
        "Infold", "InfoldImage",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .target(name: "TestSupport", dependencies: ["Infold"], path: "Tests/TestSupport"),
    .testTarget(name: "InfoldGraphTests", dependencies: ["InfoldGraph", "TestSupport"]),
    .testTarget(name: "InfoldONNXTests", dependencies: ["InfoldONNX", "TestSupport"]),
    .testTarget(name: "InfoldPassesTests", dependencies: ["InfoldPasses", "TestSupport"]),
    .testTarget(name: "InfoldRuntimeTests", dependencies: ["Infold", "TestSupport"]),
    .testTarget(name: "InfoldImageTests", dependencies: ["InfoldImage"], resources: [.copy("Fixtures")]),
    .testTarget(name: "OperatorCaseTests", dependencies: ["Infold", "TestSupport"]),
    .testTarget(name: "InfoldToolTests", dependencies: ["InfoldTool", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
