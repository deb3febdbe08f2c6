import Synchronization

/// The plans of a session for one image, each made once, whether a run brings one image or a batch of them.
final class ImagePlans: Sendable {
  private struct Entry {
    weak var plan: Plan?
  }

  private let table = Mutex<[GraphContent: Entry]>([:])

  /// The plan of the graph with this content, if somebody has one.
  func plan(of content: GraphContent) -> Plan? { table.withLock { $0[content]?.plan } }

  /// Notes a plan, and forgets those that nobody has any more.
  func add(_ plan: Plan, of content: GraphContent) {
    table.withLock { table in
      table = table.filter { $0.value.plan != nil }
      table[content] = Entry(plan: plan)
    }
  }
}
