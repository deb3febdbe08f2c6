// swift-tools-version: 6.2
import PackageDescription

#if arch(x86_64)
  let kernelSets = [
    "InfoldKernelsAMX", "InfoldKernelsBFloat16", "InfoldKernelsVNNI", "InfoldKernelsAVX512", "InfoldKernelsAVX2",
    "InfoldKernelsPortable",
  ]
#elseif arch(arm64)
  let kernelSets = ["InfoldKernelsDotProduct", "InfoldKernelsNEON", "InfoldKernelsPortable"]
#else
  let kernelSets = ["InfoldKernelsPortable"]
#endif

/// The dependencies of most modules.
let operators: [Target.Dependency] = ["InfoldGraph", "InfoldOperators", "InfoldSystem", "InfoldTensor"]

let package = Package(
  name: "infold",
  products: [
    .library(name: "Infold", targets: ["Infold"]),
    .library(name: "InfoldImage", targets: ["InfoldImage"]),
    .library(name: "InfoldValidation", targets: ["InfoldValidation"]),
    .library(name: "InfoldQuantization", targets: ["InfoldQuantization"]),
    .library(name: "InfoldTelemetry", targets: ["InfoldTelemetry"]),
    .executable(name: "infold", targets: ["InfoldTool"]),
    // For the package in Server, not for apps: its API may change in any version.
    .library(name: "InfoldJSON", targets: ["InfoldJSON"]),
    // For the package in Benchmarks, not for apps.
    .library(name: "InfoldKernels", targets: ["CMachine", "InfoldKernelInterface"] + kernelSets),
    // For the package in Fuzzing, not for apps.
    .library(
      name: "InfoldTesting", targets: ["FuzzTargets", "InfoldGraph", "InfoldSystem", "InfoldTensor", "RandomGraphs"]),
  ],
  traits: [
    .trait(
      name: "CommandLine", description: "The infold command, which needs swift-argument-parser."),
    .trait(
      name: "Telemetry", description: "InfoldTelemetry, which reports sessions to swift-log and swift-metrics."),
    .default(enabledTraits: ["CommandLine", "Telemetry"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
  ],
  targets: [
    // The system: memory, processors, time, files, and the error type. Only this module imports the
    // C library.
    .target(name: "CMachine"),
    .target(name: "InfoldSystem", dependencies: ["CMachine"]),

    // Tensors, shapes, element types, and NumPy's `.npy` format.
    .target(
      name: "InfoldTensor", dependencies: ["InfoldSystem", .product(name: "RealModule", package: "swift-numerics")]),

    // The graph, the operator protocol, inference, and the reference evaluator.
    .target(name: "InfoldGraph", dependencies: ["InfoldSystem", "InfoldTensor"]),

    // The operators: specification, shape inference and reference evaluation.
    .target(
      name: "InfoldOperators",
      dependencies: [
        "InfoldGraph", "InfoldSystem", "InfoldTensor",
      ]),

    // The ONNX format: bytes to graph and back, using protobuf-c.
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "COnnx", dependencies: ["CProtobufC"]),
    .target(name: "InfoldONNX", dependencies: ["COnnx", "InfoldGraph", "InfoldSystem", "InfoldTensor"]),

    // Graph passes.
    .target(name: "InfoldPasses", dependencies: operators),

    // Planning and execution.
    .target(
      name: "InfoldRuntime",
      dependencies: operators + ["CMachine", "InfoldKernelInterface", "InfoldPasses"]
        + kernelSets.map { .target(name: $0) }),

    // HTML, SVG, and drawings of networks.
    .target(
      name: "InfoldReports",
      dependencies: [
        "InfoldGraph", "InfoldSystem", "InfoldTensor", .product(name: "RealModule", package: "swift-numerics"),
      ]),

    // The public API for apps.
    .target(name: "Infold", dependencies: operators + ["InfoldONNX", "InfoldPasses", "InfoldRuntime"]),

    // Observers of sessions for swift-log and swift-metrics.
    .target(
      name: "InfoldTelemetry",
      dependencies: [
        "InfoldRuntime", "InfoldSystem",
        // Not the product Metrics, which imports Foundation.
        .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Telemetry"])),
        .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Telemetry"])),
      ]),

    // Decoding and preprocessing of pictures.
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .target(name: "InfoldJSON"),
    .target(
      name: "InfoldImage",
      dependencies: operators + [
        "CTurboJPEG", "CPNG", "CWebP", "InfoldJSON", "InfoldONNX", "InfoldRuntime",
        .product(name: "RealModule", package: "swift-numerics"),
      ]),

    // ONNX's backend tests.
    .target(
      name: "InfoldConformance",
      dependencies: operators + ["InfoldONNX", "InfoldPasses", "InfoldRuntime"]),

    // Validation of folds, and batch statistics.
    .target(
      name: "InfoldValidation",
      dependencies: operators + [
        "InfoldPasses", "InfoldReports", "InfoldRuntime", .product(name: "RealModule", package: "swift-numerics"),
      ]),

    // Quantization of float networks.
    .target(
      name: "InfoldQuantization",
      dependencies: operators + [
        "InfoldPasses", "InfoldRuntime", "InfoldValidation", .product(name: "RealModule", package: "swift-numerics"),
      ]),

    // The command-line tool.
    .executableTarget(
      name: "InfoldTool",
      dependencies: operators + [
        "InfoldConformance", "InfoldImage", "InfoldONNX", "InfoldPasses", "InfoldQuantization", "InfoldReports",
        "InfoldRuntime", "InfoldValidation",
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["CommandLine"])),
      ]),

    .target(name: "TestSupport", dependencies: operators, path: "Tests/TestSupport"),
    // Fuzz targets and random networks, for tests of this package and for the package in Fuzzing.
    .target(
      name: "FuzzTargets",
      dependencies: operators + ["InfoldImage", "InfoldONNX", "InfoldPasses", "InfoldRuntime"],
      path: "Tests/FuzzTargets"),
    .target(
      name: "RandomGraphs", dependencies: operators + ["InfoldONNX", "InfoldPasses", "InfoldRuntime"],
      path: "Tests/RandomGraphs"),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "InfoldSystem", "TestSupport"], exclude: ["Findings"]),
    .testTarget(
      name: "RandomGraphTests", dependencies: ["InfoldGraph", "InfoldOperators", "InfoldTensor", "RandomGraphs"]),
    .testTarget(
      name: "FileTests", dependencies: ["InfoldSystem", "InfoldTensor", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "InfoldTensorTests", dependencies: ["InfoldGraph", "InfoldSystem", "InfoldTensor", "TestSupport"]),
    .testTarget(name: "InfoldGraphTests", dependencies: operators + ["TestSupport"]),
    .testTarget(name: "InfoldOperatorsTests", dependencies: operators + ["TestSupport"]),
    .testTarget(name: "InfoldONNXTests", dependencies: operators + ["InfoldONNX", "InfoldPasses", "TestSupport"]),
    .testTarget(name: "InfoldPassesTests", dependencies: operators + ["InfoldPasses", "TestSupport"]),
    .testTarget(
      name: "InfoldRuntimeTests",
      dependencies: operators + ["InfoldPasses", "InfoldRuntime", "RandomGraphs", "TestSupport"]),
    .testTarget(
      name: "InfoldValidationTests",
      dependencies: operators + [
        "InfoldONNX", "InfoldPasses", "InfoldRuntime", "InfoldValidation", "RandomGraphs", "TestSupport",
        .product(name: "RealModule", package: "swift-numerics"),
      ]),
    .testTarget(
      name: "InfoldQuantizationTests",
      dependencies: operators + ["Infold", "InfoldONNX", "InfoldQuantization", "InfoldRuntime", "TestSupport"]),
    .testTarget(name: "InfoldTests", dependencies: ["Infold", "RandomGraphs", "TestSupport"]),
    .testTarget(
      name: "NetworkTests",
      dependencies: operators + [
        "InfoldImage", "InfoldONNX", "InfoldPasses", "InfoldRuntime", "InfoldValidation", "RandomGraphs",
        "TestSupport",
      ]),
    .testTarget(
      name: "OperatorCaseTests",
      dependencies: operators + ["InfoldConformance", "InfoldONNX", "InfoldRuntime", "TestSupport"]),
    .testTarget(
      name: "InfoldTelemetryTests",
      dependencies: [
        "Infold", "InfoldTelemetry",
        .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Telemetry"])),
        .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Telemetry"])),
      ]),
    .testTarget(
      name: "InfoldToolTests",
      dependencies: operators + ["InfoldImage", "InfoldONNX", "InfoldReports", "InfoldTool", "TestSupport"]),
    .testTarget(
      name: "InfoldImageTests",
      dependencies: [
        "InfoldGraph", "InfoldImage", "InfoldONNX", "InfoldRuntime", "InfoldSystem", "InfoldTensor", "TestSupport",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "InfoldKernelTests",
      dependencies: ["CMachine", "InfoldKernelInterface", "InfoldTensor"] + kernelSets.map { .target(name: $0) }),
  ],
  swiftLanguageModes: [.v6]
)

// The kernels: one set of sources, to which the folder of each instruction set contains symbolic
// links. A debug build optimizes one kernel set, as a whole module, since kernels inline code of
// other files. Optimizing the others would take as long again.
let wholeModule = ["-disable-batch-mode", "-whole-module-optimization", "-num-threads", "4"]

func kernels(_ set: String, defines: [String] = [], machine: [String] = [], isFast isFastInDebug: Bool = false)
  -> Target
{
  let flags = wholeModule + machine.flatMap { ["-Xcc", $0] }
  return .target(
    name: "InfoldKernels\(set)", dependencies: ["CMachine", "InfoldKernelInterface"],
    swiftSettings: defines.map { .define($0) } + [
      .unsafeFlags(flags + (isFastInDebug ? ["-Ounchecked"] : []), .when(configuration: .debug)),
      .unsafeFlags(flags + ["-Ounchecked"], .when(configuration: .release)),
    ])
}

package.targets += [.target(name: "InfoldKernelInterface")]
#if arch(x86_64)
  package.targets += [
    kernels("Portable"),
    kernels("AVX2", defines: ["INFOLD_AVX2"], machine: ["-march=x86-64-v3"], isFast: true),
    // Kernels for products and for lane-wise computations only.
    kernels("AVX512", defines: ["INFOLD_AVX512"], machine: ["-march=x86-64-v4"]),
    // Products of bfloat16 numbers and of bytes only.
    kernels(
      "AMX", defines: ["INFOLD_AVX512", "INFOLD_AMX"],
      machine: ["-march=x86-64-v4", "-mavx512bf16", "-mamx-tile", "-mamx-bf16", "-mamx-int8"]),
    kernels(
      "BFloat16", defines: ["INFOLD_AVX512", "INFOLD_BFLOAT16"], machine: ["-march=x86-64-v4", "-mavx512bf16"]),
    // Kernels for quantized numbers only.
    kernels("VNNI", defines: ["INFOLD_AVX512", "INFOLD_VNNI"], machine: ["-march=x86-64-v4", "-mavx512vnni"]),
  ]
#elseif arch(arm64)
  package.targets += [
    kernels("Portable"),
    kernels("NEON", defines: ["INFOLD_NEON"], isFast: true),
    // Kernels for quantized numbers only.
    kernels("DotProduct", defines: ["INFOLD_NEON", "INFOLD_DOTPROD"], machine: ["-march=armv8.2-a+dotprod"]),
  ]
#else
  package.targets += [kernels("Portable", isFast: true)]
#endif

// Most tests are compiled without optimization even in release builds: the code that they call is
// optimized, and compiling them would take longer than running them. Kernel tests compute a lot
// themselves.
for target in package.targets where target.type == .test && target.name != "InfoldKernelTests" {
  target.swiftSettings = [.unsafeFlags(["-Onone"], .when(configuration: .release))]
}

// All modules but kernels are compiled for size if the environment requests it, as
// tools/build-static.sh does.
if Context.environment["INFOLD_OPTIMIZE"] == "size" {
  let compact: Set = [
    "InfoldConformance", "InfoldGraph", "InfoldImage", "InfoldONNX", "InfoldOperators", "InfoldPasses",
    "InfoldQuantization", "InfoldReports", "InfoldSystem", "InfoldTensor", "InfoldTool", "InfoldValidation",
  ]
  for target in package.targets where compact.contains(target.name) {
    target.swiftSettings = [.unsafeFlags(["-Osize"])]
  }
}
