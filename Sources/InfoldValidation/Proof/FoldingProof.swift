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

  private let original: PreparedModel
  private let folded: PreparedModel
  private let isOwn: Bool
  private let options: SessionOptions
  private let refusals: [ProofReport.Refusal]
  private let matching: OperatorMatching

  /// Prepares the proof that `folded` is `original` with its batch normalizations folded.
  /// - Parameters:
  ///   - original: The model before folding.
  ///   - folded: What another tool made, or Infold at another time; `nil` to let Infold fold now.
  ///   - options: How both networks are run. Whether batch normalization is folded is not asked for.
  /// - Throws: `InfoldError` with `.unsupported` for a model that Infold cannot run, `.invalidArgument` when the models
  ///   have different inputs or outputs, or the second is a quantized one, or is not folded.
  public init(
    _ original: Model, folded: Model? = nil, options: SessionOptions = SessionOptions()
  ) throws(InfoldError) {
    self.original = try PreparedModel(original)
    self.options = options
    isOwn = folded == nil
    if let folded {
      try annotatingErrors({ folded.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
        try folded.graph.requireInterface(of: original.graph)
        try folded.graph.requireFloats(as: original.graph)
      }
      self.folded = try PreparedModel(folded)
      refusals = []
    } else {
      let folding = try FoldBatchNormalization().fold(original)
      let (model, report) = (folding.model, folding.report)
      self.folded = try PreparedModel(model)
      refusals = report.refusals.map { ProofReport.Refusal(node: $0.node, reason: $0.reason) }
    }
    matching = try OperatorMatching(self.original.graph, self.folded.graph)
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
    report.model = original.model.path
    report.folded = isOwn ? nil : folded.model.path
    report.normalizations = normalizations
    progress(Progress(fraction: 0, step: "constants"))
    let checks = try matching.pairs.map { pair throws(InfoldError) in
      let tolerance: ConstantCheck.Tolerance =
        isOwn && !pair.folded.isQuantized ? .correctlyRounded : .singlePrecision
      return try ConstantCheck(pair, tolerance).report()
    }
    for check in checks { report.constants.add(check) }

    var comparisons: [Int: SiteComparison] = [:]
    for (index, pair) in matching.pairs.enumerated() where pair.isCompared {
      let roundings = isOwn && !pair.folded.isQuantized ? 1 : 4 * pair.foldedMaps
      comparisons[index] = SiteComparison(pair, constantRoundings: roundings)
    }
    let sessions = count > 0 ? try sessions() : nil
    var network = NetworkComparison(outputs: original.model.graph.outputs.map { original.model.graph[$0].name })
    for index in 0..<count {
      guard let sample = try sample(index) else { continue }
      report.inputs.append(sample.name)
      try annotatingErrors({ $0.forSample(sample.name) }) { () throws(InfoldError) in
        let deadline = timeLimit.map { Deadline(after: $0) }
        try Interruption.asking({ deadline?.error }) { () throws(InfoldError) in
          try run(sample, sessions!, &comparisons, &network) { fraction, step in
            progress(
              Progress(
                fraction: (Double(index) + fraction) / Double(count), step: "\(sample.name): \(step)"))
          }
        }
      }
    }
    report.outputs = network.reports
    if original.graph.quantizingNodes > 0 {
      for index in report.outputs.indices { report.outputs[index].isQuantized = true }
    }
    for (index, check) in checks.enumerated() {
      let site = try SiteReport(matching.pairs[index], check, comparisons[index]?.measurement)
      if let site { report.sites.append(site) }
    }
    report.judge(matching, wasRun: !report.inputs.isEmpty)
    progress(Progress(fraction: 1, step: "done"))
    return report
  }

  private var normalizations: ProofReport.Normalizations {
    var result = ProofReport.Normalizations()
    result.total = original.graph.normalizations.count
    result.folded = max(0, result.total - folded.graph.normalizations.count)
    result.refusals = refusals
    return result
  }

  /// Sessions of the network as it is, where every normalization is a scale and a shift, and folded.
  private func sessions() throws(InfoldError) -> (unfolded: Session, folded: Session) {
    var options = options
    options.foldBatchNormalization = true
    let folded = try Session(isOwn ? original.model : folded.model, options: options)
    options.foldBatchNormalization = false
    // Folding may have made ordinary numbers of weights that are subnormal. Only what is folded is run by default.
    options.subnormals = options.subnormals ?? .kept
    return (try Session(original.model, options: options), folded)
  }

  private func run(
    _ sample: Sample, _ sessions: (unfolded: Session, folded: Session), _ comparisons: inout [Int: SiteComparison],
    _ network: inout NetworkComparison,
    _ progress: (Double, String) -> Void
  ) throws(InfoldError) {
    let entries = Dictionary(grouping: comparisons.keys) { matching.pairs[$0].original.entry.entry }
    var current = comparisons
    let total = Double(max(current.count, 1))
    var done = 0.0
    let asWritten = try ReferenceEvaluator(original.graph).run(original.graph.tensors(sample.inputs)) {
      (node, inputs, _) throws(InfoldError) in
      for index in (entries[node] ?? []).sorted() {
        let pair = matching.pairs[index]
        let data = original.graph[node].inputs.firstIndex { $0 == pair.original.entry.data } ?? 0
        progress(0.7 * done / total, original.graph.label(of: original.graph[pair.original.entry.node]))
        try current[index]?.add(inputs[data]!)
        done += 1
      }
    }
    comparisons = current
    progress(0.7, "folded network")
    let folded = try sessions.folded.run(sample.inputs)
    let unfolded = try sessions.unfolded.run(sample.inputs)
    progress(0.8, "network in double precision")
    let truth = try ReferenceEvaluator(original.graph, precision: .double).run(original.graph.tensors(sample.inputs))
    let names = original.model.graph.outputs.map { original.model.graph[$0].name }
    try network.add(
      unfolded: names.map { unfolded[$0]! }, folded: names.map { folded[$0]! }, asWritten: asWritten, truth: truth)
  }
}

extension OperatorMatching.Pair {
  /// Whether its numbers are compared: something was folded, in a type that double precision is more exact than.
  fileprivate var isCompared: Bool {
    (state == .folded || state == .partlyFolded) && owner == nil && original.elementType != .float64
      && folded.elementType == original.elementType
  }
}

/// A model, and its graph as a session takes it: functions and known branches stand in the places of their nodes.
private struct PreparedModel: Sendable {
  let model: Model
  let graph: Graph

  /// - Throws: `InfoldError` with `.unsupported` for a model that Infold cannot run.
  init(_ model: Model) throws(InfoldError) {
    self.model = model
    graph = try annotatingErrors({ model.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      var graph = try InlineBodies().run(on: model.graph).graph
      try graph.requireNoOpaqueNodes()
      try graph.inferTypes()
      return graph
    }
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

  /// `named`, by the graph's values.
  fileprivate func tensors(_ named: [String: Tensor]) throws(InfoldError) -> [ValueID: Tensor] {
    var tensors: [ValueID: Tensor] = [:]
    let ids = Dictionary(inputs.map { (self[$0].name, $0) }) { first, _ in first }
    for (name, tensor) in named {
      guard let id = ids[name] else {
        throw InfoldError(.invalidArgument, "\(String(quoting: name)) is no input of the model")
      }
      if let type = self[id].type {
        let fits =
          type.elementType == tensor.elementType
          && (type.shape.map { shape in
            shape.rank == tensor.shape.count && zip(shape, tensor.shape).allSatisfy { $0.size == nil || $0.size == $1 }
          } ?? true)
        guard fits else {
          throw InfoldError(
            .invalidArgument, "the input \(String(quoting: name)) is \(tensor); the model wants \(type)")
        }
      }
      tensors[id] = tensor
    }
    return tensors
  }
}
