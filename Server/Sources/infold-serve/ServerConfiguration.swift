import Configuration
import FoundationEssentials
import Infold
import InfoldServer
import Logging
import NIOCore
import SystemPackage

/// The checked configuration of a server.
struct ServerConfiguration {
  var repository: ModelRepository.Configuration
  var rest: RESTServer.Options
  var requestBytesLimit: Int
  var grpcPort: Int?
  var tlsFiles: TLSFiles?
  var tokenFile: String?
  var eventLoops: Int
  var logLevel: Logger.Level
  var drainDelay: Duration
  var drainTimeout: Duration
  var keepGoing: Bool

  /// Reads flags, environment variables and a file.
  /// - Throws: `InfoldError` with the name of the invalid option.
  static func read(
    arguments: [String], environment: [String: String]
  ) async throws -> ServerConfiguration {
    try checkFlags(arguments.dropFirst())
    let flags = CommandLineArgumentsProvider(arguments: arguments)
    let variables = EnvironmentVariablesProvider(
      environmentVariables: environment.filter { $0.key.hasPrefix("INFOLD_") }
        .reduce(into: [:]) { $0[String($1.key.dropFirst(7))] = $1.value })
    var providers: [any ConfigProvider] = [flags, variables]
    if let path = ConfigReader(providers: providers).string(forKey: "config"), !path.isEmpty {
      try checkFile(path)
      do {
        providers.append(try await FileProvider<JSONSnapshot>(filePath: FilePath(path)))
      } catch {
        throw InfoldError(.malformedData, "is not a JSON object of options", file: path)
      }
    }
    providers.append(
      InMemoryProvider(
        values: Dictionary(
          uniqueKeysWithValues: Option.all.map {
            (AbsoluteConfigKey([$0.name]), ConfigValue($0.value, isSecret: false))
          })))
    return try await ServerConfiguration(OptionReader(ConfigReader(providers: providers)))
  }

  /// - Throws: `InfoldError` for an unknown flag, and for an argument that is not a flag.
  private static func checkFlags(_ arguments: some Sequence<String>) throws(InfoldError) {
    let known = Set(Option.all.map(\.flag))
    var followsFlag = false
    for argument in arguments {
      guard argument.hasPrefix("--") else {
        guard followsFlag else {
          throw InfoldError(.invalidArgument, "unexpected argument '\(argument)'", hint: "see infold-serve --help")
        }
        continue
      }
      let flag = String(argument.prefix { $0 != "=" })
      guard known.contains(flag) else {
        throw InfoldError(.invalidArgument, "unknown option '\(flag)'", hint: "see infold-serve --help")
      }
      followsFlag = !argument.contains("=")
    }
  }

  /// - Throws: `InfoldError` for an unknown member.
  private static func checkFile(_ path: String) throws(InfoldError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InfoldError(.fileAccess, "cannot be read as a configuration", file: path)
    }
    struct Names: Decodable {
      struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
      }
      let names: [String]
      init(from decoder: any Decoder) throws {
        names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)
      }
    }
    guard let names = try? JSONDecoder().decode(Names.self, from: data).names else {
      throw InfoldError(.malformedData, "is not a JSON object of options", file: path)
    }
    let known = Set(Option.all.map(\.name))
    if let unknown = names.sorted().first(where: { !known.contains($0) }) {
      throw InfoldError(
        .malformedData, "unknown option \"\(unknown)\"", hint: "see infold-serve --help", file: path)
    }
  }

  private init(_ options: OptionReader) async throws(InfoldError) {
    var sources: [ModelSource] = try options.list("models").map { .repository($0) }
    for entry in try options.list("model") {
      let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, !parts[0].contains("/") else {
        throw InfoldError(.invalidArgument, "--model is '\(entry)', but must be NAME=PATH")
      }
      sources.append(.model(name: parts[0], path: parts[1]))
    }
    guard !sources.isEmpty else {
      throw InfoldError(
        .invalidArgument, "there are no models to serve", hint: "pass --models FOLDER or --model NAME=PATH")
    }
    let processors = System.coreCount
    let threads = try options.int("threads", in: 0...1024)
    let loops = try options.int("eventLoops", in: 0...1024)
    eventLoops = loops > 0 ? loops : max(1, processors / 4)

    var settings = ModelSettings()
    settings.largestBatch = try options.int("largestBatch", in: 1...1024)
    settings.longestDelay = try options.number("longestDelay", in: 0...60)
    settings.queueSize = try options.int("queueSize", in: 1...1_000_000)
    let modelLimit = try options.int("modelMemoryLimit", in: 0...Int.max)
    settings.memoryLimit = modelLimit > 0 ? modelLimit : nil
    let timeLimit = try options.number("runTimeLimit", in: 0...86_400)
    settings.timeLimit = timeLimit > 0 ? timeLimit : nil
    let precision = try options.text("precision")
    guard let value = SessionOptions.Precision(rawValue: precision) else {
      throw InfoldError(.invalidArgument, "--precision is '\(precision)', but must be fast, exact or bfloat16")
    }
    settings.precision = value
    let memoryLimit = try options.int("memoryLimit", in: 0...Int.max)
    repository = ModelRepository.Configuration(
      sources: sources, settings: settings, threads: threads > 0 ? threads : processors,
      memoryLimit: memoryLimit > 0 ? memoryLimit : nil, allowsControl: try options.flag("repositoryControl"))
    keepGoing = try options.flag("keepGoing")

    rest = RESTServer.Options()
    rest.host = try options.text("host")
    rest.port = try options.int("httpPort", in: 0...65_535)
    rest.limits = InferenceRoutes.Limits(
      body: try options.int("maximumBodyBytes", in: 1...1 << 40),
      pixels: try options.int("maximumPixels", in: 1...1 << 40))
    requestBytesLimit = try options.int("maximumRequestBytes", in: 1...1 << 50)
    rest.headerLimit = try options.int("maximumHeaderBytes", in: 256...16 << 20)
    rest.connectionLimit = try options.int("maximumConnections", in: 1...1_000_000)
    rest.timeouts = ConnectionTimeouts(
      header: try options.time("headerTimeout"), body: try options.time("bodyTimeout"),
      idle: try options.time("idleTimeout"))
    let grpc = try options.int("grpcPort", in: 0...65_535)
    grpcPort = try options.flag("grpc") ? grpc : nil

    let (certificate, key) = (try options.text("tlsCertificate"), try options.text("tlsKey"))
    let authorities = try options.text("tlsClientAuthorities")
    guard certificate.isEmpty == key.isEmpty, !certificate.isEmpty || authorities.isEmpty else {
      throw InfoldError(.invalidArgument, "TLS needs both --tls-certificate and --tls-key")
    }
    if !certificate.isEmpty {
      let files = TLSFiles(
        certificate: certificate, key: key, clientAuthorities: authorities.isEmpty ? nil : authorities)
      rest.tls = try ReloadableTLS(files)
      tlsFiles = files
    }
    let tokens = try options.text("tokenFile")
    tokenFile = tokens.isEmpty ? nil : tokens
    if try options.flag("accessLog") { rest.accessLog = .standardOutput() }
    let level = try options.text("logLevel")
    guard let logLevel = Logger.Level(rawValue: level) else {
      throw InfoldError(
        .invalidArgument,
        "--log-level is '\(level)', but must be trace, debug, info, notice, warning, error or critical")
    }
    self.logLevel = logLevel
    drainDelay = try options.time("drainDelay", in: 0...3600)
    drainTimeout = try options.time("drainTimeout", in: 0...86_400)
  }
}

/// Reads options, and reports which one is invalid.
private struct OptionReader {
  private let config: ConfigReader

  init(_ config: ConfigReader) { self.config = config }

  private func reading<Value>(_ name: String, _ what: String, _ body: () throws -> Value) throws(InfoldError) -> Value {
    do {
      return try body()
    } catch {
      let option = Option.all.first { $0.name == name }!
      throw InfoldError(
        .invalidArgument, "\(option.flag) must be \(what)",
        hint: "the same applies to \(option.variable) and \"\(name)\" in the file")
    }
  }

  func text(_ name: String) throws(InfoldError) -> String {
    try reading(name, "a string") { try config.requiredString(forKey: ConfigKey([name])) }
  }

  func list(_ name: String) throws(InfoldError) -> [String] {
    try reading(name, "a list of strings") { try config.requiredStringArray(forKey: ConfigKey([name])) }
  }

  func flag(_ name: String) throws(InfoldError) -> Bool {
    try reading(name, "true or false") { try config.requiredBool(forKey: ConfigKey([name])) }
  }

  func int(_ name: String, in range: ClosedRange<Int>) throws(InfoldError) -> Int {
    let value = try reading(name, "a whole number") { try config.requiredInt(forKey: ConfigKey([name])) }
    return try reading(name, "from \(range.lowerBound) to \(range.upperBound), not \(value)") {
      guard range.contains(value) else { throw CancellationError() }
      return value
    }
  }

  func number(_ name: String, in range: ClosedRange<Double>) throws(InfoldError) -> Double {
    let value = try reading(name, "a number") { try config.requiredDouble(forKey: ConfigKey([name])) }
    return try reading(name, "from \(range.lowerBound) to \(range.upperBound), not \(value)") {
      guard range.contains(value) else { throw CancellationError() }
      return value
    }
  }

  func time(_ name: String, in range: ClosedRange<Double> = 0.1...86_400) throws(InfoldError) -> Duration {
    .seconds(try number(name, in: range))
  }
}
