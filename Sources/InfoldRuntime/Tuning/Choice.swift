/// What a layer may do in several ways, and the way that was taken.
struct Choice: Hashable, Sendable {
  /// What is chosen. All but the algorithm gives the same bits either way.
  enum Kind: String, Sendable, CaseIterable {
    /// How a convolution is computed.
    case algorithm
    /// Whether layers take turns, and with how many rows at a time.
    case bands
    /// The instruction set.
    case vectors
    /// How threads share the work.
    case sharing

    /// Whether another answer needs weights that are packed otherwise.
    var changesWeights: Bool { self == .algorithm || self == .vectors }
  }

  /// The question: layers of the same sizes have the same.
  struct Key: Hashable, Sendable {
    let kind: Kind
    let problem: String
  }

  let key: Key
  /// The ways, in a word or two.
  let options: [String]
  /// The way that is taken.
  let chosen: String
  /// Whether that was measured.
  let isMeasured: Bool
}

extension Choice: CustomStringConvertible {
  /// The way, like `bands 7 rows`.
  var description: String { "\(key.kind.rawValue) \(chosen)" }
}

/// What is known of choices when a plan is made.
struct TuningResults: Sendable {
  /// Which choices there are.
  let scope: SessionOptions.Tuning.Scope
  /// What was found to be the fastest.
  var ways: [Choice.Key: String] = [:]
}

// Choices of the node that is being lowered.
extension PlanBuilder {
  /// The way that a layer takes, by its index: the one that was measured, or else the expected one.
  /// - Parameters:
  ///   - problem: The layer's sizes, and all else that decides which way is the fastest.
  ///   - options: The ways, all of them right. Without tuning, nobody looks at them.
  mutating func choose(
    _ kind: Choice.Kind, _ problem: @autoclosure () -> String, among options: @autoclosure () -> [String],
    expected: Int
  ) -> Int {
    guard let answers, kind != .algorithm || answers.scope == .free else { return expected }
    let (key, options) = (Choice.Key(kind: kind, problem: problem()), options())
    guard options.count > 1 else { return expected }
    let measured = answers.ways[key].flatMap { options.firstIndex(of: $0) }
    let chosen = measured ?? expected
    let choice = Choice(
      key: key, options: options, chosen: options[chosen], isMeasured: measured != nil)
    if !choices.contains(choice) { choices.append(choice) }
    return chosen
  }
}
