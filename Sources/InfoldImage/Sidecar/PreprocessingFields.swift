import InfoldSystem

/// The fields of a sidecar, which may be incomplete or invalid.
///
/// Missing fields can be filled in from the model. `preprocessing(_:)` then reports all problems at
/// once.
package struct PreprocessingFields: Sendable {
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
  /// The keys with values of the wrong type.
  private var unreadable: Set<Key> = []
  private var problems: [InfoldError] = []

  enum Key: String, CodingKey, CaseIterable {
    case input, output, size, cropFraction, filter, normalization, mean, standardDeviation, colorOrder, layout, labels,
      scores
  }

  /// Creates empty fields.
  package init() {}

  /// Parses a sidecar.
  /// - Throws: `InfoldError` with `.malformedData` if the data is not a JSON object. Other problems
  ///   are reported by `preprocessing(_:)`.
  package init(parsing bytes: [UInt8]) throws(InfoldError) {
    try self.init(try JSONValue(parsing: bytes))
  }

  /// Reads all fields that are present.
  /// - Throws: The errors of `init(parsing:)`.
  package init(_ json: JSONValue) throws(InfoldError) {
    guard case .object(let members) = json else { throw InfoldError(.malformedData, "is not a JSON object") }
    let unknown = members.keys.filter { Key(rawValue: $0) == nil }.sorted().map(String.init(quoting:))
    if !unknown.isEmpty {
      problems.append(
        InfoldError(
          .malformedData, "unknown key " + unknown.joined(separator: ", "),
          hint: "the keys are " + Key.allCases.map(\.rawValue).joined(separator: ", ")))
    }
    input = read(.input, "a string", from: members, \.string)
    output = read(.output, "a string", from: members, \.string)
    size = read(.size, "two integers, height and width", from: members) { value in
      value.array(of: \.integer).flatMap { $0.count == 2 ? $0 : nil }
    }
    cropFraction = read(.cropFraction, "a number", from: members, \.double)
    filter = choice(.filter, from: members)
    normalization = choice(.normalization, from: members)
    mean = read(.mean, "three numbers", from: members) { $0.array(of: \.float) }
    standardDeviation = read(.standardDeviation, "three numbers", from: members) { $0.array(of: \.float) }
    colorOrder = choice(.colorOrder, from: members)
    layout = choice(.layout, from: members)
    labels = read(.labels, "a string", from: members, \.string)
    scores = choice(.scores, from: members)
  }

  private mutating func read<Value>(
    _ key: Key, _ kind: String, from members: [String: JSONValue], _ convert: (JSONValue) -> Value?
  ) -> Value? {
    guard let found = members[key.rawValue] else { return nil }
    if let value = convert(found) { return value }
    unreadable.insert(key)
    problems.append(InfoldError(.malformedData, "\"\(key.rawValue)\" must be \(kind)"))
    return nil
  }

  private mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ key: Key, from members: [String: JSONValue]
  ) -> Value? {
    let choices = "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")
    return read(key, choices, from: members) { $0.string.flatMap(Value.init(rawValue:)) }
  }
}

extension PreprocessingFields {
  /// Returns the complete description.
  /// - Parameter more: Finds further problems.
  /// - Throws: `InfoldError` with all problems and missing fields.
  package func preprocessing(_ more: (Preprocessing) -> [InfoldError] = { _ in [] }) throws(InfoldError)
    -> Preprocessing
  {
    var problems = problems
    func require(_ isPresent: Bool, _ key: Key) {
      guard !isPresent, !unreadable.contains(key) else { return }
      problems.append(InfoldError(.malformedData, "\"\(key.rawValue)\" is missing"))
    }
    require(input != nil, .input)
    require(size != nil, .size)
    problems += scaleProblems
    let named = normalization ?? .none
    let order = colorOrder ?? named.colorOrder
    func ordered(_ values: [Float]) -> [Float] { order == .rgb ? values : values.reversed() }
    // Invalid fields are replaced by valid values, so that each problem is reported once.
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

  /// Problems with the scaling of samples.
  private var scaleProblems: [InfoldError] {
    guard unreadable.isDisjoint(with: [.normalization, .mean, .standardDeviation]) else { return [] }
    guard normalization == nil || mean == nil && standardDeviation == nil else {
      return [
        InfoldError(
          .malformedData,
          "\"normalization\" replaces \"mean\" and \"standardDeviation\" and cannot be combined with them")
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
          "\"mean\" and \"standardDeviation\" are for samples between 0 and 1, but samples are between 0 and 255",
          hint: "multiply both by 255")
      ]
    case (_?, nil): return [InfoldError(.malformedData, "\"standardDeviation\" is missing, but \"mean\" is present")]
    case (nil, _?): return [InfoldError(.malformedData, "\"mean\" is missing, but \"standardDeviation\" is present")]
    }
  }
}

extension InfoldError {
  /// Combines errors into one with the code of the first, or `nil` if there are none.
  init?(all errors: [InfoldError]) {
    guard let first = errors.first else { return nil }
    guard errors.count > 1 else {
      self = first
      return
    }
    let texts = errors.map { $0.reason + ($0.hint.map { " (\($0))" } ?? "") }
    self.init(first.code, "\(errors.count) problems: " + texts.joined(separator: "; "))
  }

  /// The same error for arguments instead of a file: missing data becomes an invalid argument.
  var ofArguments: InfoldError {
    var error = self
    if code == .malformedData { error.code = .invalidArgument }
    return error
  }
}
