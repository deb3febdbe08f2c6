import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Finds the first value that two models compute differently, beyond rounding errors.
///
/// Both models run in double precision on the same inputs. Values are matched by name, by content,
/// and by their position in the graphs. The first network then runs again, node by node, and each
/// node reads the *second* network's values, so that a difference shows up at the node that
/// causes it. An error analysis runs along and bounds each difference. The bounds allow for
/// constants that were rounded again, such as weights with a folded normalization. No tolerance has
/// to be chosen.
///
/// Permuted channels, and factors of channels that one layer introduces and a later one removes,
/// are recognized. They are not differences if they are undone before the outputs.
///
/// If the second model uses float16 or bfloat16 and the first one uses other types, the second
/// model runs in its own types. Overflows then show, and its roundings count.
public struct ModelComparison: Sendable {
  /// An input of both networks.
  public typealias Sample = FoldValidation.Sample

  private let first: ComparedNetwork
  private let second: ComparedNetwork
  private let outputs: [(first: ValueID, second: ValueID)]
  /// For each input of the second network, the position of the matching input of the first one.
  private let inputPlaces: [Int?]
  private let notes: [String]

  /// Prepares the comparison of two models.
  /// - Parameters:
  ///   - first: The reference model.
  ///   - second: The model that may differ.
  /// - Throws: `InfoldError` with `.unsupported` if Infold cannot run a model, or with
  ///   `.invalidArgument` if inputs or outputs do not match.
  public init(_ first: Model, _ second: Model) throws(InfoldError) {
    self.first = try ComparedNetwork(first)
    self.second = try ComparedNetwork(second)
    let interface = try ComparedInterface(self.first.graph, self.second.graph, file: second.path)
    inputPlaces = interface.inputPlaces
    outputs = interface.outputs
    notes = interface.notes
  }

  /// Compares both models on `samples`.
  /// - Throws: `InfoldError` with `.invalidArgument` if a model does not accept a sample, or with
  ///   `.limitExceeded` if a memory or time limit is exceeded; the error of an operator, naming its
  ///   node.
  public func run(_ samples: [Sample]) throws(InfoldError) -> ComparisonReport {
    try run(count: samples.count) { samples[$0] }
  }

  /// Compares both models on `count` samples, which are requested one at a time.
  /// - Parameters:
  ///   - count: The number of samples.
  ///   - timeLimit: The longest time that one sample may take; `nil` for no limit.
  ///   - progress: Called with the fraction of the work that is done, 0 to 1.
  ///   - sample: Returns the sample with this index, 0 to `count` − 1, or `nil` to skip it.
  /// - Throws: The errors of `run(_:)`, and those of `sample`.
  public func run(
    count: Int, timeLimit: Duration? = nil, progress: (Double) -> Void = { _ in },
    sample: (Int) throws(InfoldError) -> Sample?
  ) throws(InfoldError) -> ComparisonReport {
    var collected = CollectedComparison(first, second, outputs, notes)
    for index in 0..<count {
      progress(Double(index) / Double(count))
      guard let sample = try sample(index) else { continue }
      try limiting(timeLimit) { () throws(InfoldError) in
        let runs = try runs(sample, recorded: nil)
        try collected.add(sample.name, try search(runs), runs.first, runs.second)
      }
    }
    progress(1)
    return collected.report
  }

  /// Compares the first model with values of the second one that another runtime computed.
  /// - Parameters:
  ///   - sample: The inputs of both.
  ///   - recorded: Tensors by the names of the second model's values, including all outputs.
  ///   - further: Tensors for other inputs, which need not be complete. The more inputs and outputs
  ///     of layers they include, the smaller the differences of single weights that are found.
  ///   - timeLimit: The longest time that the comparison may take; `nil` for no limit.
  /// - Throws: The errors of `run(_:)`; `InfoldError` with `.invalidArgument` if `recorded` lacks
  ///   an output.
  public func run(
    _ sample: Sample, recorded: [String: Tensor], further: [[String: Tensor]] = [], timeLimit: Duration? = nil
  ) throws(InfoldError) -> ComparisonReport {
    var collected = CollectedComparison(first, second, outputs, notes)
    try limiting(timeLimit) { () throws(InfoldError) in
      let runs = try runs(sample, recorded: recorded)
      try collected.add(sample.name, try search(runs, further), runs.first, runs.second)
    }
    return collected.report
  }

  private func limiting(
    _ timeLimit: Duration?, _ body: () throws(InfoldError) -> Void
  ) throws(InfoldError) {
    let deadline = timeLimit.map { Deadline(after: $0) }
    try Interruption.asking({ deadline?.error }, body)
  }

  private typealias Runs = (first: ComparedRun, second: ComparedRun, rounding: RoundingModel)

  private func runs(_ sample: Sample, recorded: [String: Tensor]?) throws(InfoldError) -> Runs {
    let known = Set(first.graph.inputs.map { first.graph[$0].name })
    if let stranger = sample.inputs.keys.sorted().first(where: { !known.contains($0) }) {
      throw InfoldError(.invalidArgument, "\(String(quoting: stranger)) is not a graph input", file: first.path)
    }
    let given = first.graph.inputs.map { sample.inputs[first.graph[$0].name] }
    let others = try zip(second.graph.inputs, inputPlaces).map { id, place throws(InfoldError) in
      try converted(place.flatMap { given[$0] }, to: second.graph[id].type?.elementType)
    }
    let types = first.floatingPointTypes.union(second.floatingPointTypes)
    let unit = types.map(\.unitRoundoff).max() ?? ErrorBounds.doubleUnit
    let narrow = second.floatingPointTypes.filter { $0 == .float16 || $0 == .bfloat16 }
      .max { $0.unitRoundoff < $1.unitRoundoff }
    let exact = try first.run(given, precision: .double)
    if let recorded {
      let rounding = RoundingModel.declared(narrow ?? .float32, constants: unit)
      return (exact, try second.recorded(others, recorded), rounding)
    }
    if let narrow, first.floatingPointTypes != second.floatingPointTypes {
      let run = try second.run(others, precision: .declared)
      return (exact, run, .declared(narrow, constants: unit))
    }
    return (exact, try second.run(others, precision: .double), .double(unit: unit))
  }

  /// Returns the tensor in the floating-point type of the second network's input.
  private func converted(_ tensor: Tensor?, to type: ElementType?) throws(InfoldError) -> Tensor? {
    guard let tensor, let type, type.isFloatingPoint, tensor.elementType.isFloatingPoint else { return tensor }
    return try tensor.converted(to: type)
  }

  private func search(
    _ runs: Runs, _ further: [[String: Tensor]] = []
  ) throws(InfoldError) -> (DifferenceSearch.Result, ValueMatching) {
    let inputs = zip(inputPlaces, second.graph.inputs).compactMap { place, id in
      place.map { (first.graph.inputs[$0], id) }
    }
    let matching = try ValueMatching(
      runs.first, runs.second, inputs: inputs, outputs: outputs.map { ($0.first, $0.second) })
    let comparison = StepwiseComparison(
      first: runs.first, second: runs.second, partners: matching.partners, layouts: matching.layouts,
      outputs: outputs, rounding: runs.rounding, further: further)
    return (try DifferenceSearch(comparison: comparison).result(), matching)
  }
}
