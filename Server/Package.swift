// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "infold-server",
  products: [
    .library(name: "InfoldServing", targets: ["InfoldServing"]),
    .library(name: "InfoldServer", targets: ["InfoldServer"]),
    .library(name: "InfoldServerGRPC", targets: ["InfoldServerGRPC"]),
    .executable(name: "infold-serve", targets: ["infold-serve"]),
  ],
  dependencies: [
    .package(name: "infold", path: "..", traits: []),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON", "CommandLineArguments"]),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // Models, requests, batches and what counts them: the same for every protocol.
    .target(
      name: "InfoldServing",
      dependencies: [
        .product(name: "Infold", package: "infold"),
        .product(name: "InfoldImage", package: "infold"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // REST: routes for a Hummingbird app.
    .target(
      name: "InfoldServer",
      dependencies: [
        "InfoldServing",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Infold", package: "infold"),
        .product(name: "InfoldImage", package: "infold"),
      ],
      resources: [
        // A static program carries them.
        .embedInCode("Page/page.html"), .embedInCode("Page/page.css"), .embedInCode("Page/page.js"),
      ]),

    // gRPC.
    .target(name: "InfoldServerGRPC", dependencies: ["InfoldServing"]),

    // The program.
    .executableTarget(
      name: "infold-serve",
      dependencies: [
        "InfoldServer", "InfoldServerGRPC", "InfoldServing",
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Infold", package: "infold"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),

    // What tests share.
    .target(
      name: "ServerTestSupport",
      dependencies: [
        "InfoldServing", .product(name: "Infold", package: "infold"), .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/ServerTestSupport"),
    .testTarget(
      name: "InfoldServingTests",
      dependencies: [
        "InfoldServing", "ServerTestSupport", .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Infold", package: "infold"),
      ]),
    .testTarget(
      name: "InfoldServerTests",
      dependencies: [
        "InfoldServer", "ServerTestSupport", .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Infold", package: "infold"), .product(name: "InfoldImage", package: "infold"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)

for target in package.targets {
  target.swiftSettings = [.enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("ExistentialAny")]
}
