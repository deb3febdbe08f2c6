/// Replaces the measured time of a step in tests. It receives the choices of the step, such as
/// `bands 7 rows`, and the measured time in nanoseconds, and returns the time to use, or `nil` for
/// a run that counts as disturbed.
package typealias StepTimer = @Sendable (_ choices: [String], _ measured: UInt64) -> UInt64?

/// The measured times of the steps of a plan.
struct PlanTimes {
  let steps: [PlannedStep]
  /// The time of each step in each run, in nanoseconds.
  let samples: [[UInt64]]

  /// The number of runs that count.
  var count: Int { samples.map(\.count).min() ?? 0 }
  /// The total time of all steps.
  var whole: RunTimes { RunTimes((0..<count).map { run in samples.reduce(0) { $0 + $1[run] } }) }
}

/// The minimum and the median time of several runs, in nanoseconds.
struct RunTimes {
  private var fastest: UInt64 = 0
  private var median: UInt64 = 0

  /// Creates a sum of zero.
  init() {}

  init(_ samples: [UInt64]) {
    let sorted = samples.sorted()
    guard let first = sorted.first else { return }
    (fastest, median) = (first, sorted[sorted.count / 2])
  }

  static func += (times: inout RunTimes, other: RunTimes) {
    times.fastest += other.fastest
    times.median += other.median
  }

  /// Returns whether both times are below `others` by more than the fraction `margin`.
  func isFaster(than others: RunTimes, byMoreThan margin: Double = 0) -> Bool {
    func isFaster(_ time: KeyPath<RunTimes, UInt64>) -> Bool {
      Double(self[keyPath: time]) < (1 - margin) * Double(others[keyPath: time])
    }
    return isFaster(\.fastest) && isFaster(\.median)
  }
}

/// Compares the times of two plans of the same graph that differ in some choices.
///
/// The plans may group the nodes into different steps. The comparison therefore sums times over the
/// smallest sets of nodes that are unions of whole steps in both plans.
struct PlanComparison {
  private var before: [Choice.Key: RunTimes] = [:]
  private var after: [Choice.Key: RunTimes] = [:]

  /// - Parameter keys: The choices that differ between the plans.
  init(_ first: PlanTimes, _ second: PlanTimes, keys: Set<Choice.Key>) {
    var sets = NodeSets()
    for step in first.steps + second.steps { sets.unite(step.nodes) }
    var affected: [Int: Set<Choice.Key>] = [:]
    for step in first.steps + second.steps {
      let found = keys.intersection(step.choices.map(\.key))
      if !found.isEmpty, let set = sets.set(of: step.nodes) { affected[set, default: []].formUnion(found) }
    }
    before = Self.times(first, affected, &sets)
    after = Self.times(second, affected, &sets)
  }

  /// Returns, for each choice, the total time of all node sets that it affects.
  private static func times(
    _ times: PlanTimes, _ affected: [Int: Set<Choice.Key>], _ sets: inout NodeSets
  ) -> [Choice.Key: RunTimes] {
    var runs: [Int: [UInt64]] = [:]
    for (step, samples) in zip(times.steps, times.samples) {
      guard let set = sets.set(of: step.nodes), affected[set] != nil else { continue }
      runs[set] = runs[set].map { zip($0, samples).map(+) } ?? samples
    }
    var sums: [Choice.Key: RunTimes] = [:]
    for (set, samples) in runs {
      let times = RunTimes(samples)
      for key in affected[set]! { sums[key, default: RunTimes()] += times }
    }
    return sums
  }

  /// Returns whether a choice made the second plan faster by more than the fraction `margin`, both
  /// in its fastest run and in the median.
  func isFaster(_ key: Choice.Key, byMoreThan margin: Double) -> Bool {
    guard let before = before[key], let after = after[key] else { return false }
    return after.isFaster(than: before, byMoreThan: margin)
  }
}

/// A union-find structure of node names.
private struct NodeSets {
  private var numbers: [String: Int] = [:]
  private var parents: [Int] = []

  /// Merges the sets of all these names.
  mutating func unite(_ names: [String]) {
    guard let first = names.first else { return }
    for name in names.dropFirst() {
      let (a, b) = (root(of: number(of: first)), root(of: number(of: name)))
      parents[b] = a
    }
  }

  /// Returns the set that contains these names, which must have been united; `nil` if there are
  /// none.
  mutating func set(of names: [String]) -> Int? { names.first.map { root(of: number(of: $0)) } }

  private mutating func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    parents.append(parents.count)
    numbers[name] = parents.count - 1
    return parents.count - 1
  }

  private mutating func root(of number: Int) -> Int {
    var number = number
    while parents[number] != number {
      parents[number] = parents[parents[number]]
      number = parents[number]
    }
    return number
  }
}
