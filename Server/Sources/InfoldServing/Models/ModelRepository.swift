public import Infold
public import Logging
import Synchronization

/// The models of a server and their states.
///
/// Models are loaded and unloaded one at a time, while others run. A running request keeps the
/// model that it began with.
public final class ModelRepository: Sendable {
  /// The configuration of a repository.
  public struct Configuration: Sendable {
    /// The sources of models. If two contain the same name, the first one is used.
    public var sources: [ModelSource]
    /// The default settings of models.
    public var settings: ModelSettings
    /// The number of compute threads.
    public var threads: Int
    /// The limit for the memory of all sessions together, without the models' tensors, while
    /// loading and running. `nil` for no common limit.
    public var memoryLimit: Int?
    /// Whether clients may load and unload models.
    public var allowsControl: Bool

    /// Creates a configuration.
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

  /// Creates a repository that has loaded nothing yet.
  public init(_ configuration: Configuration, metrics: ServingMetrics, logger: Logger) {
    (self.configuration, self.metrics, self.logger) = (configuration, metrics, logger)
    memoryLimit = configuration.memoryLimit.map { SharedMemoryLimit(byteCount: $0) }
  }

  /// Whether the initial models have been loaded.
  public var isReady: Bool { state.withLock { $0.isReady } }

  /// All models that are ready.
  public var readyModels: [ServedModel] {
    state.withLock { state in
      state.models.values.flatMap { $0.values.compactMap(\.model) }.sorted {
        ($0.name, Int($0.version) ?? 0) < ($1.name, Int($1.version) ?? 0)
      }
    }
  }

  /// Returns a model that is ready.
  /// - Parameter version: The version, or `nil` or an empty string for the latest one that is
  ///   ready.
  /// - Throws: `ServingError` with `.notFound` if the name or version is unknown, or `.unavailable`
  ///   if the model is not ready.
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

  /// All models by name and version.
  /// - Parameter readyOnly: Whether to list only models that can run.
  public func index(readyOnly: Bool = false) -> [RepositoryIndexEntry] {
    var entries: [RepositoryIndexEntry] = state.withLock { state in
      state.models.flatMap { name, versions in
        versions.map { RepositoryIndexEntry(name: name, version: $0, state: $1.state, reason: $1.reason) }
      }
    }
    if readyOnly {
      entries.removeAll { $0.state != .ready }
    } else {
      // Models that have been added to the folders since.
      for files in (try? files()) ?? [] where !entries.contains(where: { $0.name == files.name }) {
        entries += files.versions.map {
          RepositoryIndexEntry(name: files.name, version: $0.number, state: .unavailable, reason: "not loaded")
        }
      }
    }
    return entries.sorted { ($0.name, Int($0.version) ?? 0) < ($1.name, Int($1.version) ?? 0) }
  }

  /// Loads all initial models.
  /// - Throws: `InfoldError` of the first model that cannot be loaded, after all others have been
  ///   loaded.
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

  /// Loads new and changed models, and unloads models that no longer exist. Models that cannot be
  /// loaded keep their previous state.
  /// - Throws: `InfoldError` of the first model that cannot be loaded, after all others have been
  ///   loaded.
  public func reload() async throws(InfoldError) {
    let present = try files()
    let gone = state.withLock { Set($0.models.keys) }.subtracting(present.map(\.name))
    for name in gone {
      state.withLock { $0.models[name] = nil }
      logger.info("unloaded a model whose files were removed", metadata: ["model": "\(name)"])
    }
    try await loadAll()
  }

  /// Loads or reloads a model on behalf of a client.
  /// - Throws: `ServingError` with `.notFound` if the name is unknown, with `.permissionDenied` if
  ///   clients may not load models, or with the reason why loading failed. In the latter case, the
  ///   previous version stays in use.
  public func load(_ name: String) async throws(ServingError) {
    try requireControl()
    do {
      try await turns.wait()
      defer { turns.end() }
      guard let files = try files().first(where: { $0.name == name }) else {
        throw ServingError(.notFound, "failed to load '\(name.printable)': unknown model")
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

  /// Unloads a model on behalf of a client. Running requests are finished.
  /// - Throws: `ServingError` with `.notFound` if the name is unknown, or `.permissionDenied` if
  ///   clients may not unload models.
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
      throw ServingError(.notFound, "failed to unload '\(name.printable)': unknown model")
    }
    logger.info("unloaded a model", metadata: ["model": "\(name)"])
  }

  private func requireControl() throws(ServingError) {
    guard configuration.allowsControl else {
      throw ServingError(.permissionDenied, "this server does not allow clients to load and unload models")
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

  /// Loads the versions of a model to be served.
  /// - Parameter always: Whether to reload versions whose files have not changed.
  private func load(_ files: ModelFiles, always: Bool) async throws(InfoldError) {
    let settings = try files.settingsPath.map { path throws(InfoldError) in
      try configuration.settings.completed(byFile: path)
    }
    let model = settings ?? configuration.settings
    let served = files.served(model)
    var failure: InfoldError?
    for version in served {
      let isPresent = state.withLock { state in
        guard let present = state.models[files.name]?[version.number], present.model != nil else { return false }
        return present.file == version && present.settings == model
      }
      if isPresent && !always { continue }
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

  /// Loads a version of a model. The previous one stays in use until loading has finished.
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
