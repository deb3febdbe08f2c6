import Synchronization

/// The plans of a session for one image, each made once, whether a run brings one image or a batch of them.
final class ImagePlans: Sendable {
  private struct Entry {
    let content: GraphContent
    weak var plan: Plan?
  }

  /// As few as the session keeps plans.
  private let entries = Mutex<[Entry]>([])

  /// The plan of the graph with this content whose steps so many threads share, if somebody has one.
  func plan(of content: GraphContent, sharers: Int) -> Plan? {
    entries.withLock { entries in
      entries.lazy.compactMap { entry in entry.content == content ? entry.plan : nil }.first { $0.sharers == sharers }
    }
  }

  /// Notes a plan, and forgets those that nobody has any more.
  func add(_ plan: Plan, of content: GraphContent) {
    entries.withLock { entries in
      entries.removeAll { $0.plan == nil || $0.content == content && $0.plan?.sharers == plan.sharers }
      entries.append(Entry(content: content, plan: plan))
    }
  }
}
