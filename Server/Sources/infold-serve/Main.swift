import FoundationEssentials
import Glibc
import Infold
import InfoldServer
import InfoldServerGRPC
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Serves models until it is told to shut down.
@main
enum Main {
  static func main() async {
    let arguments = CommandLine.arguments
    if arguments.contains("--help") || arguments.contains("-h") { return print(Option.help) }
    if arguments.contains("--version") { return print("infold-serve \(InfoldVersion.current)") }
    do {
      let environment = ProcessInfo.processInfo.environment
      try await serve(ServerConfiguration.read(arguments: arguments, environment: environment))
    } catch {
      try? FileHandleOutput(descriptor: 2).write("infold-serve: error: \(error)\n")
      exit(2)
    }
  }

  private static func serve(_ configuration: ServerConfiguration) async throws {
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = configuration.logLevel
      return handler
    }
    let logger = Logger(label: "infold-serve")
    let registry = PrometheusRegistry.forServing()
    let metrics = ServingMetrics(factory: registry)
    let repository = ModelRepository(configuration.repository, metrics: metrics, logger: logger)
    let scheduler = Scheduler(threads: configuration.repository.threads)
    let service = InferenceService(
      repository: repository, scheduler: scheduler, metrics: metrics, requestBytesLimit: configuration.requestBytesLimit
    )

    var options = configuration.rest
    let tokens = try configuration.tokenFile.map { path throws(InfoldError) in try ReloadableTokens(path: path) }
    if let tokens { options.authorization = { tokens.allow($0) } }
    let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
    let rest = RESTServer(service, registry: registry, options: options)
    let application = rest.application(rest.router(), eventLoops: eventLoops, logger: logger)

    // The services shut down in reverse order.
    var services: [any Service] = [
      application,
      ModelLoading(repository: repository, keepGoing: configuration.keepGoing, logger: logger),
      Reloading(repository: repository, tls: options.tls, tokens: tokens, logger: logger),
      Draining(service: service, delay: configuration.drainDelay, logger: logger),
    ]
    if let port = configuration.grpcPort {
      services.insert(try GRPCInferenceServer(service, GRPCOptions(port: port, options, eventLoops, logger)), at: 0)
    }
    var group = ServiceGroupConfiguration(
      services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = configuration.drainTimeout + configuration.drainDelay
    defer { options.accessLog?.finish() }
    try await ServiceGroup(configuration: group).run()
  }
}
