import Synchronization

/// Objects that sessions derived from a model, shared with other sessions of the same model. Each
/// lives as long as a session uses it.
package final class ModelDerivatives: Sendable {
  private struct Entry {
    weak var value: (any AnyObject & Sendable)?
  }

  private let entries = Mutex<[String: [Entry]]>([:])

  init() {}

  /// Returns the object with this key if a session still uses it.
  package func value<Value: AnyObject & Sendable>(_ key: String, as _: Value.Type = Value.self) -> Value? {
    entries.withLock { entries in entries[key]?.lazy.compactMap { $0.value as? Value }.first }
  }

  /// Makes `value` available to later sessions.
  package func offer(_ value: some AnyObject & Sendable, as key: String) {
    entries.withLock { entries in
      entries[key, default: []].removeAll { $0.value == nil }
      entries[key, default: []].append(Entry(value: value))
    }
  }
}
