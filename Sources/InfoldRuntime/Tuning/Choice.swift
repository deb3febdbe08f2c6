/// A decision between several implementations of a layer, and its outcome.
struct Choice: Hashable, Sendable {
  /// The kind of a decision. Every kind except `algorithm` gives the same bits for all options.
  enum Kind: String, Sendable, CaseIterable {
    /// The algorithm of a convolution.
    case algorithm
    /// Whether layers are interleaved in bands, and with how many rows per band.
    case bands
    /// The instruction set.
    case vectors
    /// How threads divide the work.
    case sharing

    /// Whether another option needs differently packed weights.
    var changesWeights: Bool { self == .algorithm || self == .vectors }
  }

  /// Identifies a decision. Layers of the same sizes share it.
  struct Key: Hashable, Sendable {
    let kind: Kind
    let problem: String
  }

  let key: Key
  /// The options, in one or two words each.
  let options: [String]
  /// The option that was chosen.
  let chosen: String
  /// Whether the choice was measured.
  let isMeasured: Bool
}

extension Choice: CustomStringConvertible {
  /// A short description, such as `bands 7 rows`.
  var description: String { "\(key.kind.rawValue) \(chosen)" }
}

/// Known tuning results, used when a plan is made.
struct TuningResults: Sendable {
  /// The choices that tuning may make.
  let scope: SessionOptions.Tuning.Scope
  /// The fastest option of each decision.
  var fastestOptions: [Choice.Key: String] = [:]
}

// The choices of the node that is being lowered.
extension PlanBuilder {
  /// Returns the index of the option that a layer uses: the fastest measured one, or else the
  /// expected one.
  ///
  /// - Parameters:
  ///   - problem: The layer's sizes, and everything else that affects which option is fastest.
  ///   - options: The options, all of them correct. They are not evaluated without tuning.
  mutating func choose(
    _ kind: Choice.Kind, _ problem: @autoclosure () -> String, among options: @autoclosure () -> [String],
    expected: Int
  ) -> Int {
    guard let tuningResults, kind != .algorithm || tuningResults.scope == .free else { return expected }
    let (key, options) = (Choice.Key(kind: kind, problem: problem()), options())
    guard options.count > 1 else { return expected }
    let measured = tuningResults.fastestOptions[key].flatMap { options.firstIndex(of: $0) }
    let chosen = measured ?? expected
    let choice = Choice(
      key: key, options: options, chosen: options[chosen], isMeasured: measured != nil)
    if !choices.contains(choice) { choices.append(choice) }
    return chosen
  }
}
