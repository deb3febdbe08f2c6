import Infold
import InfoldServer
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Loads the initial models. Meanwhile the server is alive but not ready.
struct ModelLoading: Service {
  let repository: ModelRepository
  let keepGoing: Bool
  let logger: Logger

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await repository.loadAll() }
      logger.notice("ready", metadata: ["models": "\(repository.readyModels.count)"])
    } catch let error as InfoldError {
      guard keepGoing || error.code == .cancelled else { throw error }
      logger.error("a model could not be loaded", metadata: ["error": "\(error)"])
    }
    try? await gracefulShutdown()
  }
}

/// Reloads models, tokens and certificates on SIGHUP. Anything that cannot be read stays unchanged.
struct Reloading: Service {
  let repository: ModelRepository
  let tls: ReloadableTLS?
  let tokens: ReloadableTokens?
  let logger: Logger

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() {
      for (what, reload) in [("certificates", tls?.reload), ("tokens", tokens?.reload)] {
        do {
          try reload?()
        } catch {
          logger.error("failed to reload \(what)", metadata: ["error": "\(error)"])
        }
      }
      do {
        try await repository.reload()
        logger.notice("reloaded", metadata: ["models": "\(repository.readyModels.count)"])
      } catch {
        logger.error("failed to reload models", metadata: ["error": "\(error)"])
      }
    }
  }
}

/// Makes the server not ready for some time before it stops listening.
struct Draining: Service {
  /// The minimum time. It suffices for clients that send requests one after another to receive a
  /// response that announces the end of the connection.
  private static let shortest = Duration.milliseconds(100)

  let service: InferenceService
  let delay: Duration
  let logger: Logger

  func run() async throws {
    try? await gracefulShutdown()
    service.beginDraining()
    logger.notice("draining")
    try? await Task.sleep(for: max(delay, Self.shortest))
  }
}

/// The tokens of a file that may change.
final class ReloadableTokens: Sendable {
  private let path: String
  private let tokens: Mutex<BearerTokens>

  init(path: String) throws(InfoldError) {
    self.path = path
    tokens = Mutex(try BearerTokens(path: path))
  }

  func allow(_ authorization: String?) -> Bool { tokens.withLock { $0 }.allow(authorization) }

  func reload() throws(InfoldError) {
    let new = try BearerTokens(path: path)
    tokens.withLock { $0 = new }
  }
}
