import Synchronization

/// Collects the warnings of shape rules and of the inference of bodies. A warning without a node
/// gets that of the shape rule.
package final class WarningCollector: Sendable {
  /// The collector of the current inference, or `nil` if warnings are not wanted.
  @TaskLocal package static var current: WarningCollector?

  private let collected = Mutex<[ModelWarning]>([])

  /// Creates an empty collector.
  package init() {}

  /// Adds warnings.
  package func add(_ warnings: some Sequence<ModelWarning>) {
    let warnings = Array(warnings)
    guard !warnings.isEmpty else { return }
    collected.withLock { $0 += warnings }
  }

  /// Returns the collected warnings and clears the collector.
  package func drained() -> [ModelWarning] {
    collected.withLock { collected in
      defer { collected = [] }
      return collected
    }
  }
}
