import InfoldGraph
import InfoldSystem

/// What a sidecar says, as far as it says it, and what is wrong with it.
///
/// A field that is missing can be filled in from what the model says of itself; `preprocessing(_:)` then tells of everything that
/// is wrong at once.
package struct PreprocessingFields: Decodable, Sendable {
  package var input: String?
  package var output: String?
  /// Height and width.
  package var size: [Int]?
  package var cropFraction: Double?
  package var filter: ResizeFilter?
  package var normalization: Preprocessing.Normalization?
  package var mean: [Float]?
  package var standardDeviation: [Float]?
  package var colorOrder: Preprocessing.ColorOrder?
  package var layout: Preprocessing.Layout?
  package var labels: String?
  package var scores: Preprocessing.Scores?
  /// The keys whose values could not be read.
  private var unreadable: Set<Key> = []
  private var problems: [InfoldError] = []

  enum Key: String, CodingKey, CaseIterable {
    case input, output, size, cropFraction, filter, normalization, mean, standardDeviation, colorOrder, layout, labels,
      scores
  }

  /// A key that may be anything, to find those that are not known.
  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Says nothing.
  package init() {}

  /// Reads every field that is there.
  /// - Throws: `InfoldError` with `.malformedData` for what is no JSON object. Everything else is told by `preprocessing(_:)`.
  package init(from decoder: any Decoder) throws {
    let container: KeyedDecodingContainer<Key>
    let found: [String]
    do {
      container = try decoder.container(keyedBy: Key.self)
      found = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    } catch is DecodingError {
      throw InfoldError(.malformedData, "a JSON object was expected")
    }
    let unknown = found.filter { Key(rawValue: $0) == nil }.sorted().map(String.init(quoting:))
    if !unknown.isEmpty {
      problems.append(
        InfoldError(
          .malformedData, "unknown key " + unknown.joined(separator: ", "),
          hint: "the keys are " + Key.allCases.map(\.rawValue).joined(separator: ", ")))
    }
    input = read(.input, "a string", from: container)
    output = read(.output, "a string", from: container)
    size = read(.size, "two integers, height and width", from: container) { $0.count == 2 }
    cropFraction = read(.cropFraction, "a number", from: container)
    filter = choice(.filter, from: container)
    normalization = choice(.normalization, from: container)
    mean = read(.mean, "three numbers", from: container)
    standardDeviation = read(.standardDeviation, "three numbers", from: container)
    colorOrder = choice(.colorOrder, from: container)
    layout = choice(.layout, from: container)
    labels = read(.labels, "a string", from: container)
    scores = choice(.scores, from: container)
  }

  private mutating func read<Value: Decodable>(
    _ key: Key, _ kind: String, from container: KeyedDecodingContainer<Key>,
    where isRight: (Value) -> Bool = { _ in true }
  ) -> Value? {
    guard container.contains(key) else { return nil }
    if let value = try? container.decode(Value.self, forKey: key), isRight(value) { return value }
    unreadable.insert(key)
    problems.append(InfoldError(.malformedData, "\"\(key.rawValue)\" must be \(kind)"))
    return nil
  }

  private mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ key: Key, from container: KeyedDecodingContainer<Key>
  ) -> Value? {
    let choices = "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")
    let text: String? = read(key, choices, from: container) { Value(rawValue: $0) != nil }
    return text.flatMap(Value.init(rawValue:))
  }
}

extension PreprocessingFields {
  /// The complete description.
  /// - Parameter more: What else is found wrong.
  /// - Throws: `InfoldError` that tells of everything that is wrong or missing.
  package func preprocessing(_ more: (Preprocessing) -> [InfoldError] = { _ in [] }) throws(InfoldError)
    -> Preprocessing
  {
    var problems = problems
    func require(_ isThere: Bool, _ key: Key) {
      guard !isThere, !unreadable.contains(key) else { return }
      problems.append(InfoldError(.malformedData, "\"\(key.rawValue)\" is missing"))
    }
    require(input != nil, .input)
    require(size != nil, .size)
    problems += scaleProblems
    let order = colorOrder ?? .rgb
    let named = normalization ?? .none
    func ordered(_ values: [Float]) -> [Float] { order == .rgb ? values : values.reversed() }
    // What could not be read stands for something that is right, so that it is told of once.
    let preprocessing = Preprocessing(
      unchecked: input ?? "input", output: output, height: size?[0] ?? 1, width: size?[1] ?? 1,
      cropFraction: cropFraction ?? 1, filter: filter ?? .bilinear, mean: mean ?? ordered(named.mean),
      standardDeviation: standardDeviation ?? ordered(named.standardDeviation), colorOrder: order,
      layout: layout ?? .nchw, labels: labels, scores: scores ?? .probabilities)
    problems += preprocessing.problems
    if input != nil, size != nil { problems += more(preprocessing) }
    if let error = InfoldError(all: problems) { throw error }
    return preprocessing
  }

  /// What is wrong with the scale of samples.
  private var scaleProblems: [InfoldError] {
    guard unreadable.isDisjoint(with: [.normalization, .mean, .standardDeviation]) else { return [] }
    guard normalization == nil || mean == nil && standardDeviation == nil else {
      return [
        InfoldError(
          .malformedData, "\"normalization\" is a name for \"mean\" and \"standardDeviation\", which are there too")
      ]
    }
    switch (mean, standardDeviation) {
    case (nil, nil): return []
    case (let mean?, let deviation?):
      let isOfOne = (mean + deviation).allSatisfy { (0...1).contains($0) }
      let isNone = mean.allSatisfy { $0 == 0 } && deviation.allSatisfy { $0 == 1 }
      guard isOfOne, !isNone else { return [] }
      return [
        InfoldError(
          .invalidArgument,
          "\"mean\" and \"standardDeviation\" are those of samples between 0 and 1, and samples are between 0 and 255",
          hint: "multiply both by 255")
      ]
    case (_?, nil): return [InfoldError(.malformedData, "\"standardDeviation\" is missing, which belongs to \"mean\"")]
    case (nil, _?): return [InfoldError(.malformedData, "\"mean\" is missing, which belongs to \"standardDeviation\"")]
    }
  }
}

extension InfoldError {
  /// One error that tells of all; `nil` when there are none. It has the code of the first.
  init?(all errors: [InfoldError]) {
    guard let first = errors.first else { return nil }
    guard errors.count > 1 else {
      self = first
      return
    }
    let texts = errors.map { $0.reason + ($0.hint.map { " (\($0))" } ?? "") }
    self.init(first.code, "\(errors.count) things are wrong: " + texts.joined(separator: "; "))
  }
}
