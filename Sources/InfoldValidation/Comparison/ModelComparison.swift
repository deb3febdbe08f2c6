import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Finds where two models first compute something different, and whether it is more than rounding.
///
/// Both are run in double precision on the same inputs. Values that both have are found by their names, by what they hold, and by
/// their places in the graphs. Then the first network is computed once more, node by node, each from what the *second* one has for its
/// inputs: what differs there arose there. How much may differ follows from an error analysis that runs along: constants may have been
/// rounded anew, as those of a normalization that was folded. So nobody has to guess a tolerance.
///
/// Channels in another order and factors of channels that one layer takes and a later one gives back are recognized, and are no
/// difference as long as they are undone before the outputs.
///
/// A model of float16 or bfloat16 as the second one is run in its own types, so that overflows show, and its roundings count.
public struct ModelComparison: Sendable {
  /// An input of both networks.
  public typealias Sample = FoldingProof.Sample

  private let first: ComparedNetwork
  private let second: ComparedNetwork
  private let outputs: [(first: ValueID, second: ValueID)]
  /// For each input of the second network, that of the first one.
  private let inputPlaces: [Int?]
  private let remarks: [String]

  /// Prepares the comparison of two models.
  /// - Parameters:
  ///   - first: The model that is taken to be right.
  ///   - second: The model that may differ.
  /// - Throws: `InfoldError` with `.unsupported` for a model that Infold cannot run, `.invalidArgument` for models with other inputs or
  ///   outputs.
  public init(_ first: Model, _ second: Model) throws(InfoldError) {
    self.first = try ComparedNetwork(first)
    self.second = try ComparedNetwork(second)
    let interface = try ComparedInterface(self.first.graph, self.second.graph, file: second.path)
    inputPlaces = interface.inputPlaces
    outputs = interface.outputs
    remarks = interface.remarks
  }

  /// Compares both on `samples`.
  /// - Throws: `InfoldError` with `.invalidArgument` for a sample that a model does not take; the error of an operator, naming its
  ///   node; `.limitExceeded`.
  public func run(_ samples: [Sample]) throws(InfoldError) -> ComparisonReport {
    try run(count: samples.count) { samples[$0] }
  }

  /// Compares both on `count` samples, of which each is asked for when its turn comes.
  /// - Parameters:
  ///   - count: The number of samples.
  ///   - timeLimit: The longest that one sample may take; `nil` for as long as it takes.
  ///   - progress: Called with the share of the work that is done, 0 to 1.
  ///   - sample: Gives the sample with this number, 0 to `count` − 1; `nil` leaves it out.
  /// - Throws: As `run(_:)`, and what `sample` throws.
  public func run(
    count: Int, timeLimit: Duration? = nil, progress: (Double) -> Void = { _ in },
    sample: (Int) throws(InfoldError) -> Sample?
  ) throws(InfoldError) -> ComparisonReport {
    var collected = CollectedComparison(first, second, outputs, remarks)
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

  /// Compares the first model with what another runtime has computed of the second one.
  /// - Parameters:
  ///   - sample: What both were given.
  ///   - recorded: Tensors by the names of the second model's values, all outputs among them.
  ///   - further: The same for other inputs, as far as they are there: the more layers have their inputs and outputs among them, the
  ///     smaller the differences of single weights that are found.
  ///   - timeLimit: The longest that it may take; `nil` for as long as it takes.
  /// - Throws: As `run(_:)`; `InfoldError` with `.invalidArgument` when an output is not among `recorded`.
  public func run(
    _ sample: Sample, recorded: [String: Tensor], further: [[String: Tensor]] = [], timeLimit: Duration? = nil
  ) throws(InfoldError) -> ComparisonReport {
    var collected = CollectedComparison(first, second, outputs, remarks)
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
      throw InfoldError(.invalidArgument, "the model has no input \(String(quoting: stranger))", file: first.path)
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

  /// The tensor in the floating-point type that the second network takes.
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
