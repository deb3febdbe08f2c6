import Synchronization

/// The plans of a session for one image, each made once, whether a run brings one image or a batch of them.
final class ImagePlans: Sendable {
  private struct Key: Hashable {
    var content: GraphContent
    var sharers: Int
  }

  private struct Entry {
    weak var plan: Plan?
  }

  private let table = Mutex<[Key: Entry]>([:])

  /// The plan of the graph with this content whose steps so many threads share, if somebody has one.
  func plan(of content: GraphContent, sharers: Int) -> Plan? {
    table.withLock { $0[Key(content: content, sharers: sharers)]?.plan }
  }

  /// Notes a plan, and forgets those that nobody has any more.
  func add(_ plan: Plan, of content: GraphContent) {
    table.withLock { table in
      table = table.filter { $0.value.plan != nil }
      table[Key(content: content, sharers: plan.sharers)] = Entry(plan: plan)
    }
  }
}
