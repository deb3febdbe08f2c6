import Synchronization

/// The plans of a session for single images. Each is made once and serves both runs with one image
/// and runs with a batch.
final class ImagePlans: Sendable {
  private struct Entry {
    let content: GraphContent
    weak var plan: Plan?
  }

  /// At most as many entries as the session has plans.
  private let entries = Mutex<[Entry]>([])

  /// Returns the plan of a graph with this content whose steps are shared by `sharers` threads, if
  /// it still exists.
  func plan(of content: GraphContent, sharers: Int) -> Plan? {
    entries.withLock { entries in
      entries.lazy.compactMap { entry in entry.content == content ? entry.plan : nil }.first { $0.sharers == sharers }
    }
  }

  /// Adds a plan and removes entries whose plans no longer exist.
  func add(_ plan: Plan, of content: GraphContent) {
    entries.withLock { entries in
      entries.removeAll { $0.plan == nil || $0.content == content && $0.plan?.sharers == plan.sharers }
      entries.append(Entry(content: content, plan: plan))
    }
  }
}
