import Synchronization

/// Where shape rules, and the inference of bodies, leave what they warn of. A warning that names no node is given that of the rule.
package final class WarningCollector: Sendable {
  /// That of the inference that asks; `nil` where nobody wants to know.
  @TaskLocal package static var current: WarningCollector?

  private let collected = Mutex<[ModelWarning]>([])

  /// Nothing is collected yet.
  package init() {}

  /// Adds warnings.
  package func add(_ warnings: some Sequence<ModelWarning>) {
    let warnings = Array(warnings)
    guard !warnings.isEmpty else { return }
    collected.withLock { $0 += warnings }
  }

  /// What has been collected, which is forgotten here.
  package func drained() -> [ModelWarning] {
    collected.withLock { collected in
      defer { collected = [] }
      return collected
    }
  }
}
