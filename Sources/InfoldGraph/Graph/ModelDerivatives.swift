import Synchronization

/// What sessions have made of a model, for others of the same model: there as long as one of them uses it.
package final class ModelDerivatives: Sendable {
  private struct Entry {
    weak var value: (any AnyObject & Sendable)?
  }

  private let entries = Mutex<[String: [Entry]]>([:])

  init() {}

  /// What was made in the way that `key` says, if somebody still uses it.
  package func value<Value: AnyObject & Sendable>(_ key: String, as _: Value.Type = Value.self) -> Value? {
    entries.withLock { entries in entries[key]?.lazy.compactMap { $0.value as? Value }.first }
  }

  /// Offers `value` to those who come next.
  package func offer(_ value: some AnyObject & Sendable, as key: String) {
    entries.withLock { entries in
      entries[key, default: []].removeAll { $0.value == nil }
      entries[key, default: []].append(Entry(value: value))
    }
  }
}
