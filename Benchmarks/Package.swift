// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "infold", path: ".."),
    // Without traits, since they measure allocations and reference counting, which kernels do not
    // use.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "KernelBenchmarks",
      dependencies: [
        .product(name: "InfoldKernels", package: "infold"), .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "KernelBenchmarks", plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ],
  swiftLanguageModes: [.v6]
)
