import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Proves that a folded model is the original one: by its constants, by every site, and by the whole network.
///
/// Three questions, kept apart. *Are the folded constants right?* Every weight and bias is recomputed in double precision.
/// *Does folding change the numbers more than rounding may?* At each site both sides get the same input and are held
/// against double precision, within bounds that follow from counting roundings. *What does it do to the network?* From
/// the inputs to the outputs, run by sessions as an app runs them, the errors of both, and whether the answers agree.
///
/// Folding is one of the things that a session does. So a fourth question is what it runs in the end: the network behind all passes is
/// held against the original in double precision, and each value that the kernels hand from layer to layer within the bounds of what that
/// layer may round, in every precision that is asked for. Batch normalizations that stay are explained, and what is computed in their place
/// is proved as well, mini-batch statistics included.
public struct FoldingProof: Sendable {
  /// An input of the whole network, with a name for reports.
  public struct Sample: Sendable {
    /// What it is, like the file that it comes from.
    public var name: String
    /// A tensor for each input of the model by its name; those with a default may be left out.
    public var inputs: [String: Tensor]

    /// A sample.
    public init(name: String, inputs: [String: Tensor]) {
      self.name = name
      self.inputs = inputs
    }
  }

  /// How far a run of the proof is.
  public struct Progress: Sendable {
    /// The part that is done, 0 to 1.
    public let fraction: Double
    /// What is being done.
    public let step: String
  }

  private let original: Model
  /// What another tool made of it; `nil` where Infold folds.
  private let folded: Model?
  /// The network as a session simplifies it, evaluated by the operators' definitions.
  private let written: ReferenceSession
  /// The network as it is, in double precision.
  private let truth: ReferenceSession
  private let options: SessionOptions
  private let normalizationCount: Int
  private let refusals: [ProofReport.Refusal]
  private let matching: OperatorMatching
  /// The network with open sizes, before any pass.
  private let prepared: Graph
  private let precisions: [SessionOptions.Precision]
  /// Whether what a session runs is what was asked for, and not only folding.
  private let asksForSessions: Bool
  private let measuresTimes: Bool
  private let staying: StayingNormalizations
  /// Holds the file of another tool against the original at every value.
  private let comparison: ModelComparison?

  /// Prepares the proof that `folded` is `original` with its batch normalizations folded.
  /// - Parameters:
  ///   - original: The model before folding.
  ///   - folded: What another tool made, or Infold at another time; `nil` to let Infold fold now.
  ///   - options: How both networks are run. Whether batch normalization is folded is not asked for.
  ///   - precisions: In which precisions it is proved what a session runs. `nil` for all that sessions have; then a model in which
  ///     nothing can be folded still leaves nothing to prove, while it passes where they are named.
  ///   - measuresTimes: Whether it is measured what batch normalizations that stay take of a run. Times are never the same twice.
  /// - Throws: `InfoldError` with `.unsupported` for a model that Infold cannot run, `.invalidArgument` when the models
  ///   have different inputs or outputs, or the second is a quantized one, or is not folded.
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
    var refused: [ProofReport.Refusal] = []
    if let folded {
      try annotatingErrors({ folded.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
        try folded.graph.requireInterface(of: original.graph)
        try folded.graph.requireFloats(as: original.graph)
      }
      matching = try OperatorMatching(simplified, folded.preparedGraph().unfolded(), isForeign: true)
      // Numbers beside the middle of two steps may go to either, which no bound of rounding covers.
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

  /// Checks the constants, and compares sites and outputs on `samples`.
  /// - Parameters:
  ///   - samples: Inputs by their names.
  ///   - progress: Called now and then.
  /// - Throws: `InfoldError` with `.invalidArgument` for a sample that the model does not take; the error of an
  ///   operator, naming its node.
  public func run(
    _ samples: [Sample], progress: (Progress) -> Void = { _ in }
  ) throws(InfoldError) -> ProofReport {
    try run(count: samples.count, sample: { samples[$0] }, progress: progress)
  }

  /// Checks the constants, and compares sites and outputs on `count` samples, of which each is asked for when its turn comes.
  /// - Parameters:
  ///   - count: The number of samples.
  ///   - sample: Gives the sample with this number, 0 to `count` − 1; `nil` leaves it out.
  ///   - timeLimit: The longest that one sample may take; `nil` for as long as it takes.
  ///   - progress: Called now and then.
  /// - Throws: As `run(_:progress:)`, and what `sample` throws; `.limitExceeded` when the time is over.
  public func run(
    count: Int, sample: (Int) throws(InfoldError) -> Sample?, timeLimit: Duration? = nil,
    progress: (Progress) -> Void = { _ in }
  ) throws(InfoldError) -> ProofReport {
    var report = ProofReport()
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
          let truth = try SessionProof.Truth(prepared, self.truth.tensors(sample.inputs), outputs: exact)
          multiplications = truth.graph.multiplications
          for place in proofs.indices {
            report(0.5 + 0.4 * Double(place) / Double(proofs.count), "precision \(proofs[place].precision.rawValue)")
            try proofs[place].add(sample.inputs, truth)
          }
          if let comparison {
            report(0.9, "values of the file")
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

  private var normalizations: ProofReport.Normalizations {
    var result = ProofReport.Normalizations()
    result.total = normalizationCount
    result.folded = max(0, result.total - matching.folded.normalizations.count)
    result.refusals = refusals
    return result
  }

  /// Sessions of the network as it is, where every normalization is a scale and a shift, and folded.
  private func sessions() throws(InfoldError) -> (unfolded: Session, folded: Session) {
    var options = options
    // What is proved are the constants of the model's own types.
    options.narrowTypes = .kept
    options.foldBatchNormalization = true
    let folded = try Session(folded ?? original, options: options)
    options.foldBatchNormalization = false
    // Folding may have made ordinary numbers of weights that are subnormal. Only what is folded is run by default.
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

extension FoldingProof {
  /// What is proved is the network that an app gets: of the file, where there is one.
  private func sessionProofs() throws(InfoldError) -> [SessionProof] {
    try precisions.map { precision throws(InfoldError) in try SessionProof(folded ?? original, precision, options) }
  }

  /// Whether an operator was found by guessing, has other weights than it must have, and all values agree: then something that is no folding
  /// was done to it, which is right.
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
  /// Takes in what another sample has shown.
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
  /// The multiplications with an addition that the definitions of all operators need.
  fileprivate var multiplications: Int {
    nodes.reduce(0) { sum, node in
      let (total, overflow) = sum.addingReportingOverflow(multiplyAccumulates(of: node) ?? 0)
      return overflow ? .max : total
    }
  }
}

extension OperatorMatching.Pair {
  /// Whether its numbers are compared: something was folded, in a type that double precision is more exact than.
  fileprivate var isCompared: Bool {
    (state == .folded || state == .partlyFolded) && owner == nil && original.elementType != .float64
      && folded.elementType == original.elementType
  }
}

extension Model {
  /// The model's graph, ready for the passes.
  /// - Throws: `InfoldError` with `.unsupported` for a model that Infold cannot run.
  fileprivate func preparedGraph() throws(InfoldError) -> Graph {
    let graph = try PreparedModel(self).graph
    try annotatingErrors({ path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in try graph.requireNoOpaqueNodes() }
    return graph
  }
}

extension Graph {
  /// What a session makes of a prepared graph before it folds. Quantized networks stay as they are: their operators are found in the
  /// forms that hold the weights as bytes.
  fileprivate func unfolded() throws(InfoldError) -> Graph {
    var graph = self
    if quantizingNodes == 0 {
      let pipeline = OptimizationPipeline(foldsBatchNormalization: false, narrowTypes: .kept)
      graph = try pipeline.run(on: graph, through: .inline ... .simplify)
    }
    try graph.inferTypes()
    return graph
  }

  /// What a session's folding makes of it.
  /// - Parameter refused: Is told what was not folded.
  fileprivate func folded(refused: (ProofReport.Refusal) -> Void) throws(InfoldError) -> Graph {
    let result = try FoldBatchNormalization().run(on: self)
    for refusal in result.refusals { refused(ProofReport.Refusal(node: refusal.node, reason: refusal.description)) }
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
        .invalidArgument, "has the \(what) \(list(ours)), and the original \(list(theirs)), or they differ in type",
        hint: "give the model that was folded")
    }
  }

  /// The nodes that round to a few bits, or compute with such numbers.
  fileprivate var quantizingNodes: Int {
    nodes.count { [.quantizes, .computes].contains($0.quantizationRole) }
  }

  /// Checks that the model computes with floats where the original does.
  fileprivate func requireFloats(as original: Graph) throws(InfoldError) {
    let isQuantized = nodes.contains { $0.quantizationRole != nil }
    guard !isQuantized || original.nodes.contains(where: { $0.quantizationRole != nil }) else {
      throw InfoldError(
        .invalidArgument, "is a quantized model, which differs from the original by more than rounding",
        hint: "give the model that was folded; infold quantize says how far a quantized one is from its original")
    }
  }
}
