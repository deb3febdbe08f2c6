public import Infold
public import Logging
import Synchronization

/// The models of a server: which there are, and those that are ready.
///
/// Models are loaded and unloaded while others run, one at a time. What runs goes on with the model that it has.
public final class ModelRepository: Sendable {
  /// What a repository is made of.
  public struct Configuration: Sendable {
    /// Where models come from. Of two with the same name, the first counts.
    public var sources: [ModelSource]
    /// How models are served that do not say it themselves.
    public var settings: ModelSettings
    /// The threads that compute.
    public var threads: Int
    /// The most bytes that all sessions may take at a time, beside the models' own tensors, whether models are loaded or requests
    /// computed; `nil` for no limit but that of each.
    public var memoryLimit: Int?
    /// Whether clients may load and unload models.
    public var allowsControl: Bool

    /// A configuration.
    public init(
      sources: [ModelSource], settings: ModelSettings = ModelSettings(), threads: Int, memoryLimit: Int? = nil,
      allowsControl: Bool = true
    ) {
      self.sources = sources
      self.settings = settings
      self.threads = threads
      self.memoryLimit = memoryLimit
      self.allowsControl = allowsControl
    }
  }

  private struct Version {
    var state: RepositoryIndexEntry.State
    var reason = ""
    var model: ServedModel?
    /// The file that the model was read from.
    var file: ModelFiles.Version?
    var settings: ModelSettings?
  }

  private struct State {
    var isReady = false
    var models: [String: [String: Version]] = [:]
  }

  private let configuration: Configuration
  private let metrics: ServingMetrics
  private let logger: Logger
  private let state = Mutex(State())
  private let turns = TaskTurns()
  private let memoryLimit: SharedMemoryLimit?

  /// A repository that has loaded nothing yet.
  public init(_ configuration: Configuration, metrics: ServingMetrics, logger: Logger) {
    (self.configuration, self.metrics, self.logger) = (configuration, metrics, logger)
    memoryLimit = configuration.memoryLimit.map { SharedMemoryLimit(byteCount: $0) }
  }

  /// Whether the models of the start are there.
  public var isReady: Bool { state.withLock { $0.isReady } }

  /// All models that are ready.
  public var readyModels: [ServedModel] {
    state.withLock { state in
      state.models.values.flatMap { $0.values.compactMap(\.model) }.sorted {
        ($0.name, Int($0.version) ?? 0) < ($1.name, Int($1.version) ?? 0)
      }
    }
  }

  /// A model that is ready.
  /// - Parameter version: The version; `nil` or an empty text for the latest that is ready.
  /// - Throws: `ServingError` with `.notFound` where there is none of this name and version, or with `.unavailable` where it is not ready.
  public func model(named name: String, version: String? = nil) throws(ServingError) -> ServedModel {
    let found: (model: ServedModel?, isKnown: Bool, reason: String) = state.withLock { state in
      guard let versions = state.models[name] else { return (nil, false, "") }
      if let version, !version.isEmpty {
        guard let found = versions[version] else { return (nil, false, "") }
        return (found.model, true, found.reason)
      }
      let latest = versions.filter { $0.value.model != nil }.max { Int($0.key) ?? 0 < Int($1.key) ?? 0 }
      return (latest?.value.model, true, versions.values.first { !$0.reason.isEmpty }?.reason ?? "")
    }
    if let model = found.model { return model }
    let what = "model '\(name.printable)'" + (version.map { $0.isEmpty ? "" : " version '\($0.printable)'" } ?? "")
    guard found.isKnown else { throw ServingError(.notFound, "Request for unknown model: \(what) is not found") }
    throw ServingError(
      .unavailable, "Request for \(what), which is not ready" + (found.reason.isEmpty ? "" : ": " + found.reason),
      retryAfter: 1)
  }

  /// The versions of a model that are ready, the latest last.
  public func readyVersions(ofModel name: String) -> [String] {
    state.withLock { state in
      (state.models[name] ?? [:]).filter { $0.value.model != nil }.keys.sorted { Int($0) ?? 0 < Int($1) ?? 0 }
    }
  }

  /// All models that there are, by name and version.
  /// - Parameter readyOnly: Whether only those are listed that can run.
  public func index(readyOnly: Bool = false) -> [RepositoryIndexEntry] {
    var entries: [RepositoryIndexEntry] = state.withLock { state in
      state.models.flatMap { name, versions in
        versions.map { RepositoryIndexEntry(name: name, version: $0, state: $1.state, reason: $1.reason) }
      }
    }
    if readyOnly {
      entries.removeAll { $0.state != .ready }
    } else {
      // What somebody has put there since.
      for files in (try? files()) ?? [] where !entries.contains(where: { $0.name == files.name }) {
        entries += files.versions.map {
          RepositoryIndexEntry(name: files.name, version: $0.number, state: .unavailable, reason: "not loaded")
        }
      }
    }
    return entries.sorted { ($0.name, Int($0.version) ?? 0) < ($1.name, Int($1.version) ?? 0) }
  }

  /// Loads all models of the start.
  /// - Throws: `InfoldError` of the first that cannot be loaded, when all others are.
  public func loadAll() async throws(InfoldError) {
    var failure: InfoldError?
    for files in try files() {
      do {
        try await turns.wait()
        defer { turns.end() }
        try await load(files, always: false)
      } catch let error as InfoldError {
        failure = failure ?? error
      } catch {
        failure = failure ?? InfoldError(.cancelled, "loading was cancelled")
      }
    }
    state.withLock { $0.isReady = true }
    if let failure { throw failure }
  }

  /// Loads what is new or has changed, and unloads what is no longer there. What cannot be loaded stays as it was.
  /// - Throws: `InfoldError` of the first that cannot be loaded, when all others are.
  public func reload() async throws(InfoldError) {
    let present = try files()
    let gone = state.withLock { Set($0.models.keys) }.subtracting(present.map(\.name))
    for name in gone {
      state.withLock { $0.models[name] = nil }
      logger.info("unloaded a model that is no longer there", metadata: ["model": "\(name)"])
    }
    try await loadAll()
  }

  /// Loads a model, or loads it anew: for clients.
  /// - Throws: `ServingError` with `.notFound` where there is none of this name, with `.permissionDenied` where clients may not, and with
  ///   the reason where it cannot be loaded: then what was there goes on.
  public func load(_ name: String) async throws(ServingError) {
    try requireControl()
    do {
      try await turns.wait()
      defer { turns.end() }
      guard let files = try files().first(where: { $0.name == name }) else {
        throw ServingError(.notFound, "failed to load '\(name.printable)', no model of this name is there")
      }
      try await load(files, always: true)
    } catch let error as ServingError {
      throw error
    } catch let error as InfoldError {
      var error = error
      error.file = nil
      throw ServingError(.invalidArgument, "failed to load '\(name.printable)': \(error)")
    } catch {
      throw ServingError(.cancelled, "loading was cancelled")
    }
  }

  /// Unloads a model: for clients. What has begun goes on.
  /// - Throws: `ServingError` with `.notFound` where there is none of this name, and with `.permissionDenied` where clients may not.
  public func unload(_ name: String) async throws(ServingError) {
    try requireControl()
    let isKnown = state.withLock { state in
      guard state.models[name] != nil else { return false }
      for version in state.models[name]!.keys {
        state.models[name]![version] = Version(state: .unavailable, reason: "unloaded")
      }
      return true
    }
    guard isKnown else {
      throw ServingError(.notFound, "failed to unload '\(name.printable)', no model of this name is there")
    }
    logger.info("unloaded a model", metadata: ["model": "\(name)"])
  }

  private func requireControl() throws(ServingError) {
    guard configuration.allowsControl else {
      throw ServingError(.permissionDenied, "this server does not let clients load and unload models")
    }
  }

  private func files() throws(InfoldError) -> [ModelFiles] {
    var names: Set<String> = []
    var files: [ModelFiles] = []
    for source in configuration.sources {
      files += try source.models().filter { names.insert($0.name).inserted }
    }
    return files
  }

  /// Loads the versions of a model that are to be served.
  /// - Parameter always: Whether those are loaded anew whose files have not changed.
  private func load(_ files: ModelFiles, always: Bool) async throws(InfoldError) {
    let settings = try files.settingsPath.map { path throws(InfoldError) in
      try configuration.settings.completed(byFile: path)
    }
    let model = settings ?? configuration.settings
    let served = files.served(model)
    var failure: InfoldError?
    for version in served {
      let isThere = state.withLock { state in
        guard let present = state.models[files.name]?[version.number], present.model != nil else { return false }
        return present.file == version && present.settings == model
      }
      if isThere && !always { continue }
      do throws(InfoldError) {
        try await load(version, of: files.name, model)
      } catch {
        failure = failure ?? error
      }
    }
    if failure == nil {
      let numbers = Set(served.map(\.number))
      state.withLock { state in
        state.models[files.name] = state.models[files.name]?.filter { numbers.contains($0.key) }
      }
    }
    if let failure { throw failure }
  }

  /// Loads a version of a model. Until it is there, what was there before it goes on.
  private func load(
    _ version: ModelFiles.Version, of name: String, _ settings: ModelSettings
  ) async throws(InfoldError) {
    state.withLock { state in
      var known = state.models[name]?[version.number] ?? Version(state: .loading)
      if known.model == nil { (known.state, known.reason) = (.loading, "") }
      state.models[name, default: [:]][version.number] = known
    }
    let begin = ContinuousClock.now
    do throws(InfoldError) {
      let (threads, metrics, limit, logger) = (configuration.threads, metrics.model(name), memoryLimit, logger)
      let model = try await onOwnThread { () throws(InfoldError) in
        try ServedModel(
          name: name, version: version.number, path: version.path, settings: settings, threads: threads,
          memoryLimit: limit, metrics: metrics, logger: logger)
      }
      state.withLock { state in
        state.models[name, default: [:]][version.number] = Version(
          state: .ready, model: model, file: version, settings: settings)
      }
      logger.info(
        "loaded a model",
        metadata: [
          "model": "\(name)", "version": "\(version.number)", "seconds": "\((ContinuousClock.now - begin).seconds)",
          "bytes": "\(model.memoryUse)", "batches": "\(model.takesBatches ? settings.largestBatch : 1)",
        ])
    } catch {
      var reason = error
      reason.file = nil
      state.withLock { state in
        var known = state.models[name]?[version.number] ?? Version(state: .unavailable)
        known.reason = "\(reason)"
        if known.model == nil { known.state = .unavailable }
        state.models[name, default: [:]][version.number] = known
      }
      logger.error("failed to load a model", metadata: ["model": "\(name)", "error": "\(error)"])
      throw error
    }
  }
}

extension Duration {
  /// The seconds, rounded to milliseconds.
  package var seconds: Double { (Double(nanoseconds) / 1_000_000).rounded() / 1000 }
}
