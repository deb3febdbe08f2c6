// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "infold",
  products: [
    .library(name: "Infold", targets: ["InfoldGraph"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
  ],
  targets: [
    // The graph: tensors, shapes, operators with their reference evaluation.
    .target(
      name: "InfoldGraph",
      dependencies: [
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "RealModule", package: "swift-numerics"),
      ]),

    // The format: bytes to graph and back, through protobuf-c.
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "COnnx", dependencies: ["CProtobufC"]),
    .target(name: "InfoldONNX", dependencies: ["COnnx", "InfoldGraph"]),

    // Files of the system, read and written with care; NumPy's `.npy`.
    .target(name: "InfoldFiles", dependencies: ["InfoldGraph"]),

    .target(name: "TestSupport", dependencies: ["InfoldGraph"], path: "Tests/TestSupport"),
    .testTarget(name: "InfoldONNXTests", dependencies: ["InfoldONNX"]),
    .testTarget(name: "InfoldGraphTests", dependencies: ["InfoldGraph", "TestSupport"]),
    .testTarget(
      name: "InfoldFilesTests", dependencies: ["InfoldFiles", "TestSupport"], resources: [.copy("Fixtures")]),
  ],
  swiftLanguageModes: [.v6]
)
