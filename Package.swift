// swift-tools-version: 6.2
import PackageDescription

#if arch(x86_64)
  let kernelSets = ["InfoldKernelsVNNI", "InfoldKernelsAVX512", "InfoldKernelsAVX2", "InfoldKernelsPortable"]
#else
  let kernelSets = ["InfoldKernelsPortable"]
#endif

let package = Package(
  name: "infold",
  products: [
    .library(name: "Infold", targets: ["Infold"]),
    .library(name: "InfoldImage", targets: ["InfoldImage"]),
    .library(name: "InfoldTelemetry", targets: ["InfoldTelemetry"]),
    .executable(name: "infold", targets: ["InfoldTool"]),
    // For the package in Benchmarks, and not for apps: it may change with every version.
    .library(name: "InfoldKernels", targets: ["CMachine", "InfoldKernelInterface"] + kernelSets),
    // For the package in Fuzzing, and not for apps either.
    .library(name: "InfoldTesting", targets: ["FuzzTargets", "InfoldGraph", "RandomGraphs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
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

    // Files of the system, read and written with care; NumPy's `.npy`.
    .target(name: "InfoldFiles", dependencies: ["InfoldGraph"]),

    // The format: bytes to graph and back, through protobuf-c.
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "COnnx", dependencies: ["CProtobufC"]),
    .target(name: "InfoldONNX", dependencies: ["COnnx", "InfoldFiles", "InfoldGraph"]),

    // Graph to graph.
    .target(name: "InfoldPasses", dependencies: ["InfoldGraph"]),

    // Planning and running.
    .target(name: "CMachine"),
    .target(
      name: "InfoldRuntime",
      dependencies: ["CMachine", "InfoldGraph", "InfoldKernelInterface", "InfoldPasses"]
        + kernelSets.map { .target(name: $0) }),

    // What an app imports.
    .target(
      name: "Infold",
      dependencies: [
        "InfoldGraph", "InfoldONNX", "InfoldPasses", "InfoldRuntime", "InfoldValidation",
        .product(name: "RealModule", package: "swift-numerics"),
      ]),

    // What a session does, for swift-log and swift-metrics.
    .target(
      name: "InfoldTelemetry",
      dependencies: [
        "InfoldGraph", "InfoldRuntime",
        // Not the product Metrics, which imports Foundation.
        .product(name: "CoreMetrics", package: "swift-metrics"), .product(name: "Logging", package: "swift-log"),
      ]),

    // Pictures in, tensors out.
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .target(
      name: "InfoldImage",
      dependencies: [
        "CTurboJPEG", "CPNG", "CWebP", "InfoldFiles", "InfoldGraph", "InfoldONNX", "InfoldRuntime",
      ]),

    // ONNX's backend tests.
    .target(
      name: "InfoldConformance",
      dependencies: ["InfoldFiles", "InfoldGraph", "InfoldONNX", "InfoldPasses", "InfoldRuntime"]),

    // What folding did, proved; batch statistics.
    .target(
      name: "InfoldValidation",
      dependencies: [
        "InfoldFiles", "InfoldGraph", "InfoldPasses", "InfoldRuntime",
        .product(name: "RealModule", package: "swift-numerics"),
      ]),

    // Float networks to quantized ones.
    .target(name: "InfoldQuantization", dependencies: ["InfoldGraph", "InfoldPasses", "InfoldRuntime"]),

    // The command line.
    .executableTarget(
      name: "InfoldTool",
      dependencies: [
        "InfoldConformance", "InfoldFiles", "InfoldGraph", "InfoldImage", "InfoldONNX", "InfoldPasses",
        "InfoldQuantization", "InfoldRuntime", "InfoldValidation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .target(name: "TestSupport", dependencies: ["InfoldGraph"], path: "Tests/TestSupport"),
    // What hostile bytes are given to, and random networks: for tests here, and for the package in Fuzzing.
    .target(
      name: "FuzzTargets",
      dependencies: ["InfoldFiles", "InfoldGraph", "InfoldImage", "InfoldONNX", "InfoldPasses", "InfoldRuntime"],
      path: "Tests/FuzzTargets"),
    .target(
      name: "RandomGraphs", dependencies: ["InfoldGraph", "InfoldONNX", "InfoldPasses", "InfoldRuntime"],
      path: "Tests/RandomGraphs"),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "InfoldFiles", "TestSupport"], exclude: ["Findings"]),
    .testTarget(name: "RandomGraphTests", dependencies: ["InfoldGraph", "RandomGraphs"]),
    .testTarget(name: "InfoldGraphTests", dependencies: ["InfoldGraph", "TestSupport"]),
    .testTarget(
      name: "InfoldFilesTests", dependencies: ["InfoldFiles", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(name: "InfoldONNXTests", dependencies: ["InfoldONNX", "InfoldPasses", "TestSupport"]),
    .testTarget(name: "InfoldPassesTests", dependencies: ["InfoldPasses", "TestSupport"]),
    .testTarget(name: "InfoldRuntimeTests", dependencies: ["InfoldRuntime", "TestSupport"]),
    .testTarget(
      name: "InfoldValidationTests",
      dependencies: ["InfoldONNX", "InfoldPasses", "InfoldRuntime", "InfoldValidation", "TestSupport"]),
    .testTarget(
      name: "InfoldQuantizationTests",
      dependencies: ["InfoldONNX", "InfoldPasses", "InfoldQuantization", "InfoldRuntime", "TestSupport"]),
    .testTarget(name: "InfoldTests", dependencies: ["Infold", "TestSupport"]),
    .testTarget(
      name: "NetworkTests",
      dependencies: [
        "InfoldFiles", "InfoldGraph", "InfoldImage", "InfoldONNX", "InfoldPasses", "InfoldRuntime", "InfoldValidation",
        "TestSupport",
      ]),
    .testTarget(
      name: "OperatorCaseTests",
      dependencies: ["InfoldConformance", "InfoldGraph", "InfoldONNX", "InfoldRuntime", "TestSupport"]),
    .testTarget(
      name: "InfoldTelemetryTests",
      dependencies: [
        "Infold", "InfoldTelemetry", .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(
      name: "InfoldToolTests", dependencies: ["InfoldFiles", "InfoldGraph", "InfoldONNX", "InfoldTool", "TestSupport"]),
    .testTarget(
      name: "InfoldImageTests",
      dependencies: ["InfoldGraph", "InfoldImage", "InfoldONNX", "InfoldRuntime", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "InfoldKernelTests",
      dependencies: ["InfoldGraph", "InfoldKernelInterface"] + kernelSets.map { .target(name: $0) }),
  ],
  swiftLanguageModes: [.v6]
)

// The kernels: one source, whose files the folder of each instruction set links to.
package.targets += [
  .target(name: "InfoldKernelInterface"),
  .target(
    name: "InfoldKernelsPortable", dependencies: ["CMachine", "InfoldKernelInterface"],
    swiftSettings: [.unsafeFlags(["-Ounchecked"])]),
]
#if arch(x86_64)
  package.targets += [
    .target(
      name: "InfoldKernelsAVX2", dependencies: ["CMachine", "InfoldKernelInterface"],
      swiftSettings: [
        .define("INFOLD_AVX2"), .unsafeFlags(["-Ounchecked", "-Xcc", "-march=x86-64-v3"]),
      ]),
    .target(
      name: "InfoldKernelsAVX512", dependencies: ["CMachine", "InfoldKernelInterface"],
      swiftSettings: [
        .define("INFOLD_AVX512"), .unsafeFlags(["-Ounchecked", "-Xcc", "-march=x86-64-v4"]),
      ]),
    // Of quantized numbers only.
    .target(
      name: "InfoldKernelsVNNI", dependencies: ["CMachine", "InfoldKernelInterface"],
      swiftSettings: [
        .define("INFOLD_AVX512"), .define("INFOLD_VNNI"),
        .unsafeFlags(["-Ounchecked", "-Xcc", "-march=x86-64-v4", "-Xcc", "-mavx512vnni"]),
      ]),
  ]
#endif

// What is no kernel is compiled for size where the environment asks for it, as tools/build-static.sh does.
if Context.environment["INFOLD_OPTIMIZE"] == "size" {
  let compact: Set = [
    "InfoldConformance", "InfoldFiles", "InfoldGraph", "InfoldImage", "InfoldONNX", "InfoldPasses",
    "InfoldQuantization", "InfoldTool", "InfoldValidation",
  ]
  for target in package.targets where compact.contains(target.name) {
    target.swiftSettings = [.unsafeFlags(["-Osize"])]
  }
}
