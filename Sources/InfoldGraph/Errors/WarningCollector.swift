import Synchronization

/// Where the inference of a body leaves what it warns of, for the inference of the graph around it.
package final class WarningCollector: Sendable {
  /// That of the node whose bodies are gone through.
  @TaskLocal static var current: WarningCollector?

  private let collected = Mutex<[ModelWarning]>([])

  /// Nothing is collected yet.
  package init() {}

  /// What has been collected.
  package var warnings: [ModelWarning] { collected.withLock { $0 } }

  package func add(_ warnings: some Sequence<ModelWarning>) {
    collected.withLock { $0 += warnings }
  }

  /// Forgets everything: the body is gone through again.
  func reset() {
    collected.withLock { $0 = [] }
  }
}
