import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Validates that a folded model computes the same as the original: by its constants, at every fold
/// site, and for the whole network.
///
/// It answers three separate questions. *Are the folded constants right?* Every weight and bias is
/// recomputed in double precision. *Does folding change the numbers by more than rounding may?* At
/// each fold site, both forms get the same input and are compared with double precision, within
/// error bounds that follow from counting roundings. *What does folding do to the network?*
/// Sessions run both networks from the inputs to the outputs, as an app runs them. The report has
/// the errors of both, and whether their answers agree.
///
/// Folding is only one of the passes of a session. A fourth question is therefore *what does a
/// session run in the end?* The network after all passes is compared with the original in double
/// precision. Each value that kernels pass from layer to layer is compared within the error bound
/// of its layer, in every precision that is requested. The report explains the batch normalizations
/// that are not folded, and validates what is computed for them, including mini-batch statistics.
public struct FoldValidation: Sendable {
  /// An input of the whole network, with a name for reports.
  public struct Sample: Sendable {
    /// A description, such as the name of a file.
    public var name: String
    /// A tensor for each input of the model, by name. Inputs with a default value may be omitted.
    public var inputs: [String: Tensor]

    /// Creates a sample.
    public init(name: String, inputs: [String: Tensor]) {
      self.name = name
      self.inputs = inputs
    }
  }

  /// The progress of a validation.
  public struct Progress: Sendable {
    /// The fraction of the work that is done, 0 to 1.
    public let fraction: Double
    /// The current step.
    public let step: String
  }

  private let original: Model
  /// The model that another tool folded, or `nil` if Infold folds.
  private let folded: Model?
  /// The network as a session simplifies it, evaluated by the definitions of its operators.
  private let written: ReferenceSession
  /// The original network, evaluated in double precision.
  private let truth: ReferenceSession
  private let options: SessionOptions
  private let normalizationCount: Int
  private let refusals: [ValidationReport.Refusal]
  private let matching: OperatorMatching
  /// The network with dynamic dimensions, before any pass.
  private let prepared: Graph
  private let precisions: [SessionOptions.Precision]
  /// Whether the caller asked to validate what sessions run, not only folding.
  private let asksForSessions: Bool
  private let measuresTimes: Bool
  private let staying: StayingNormalizations
  /// Compares the file of another tool with the original at every value.
  private let comparison: ModelComparison?

  /// Prepares to validate that `folded` is `original` with its batch normalizations folded.
  /// - Parameters:
  ///   - original: The model before folding.
  ///   - folded: The model that another tool folded, or that Infold folded earlier. `nil` to let
  ///     Infold fold now.
  ///   - options: How both networks are run. The option that disables folding is ignored.
  ///   - precisions: The precisions in which to validate what a session runs. `nil` selects all
  ///     precisions of sessions; a model in which nothing can be folded then still leaves nothing
  ///     to validate. If precisions are given, such a model passes if its sessions do.
  ///   - measuresTimes: Whether to measure how much of a run the unfolded batch normalizations
  ///     take. Times vary from run to run.
  /// - Throws: `InfoldError` with `.unsupported` if Infold cannot run a model; `.invalidArgument`
  ///   if the models have different inputs or outputs, or if the second model is quantized or not
  ///   folded.
  public init(
    _ original: Model, folded: Model? = nil, options: SessionOptions = SessionOptions(),
    precisions: [SessionOptions.Precision]? = nil, measuresTimes: Bool = false
  ) throws(InfoldError) {
    self.precisions = precisions ?? SessionOptions.Precision.allCases
    asksForSessions = precisions?.isEmpty == false
    self.measuresTimes = measuresTimes
    self.original = original
    self.folded = folded
    self.options = options
    let prepared = try original.preparedGraph()
    self.prepared = prepared
    normalizationCount = prepared.normalizations.count
    let simplified = try prepared.unfolded()
    var refused: [ValidationReport.Refusal] = []
    if let folded {
      try annotatingErrors({ folded.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
        try folded.graph.requireInterface(of: original.graph)
        try folded.graph.requireFloats(as: original.graph)
      }
      matching = try OperatorMatching(simplified, folded.preparedGraph().unfolded(), isForeign: true)
      // A number near the midpoint of two quantization steps may round to either, which no rounding
      // error bound covers.
      comparison = simplified.quantizingNodes == 0 ? try ModelComparison(original, folded) : nil
      refusals = []
      _ = try simplified.folded { refused.append($0) }
    } else {
      matching = try OperatorMatching(simplified, simplified.folded { refused.append($0) })
      comparison = nil
      refusals = refused
    }
    staying = try StayingNormalizations(
      simplified, left: matching.folded, refusals: refused, isForeign: folded != nil, options)
    written = try ReferenceSession(original, prepared: simplified, precision: .declared)
    truth = try ReferenceSession(original, prepared: prepared, precision: .double)
    if let folded, let reason = matching.reasonAgainstFolded,
      try FoldBatchNormalization().fold(original).report.foldsAnything
    {
      throw InfoldError(
        .invalidArgument, reason, hint: "infold fold writes a folded model", file: folded.path)
    }
  }

  /// Checks the constants, and compares fold sites and outputs on `samples`.
  /// - Parameters:
  ///   - samples: The inputs by name.
  ///   - progress: Called from time to time.
  /// - Throws: `InfoldError` with `.invalidArgument` if a sample does not fit the model; the error
  ///   of an operator, naming its node.
  public func run(
    _ samples: [Sample], progress: (Progress) -> Void = { _ in }
  ) throws(InfoldError) -> ValidationReport {
    try run(count: samples.count, sample: { samples[$0] }, progress: progress)
  }

  /// Checks the constants, and compares fold sites and outputs on `count` samples, which are
  /// requested one at a time.
  /// - Parameters:
  ///   - count: The number of samples.
  ///   - sample: Returns the sample with this number, 0 to `count` − 1, or `nil` to skip it.
  ///   - timeLimit: The longest time that one sample may take, or `nil` for no limit.
  ///   - progress: Called from time to time.
  /// - Throws: The errors of `run(_:progress:)` and of `sample`; `.limitExceeded` if a sample
  ///   exceeds the time limit.
  public func run(
    count: Int, sample: (Int) throws(InfoldError) -> Sample?, timeLimit: Duration? = nil,
    progress: (Progress) -> Void = { _ in }
  ) throws(InfoldError) -> ValidationReport {
    var report = ValidationReport()
    report.model = original.path
    report.folded = folded?.path
    report.normalizations = normalizations
    progress(Progress(fraction: 0, step: "constants"))
    var staying = staying
    var proofs = count > 0 ? try sessionProofs() : []
    var compared: ComparisonReport?
    var multiplications = 0, times: [LayerTime] = []
    let checks = try matching.pairs.map { pair throws(InfoldError) in
      let tolerance: ConstantCheck.Tolerance =
        folded == nil && !pair.folded.isQuantized ? .correctlyRounded : .singlePrecision
      return try ConstantCheck(pair, tolerance).report()
    }
    for check in checks { report.constants.add(check) }

    var comparisons: [Int: SiteComparison] = [:]
    for (index, pair) in matching.pairs.enumerated() where pair.isCompared {
      let roundings = folded == nil && !pair.folded.isQuantized ? 1 : 4 * pair.foldedMaps
      comparisons[index] = SiteComparison(pair, constantRoundings: roundings)
    }
    let sessions = count > 0 ? try sessions() : nil
    var network = NetworkComparison(outputs: truth.outputs.map(\.name))
    for index in 0..<count {
      guard let sample = try sample(index) else { continue }
      report.inputs.append(sample.name)
      try annotatingErrors({ $0.forSample(sample.name) }) { () throws(InfoldError) in
        let deadline = timeLimit.map { Deadline(after: $0) }
        try Interruption.asking({ deadline?.error }) { () throws(InfoldError) in
          func report(_ fraction: Double, _ step: String) {
            progress(
              Progress(
                fraction: (Double(index) + fraction) / Double(count), step: "\(sample.name): \(step)"))
          }
          let exact = try run(sample, sessions!, &comparisons, &staying, &network) { report($0 / 2, $1) }
          let truth = try SessionValidation.Truth(prepared, self.truth.tensors(sample.inputs), outputs: exact)
          multiplications = truth.graph.multiplications
          for place in proofs.indices {
            report(0.5 + 0.4 * Double(place) / Double(proofs.count), "precision \(proofs[place].precision.rawValue)")
            try proofs[place].add(sample.inputs, truth)
          }
          if let comparison {
            report(0.9, "values of the folded file")
            try compared.add(comparison.run([sample]))
          }
          if measuresTimes, times.isEmpty {
            report(0.95, "times")
            let session =
              if let proof = proofs.first { proof.session } else { try Session(folded ?? original, options: options) }
            times = try session.layerTimes(sample.inputs, runs: 9)
          }
        }
      }
    }
    report.outputs = network.reports
    if matching.original.quantizingNodes > 0 {
      for index in report.outputs.indices { report.outputs[index].isQuantized = true }
    }
    report.sessions = proofs.map(\.report)
    report.staying = staying.reports(
      multiplications: multiplications, planned: proofs.first?.plannedValues, times: times)
    report.matching = folded.map { fileMatching($0, compared) }
    for (index, check) in checks.enumerated() {
      if isOtherwise(matching.pairs[index], compared) {
        report.constants.remove(check)
        continue
      }
      let site = try SiteReport(matching.pairs[index], check, comparisons[index]?.measurement)
      if let site { report.sites.append(site) }
    }
    report.judge(wasRun: !report.inputs.isEmpty, asksForSessions: asksForSessions)
    progress(Progress(fraction: 1, step: "done"))
    return report
  }

  private var normalizations: ValidationReport.Normalizations {
    var result = ValidationReport.Normalizations()
    result.total = normalizationCount
    result.folded = max(0, result.total - matching.folded.normalizations.count)
    result.refusals = refusals
    return result
  }

  /// Sessions of the network without folding, where every normalization is a scale and a shift, and
  /// with folding.
  private func sessions() throws(InfoldError) -> (unfolded: Session, folded: Session) {
    var options = options
    // Validate the constants in the model's own types.
    options.narrowTypes = .kept
    options.foldBatchNormalization = true
    let folded = try Session(folded ?? original, options: options)
    options.foldBatchNormalization = false
    // By default, sessions run folded networks, in which subnormal weights may have become normal
    // numbers. The unfolded network must keep its subnormal weights.
    options.subnormals = options.subnormals ?? .kept
    return (try Session(original, options: options), folded)
  }

  private func run(
    _ sample: Sample, _ sessions: (unfolded: Session, folded: Session), _ comparisons: inout [Int: SiteComparison],
    _ staying: inout StayingNormalizations, _ network: inout NetworkComparison, _ progress: (Double, String) -> Void
  ) throws(InfoldError) -> [String: Tensor] {
    let entries = Dictionary(grouping: comparisons.keys) { matching.pairs[$0].original.entry.data }
    var current = comparisons, normalizations = staying
    let total = Double(max(current.count, 1))
    var done = 0.0
    let asWritten = try written.run(sample.inputs, observing: normalizations.observed.union(entries.keys)) {
      (value, tensor) throws(InfoldError) in
      try normalizations.add(value, tensor)
      for index in (entries[value] ?? []).sorted() {
        progress(0.7 * done / total, matching.pairs[index].original.label)
        try current[index]?.add(tensor)
        done += 1
      }
    }
    comparisons = current
    normalizations.endSample()
    staying = normalizations
    progress(0.7, "folded network")
    let folded = try sessions.folded.run(sample.inputs)
    let unfolded = try sessions.unfolded.run(sample.inputs)
    progress(0.8, "network in double precision")
    let exact = try truth.run(sample.inputs)
    func ordered(_ results: [String: Tensor]) -> [Tensor] { truth.outputs.map { results[$0.name]! } }
    try network.add(
      unfolded: ordered(unfolded), folded: ordered(folded), asWritten: ordered(asWritten), truth: ordered(exact))
    return exact
  }
}

// MARK: - What sessions run, and files of other tools

extension FoldValidation {
  /// The validations of what sessions run. An app runs the network of the file, if there is one.
  private func sessionProofs() throws(InfoldError) -> [SessionValidation] {
    try precisions.map { precision throws(InfoldError) in try SessionValidation(folded ?? original, precision, options)
    }
  }

  /// Whether an operator was matched by order only, and has weights that folding does not explain,
  /// although all values agree. The tool then made another, correct change to it.
  private func isOtherwise(_ pair: OperatorMatching.Pair, _ compared: ComparisonReport?) -> Bool {
    guard let compared, compared.equal, pair.kind == .order, let distance = pair.distance else { return false }
    return distance > OperatorPairing.far
  }

  private func fileMatching(_ file: Model, _ compared: ComparisonReport?) -> FileMatching {
    var result = FileMatching()
    for pair in matching.pairs {
      if isOtherwise(pair, compared) {
        result.otherwise.append(pair.original.label)
        continue
      }
      switch pair.kind {
      case .name: result.byName += 1
      case .weights: result.byWeights += 1
      case .order: result.byOrder += 1
      }
    }
    (result.missing, result.additional) = (matching.missing, matching.additional)
    result.changes = FileChanges(original, file).descriptions + (compared?.notes ?? [])
    guard let compared else { return result }
    (result.values, result.equal, result.first) = (compared.values, compared.equal, compared.first)
    return result
  }
}

extension ComparisonReport? {
  /// Adds the results of another sample.
  fileprivate mutating func add(_ other: ComparisonReport) {
    guard var report = self else {
      self = other
      return
    }
    report.equal = report.equal && other.equal
    report.first = report.first ?? other.first
    report.inputs += other.inputs
    self = report
  }
}

extension Graph {
  /// The number of multiply-accumulates in the definitions of all operators.
  fileprivate var multiplications: Int {
    nodes.reduce(0) { sum, node in
      let (total, overflow) = sum.addingReportingOverflow(multiplyAccumulates(of: node) ?? 0)
      return overflow ? .max : total
    }
  }
}

extension OperatorMatching.Pair {
  /// Whether the numbers of this pair are compared: something was folded, in a type less exact than
  /// double precision.
  fileprivate var isCompared: Bool {
    (state == .folded || state == .partlyFolded) && owner == nil && original.elementType != .float64
      && folded.elementType == original.elementType
  }
}

extension Model {
  /// The model's graph, ready for the passes.
  /// - Throws: `InfoldError` with `.unsupported` if Infold cannot run the model.
  fileprivate func preparedGraph() throws(InfoldError) -> Graph {
    let graph = try PreparedModel(self).graph
    try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in try graph.requireNoOpaqueNodes() }
    return graph
  }
}

extension Graph {
  /// The graph as a session simplifies it before folding. Quantized networks stay unchanged,
  /// because their operators are recognized in the form that stores the weights as bytes.
  fileprivate func unfolded() throws(InfoldError) -> Graph {
    var graph = self
    if quantizingNodes == 0 {
      let pipeline = OptimizationPipeline(foldsBatchNormalization: false, narrowTypes: .kept)
      graph = try pipeline.run(on: graph, through: .inline ... .simplify)
    }
    try graph.inferTypes()
    return graph
  }

  /// The graph after the folding of a session.
  /// - Parameter refused: Called for each batch normalization that is not folded.
  fileprivate func folded(refused: (ValidationReport.Refusal) -> Void) throws(InfoldError) -> Graph {
    let result = try FoldBatchNormalization().run(on: self)
    for refusal in result.refusals {
      refused(ValidationReport.Refusal(node: refusal.node, reason: refusal.description))
    }
    var graph = result.graph
    try graph.inferTypes()
    return graph
  }
}

extension InfoldError {
  fileprivate func forSample(_ name: String) -> InfoldError {
    var error = self
    if error.file == nil { error.reason = "\(String(printable: name)): \(reason)" }
    return error
  }
}

extension Graph {
  /// Checks that inputs and outputs have the same names and element types as those of `original`.
  fileprivate func requireInterface(of original: Graph) throws(InfoldError) {
    func interface(_ graph: Graph, _ ids: [ValueID]) -> [String: ElementType?] {
      Dictionary(ids.map { (graph[$0].name, graph[$0].type?.elementType) }) { first, _ in first }
    }
    for (what, ours, theirs) in [
      ("inputs", interface(self, requiredInputs), interface(original, original.requiredInputs)),
      ("outputs", interface(self, outputs), interface(original, original.outputs)),
    ] where ours != theirs {
      func list(_ names: [String: ElementType?]) -> String {
        names.keys.sorted().map { String(quoting: $0) }.joined(separator: ", ")
      }
      throw InfoldError(
        .invalidArgument,
        "interface mismatch: the \(what) differ in name or type: \(list(ours)), in the original \(list(theirs))",
        hint: "pass the model that this file was folded from")
    }
  }

  /// The number of nodes that quantize numbers, or compute with quantized numbers.
  fileprivate var quantizingNodes: Int {
    nodes.count { [.quantizes, .computes].contains($0.quantizationRole) }
  }

  /// Checks that the model is not quantized if the original is not.
  fileprivate func requireFloats(as original: Graph) throws(InfoldError) {
    let isQuantized = nodes.contains { $0.quantizationRole != nil }
    guard !isQuantized || original.nodes.contains(where: { $0.quantizationRole != nil }) else {
      throw InfoldError(
        .invalidArgument, "is a quantized model, whose values differ from the original by more than rounding",
        hint: "pass a model that was only folded; infold quantize reports the errors of a quantized model")
    }
  }
}
