/// The plans of a session by the shapes of its inputs; of too many, the one that was not used for longest is forgotten.
struct PlanCache {
  /// The shape of each input, or of its default.
  typealias Shapes = [[Int]]

  /// The most plans that are kept.
  let capacity: Int
  /// The latest used is the last.
  private var entries: [(shapes: Shapes, plan: Plan)] = []

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The plans that are kept.
  var plans: some Sequence<Plan> { entries.lazy.map(\.plan) }

  /// The plan for inputs of these shapes, which counts as used now.
  mutating func plan(for shapes: Shapes) -> Plan? {
    guard let index = entries.lastIndex(where: { $0.shapes == shapes }) else { return nil }
    let entry = entries.remove(at: index)
    entries.append(entry)
    return entry.plan
  }

  /// Keeps a plan, unless there is one for the shapes already.
  /// - Returns: The plan that is kept.
  mutating func insert(_ plan: Plan, for shapes: Shapes) -> Plan {
    if let earlier = self.plan(for: shapes) { return earlier }
    if entries.count >= capacity { entries.removeFirst() }
    entries.append((shapes, plan))
    return plan
  }
}
