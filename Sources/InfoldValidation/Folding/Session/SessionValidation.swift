import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Validates what a session runs: that the network after all passes computes the same as the
/// original, and that the kernels compute that network.
///
/// - *Passes*: the planned network is evaluated in double precision. Values that it shares with the
///   original may differ only by the rounding of constants that a pass computed.
/// - *Kernels*: a run of the session is traced. Each value that one step passes to another must be
///   within the rounding error bound of its layer.
struct SessionValidation {
  let precision: SessionOptions.Precision
  private let traced: TracedSession
  /// The most rounds of the search for values to which a pass gave another meaning.
  private static let rounds = 16
  private(set) var report: SessionReport
  private var places: [String: Int] = [:]
  private var saysIncomplete = false
  /// The names of the values that nodes of the planned network write. `nil` before the first
  /// sample.
  private(set) var plannedValues: Set<String>?

  /// The session to validate.
  var session: Session { traced.session }

  init(_ model: Model, _ precision: SessionOptions.Precision, _ options: SessionOptions) throws(InfoldError) {
    self.precision = precision
    var options = options
    options.precision = precision
    options.optimize = true
    traced = try TracedSession(model, options: options)
    report = SessionReport(precision)
    if precision == .bfloat16, !traced.session.multipliesBFloat16 {
      report.notes.append("computed as with fast, since this processor has no matrix unit for bfloat16")
    }
  }

  /// The original network with the shapes of one sample, and its outputs in double precision.
  struct Truth {
    let graph: Graph
    let inputs: [ValueID: Tensor]
    let outputs: [String: Tensor]

    /// - Parameter prepared: The model's graph, ready for the passes.
    init(
      _ prepared: Graph, _ tensors: [Tensor], outputs: [String: Tensor]
    ) throws(InfoldError) {
      let types = tensors.map { TensorType($0.elementType, Shape($0.shape)) }
      let bound = Dictionary(zip(prepared.inputs, types)) { first, _ in first }
      graph = try OptimizationPipeline.asWritten.run(on: prepared.binding(inputs: bound))
      inputs = Dictionary(zip(graph.inputs, tensors)) { first, _ in first }
      self.outputs = outputs
    }
  }

  /// Adds the results for one sample.
  /// - Throws: The error of an operator, naming its node; `InfoldError` with `.limitExceeded` if a
  ///   memory or time limit is exceeded.
  mutating func add(_ sample: [String: Tensor], _ truth: Truth) throws(InfoldError) {
    let trace = try traced.run(sample)
    report.nodes = truth.graph.nodes.count
    report.plannedNodes = trace.graph.nodes.count
    plannedValues = Set(trace.graph.nodes.lazy.flatMap { Array($0.definitions) }.map { trace.graph[$0].name })
    if !trace.isComplete, !saysIncomplete {
      saysIncomplete = true
      report.notes.append("values between layers could not be traced: only the outputs were compared")
    }
    var partners = Partners(truth.graph, trace.graph)
    try addPasses(truth, trace, &partners)
    try addKernels(truth, trace, partners)
    try addOutputs(truth, trace)
  }

  // MARK: Passes

  private mutating func addPasses(
    _ truth: Truth, _ trace: TracedSession.Trace, _ partners: inout Partners
  ) throws(InfoldError) {
    let evaluator = try ReferenceEvaluator(trace.graph, precision: .double)
    let given = partners.inputs.compactMapValues { truth.inputs[$0] }
    var values: [ValueID: Tensor] = [:]
    let nodes = trace.graph.nodes, known = partners.originals
    let outputs = try evaluator.run(given) { (id, _, results) throws(InfoldError) in
      for case (let output?, let tensor?) in zip(nodes[id.index].outputs, results) {
        if let original = known[output] { values[original] = tensor }
      }
    }
    for (id, tensor) in zip(trace.graph.outputs, outputs) {
      if let original = partners.outputs[id] { values[original] = tensor }
    }
    let walk = LayerWalk(
      graph: truth.graph, inputs: truth.inputs, others: values, rounding: .double(unit: trace.graph.constantUnit),
      step: truth.graph.integerStep)
    var layers: [LayerWalk.Layer] = []
    try walk.run { layers.append($0) }
    // A pass may have changed both the meaning of a value and its consumers. If so, everything that follows
    // is right without comparing this value. Such values are left out, and then those that only agree with
    // them, until the outputs decide.
    let isOutput = Set(truth.graph.outputs)
    var suspects: [ValueID] = [], others = layers
    for _ in 0..<Self.rounds {
      let wrong = others.filter { !isPlausible($0, truth.graph) && !isOutput.contains($0.value) }.map(\.value)
      if wrong.isEmpty { break }
      suspects += wrong
      var rest = values
      for value in suspects { rest[value] = nil }
      let again = LayerWalk(
        graph: truth.graph, inputs: truth.inputs, others: rest, rounding: walk.rounding, step: walk.step)
      others = []
      try again.run { others.append($0) }
    }
    if !suspects.isEmpty, others.allSatisfy({ isPlausible($0, truth.graph) }) {
      layers = others
      partners.remove(suspects)
    }
    for layer in layers {
      let place = place(of: layer, truth.graph, nil)
      report.layers[place].passes = adding(layer, to: report.layers[place].passes)
      if !isPlausible(layer, truth.graph) { fail(layer, truth.graph, "the passes compute", of: nil) }
    }
  }

  /// Returns whether a value that the passes compute is within its bounds. In the bodies of If and
  /// Loop, constants may have been rounded anew. There, the bounds of the kernels decide.
  private func isPlausible(_ layer: LayerWalk.Layer, _ graph: Graph) -> Bool {
    layer.beyond == 0 || graph[layer.node].typed is any BodyOperator
  }

  // MARK: Kernels

  private mutating func addKernels(
    _ truth: Truth, _ trace: TracedSession.Trace, _ partners: Partners
  ) throws(InfoldError) {
    var values: [ValueID: Tensor] = [:], makers: [ValueID: TracedSession.Maker] = [:]
    var algorithms: [ValueID: [String]] = [:]
    let compared = trace.values.keys.filter { partners.originals[$0] != nil || partners.outputs[$0] != nil }
    let known = Set(compared)
    for id in compared {
      guard let original = partners.outputs[id] ?? partners.originals[id] else { continue }
      values[original] = trace.values[id]
      makers[original] = trace.makers[id]
      algorithms[original] = trace.productAlgorithms(before: id, after: known)
    }
    let walk = LayerWalk(
      graph: truth.graph, inputs: truth.inputs, others: values, rounding: rounding(truth, trace),
      further: try winogradErrors(truth, trace, partners),
      products: BFloat16Products.errors(
        in: truth.graph, values: Set(values.keys), algorithms: algorithms),
      step: truth.graph.integerStep)
    var layers: [LayerWalk.Layer] = []
    try walk.run { layers.append($0) }
    for layer in layers {
      let maker = makers[layer.value]
      let place = place(of: layer, truth.graph, maker)
      report.layers[place].kernels = adding(layer, to: report.layers[place].kernels)
      if layer.beyond > 0 { fail(layer, truth.graph, "the session computes", of: maker) }
    }
  }

  /// The arithmetic of the session: the types of its nodes, and the model's own narrow types if
  /// every result is rounded to them.
  private func rounding(_ truth: Truth, _ trace: TracedSession.Trace) -> RoundingModel {
    var types = trace.graph.computedTypes
    if precision == .exact { types.formUnion(truth.graph.computedTypes) }
    let type = types.max { $0.unitRoundoff < $1.unitRoundoff } ?? .float32
    return .declared(type, constants: min(trace.graph.constantUnit, type.unitRoundoff))
  }

  /// The additional errors of Winograd convolutions, by the original's values that they write.
  private func winogradErrors(
    _ truth: Truth, _ trace: TracedSession.Trace, _ partners: Partners
  ) throws(InfoldError) -> [ValueID: Tensor] {
    var errors: [ValueID: Tensor] = [:]
    let given = partners.inputs.compactMapValues { truth.inputs[$0] }
    for (value, maker) in trace.makers {
      guard let tile = maker.winogradTile, let bound = WinogradBound(tile: tile) else { continue }
      let names = Set(maker.nodes)
      for node in trace.graph.nodes
      where node.typed?.linearForm?.hasWindow == true && names.contains(trace.graph.reference(to: node)) {
        guard let y = node.outputs[0], let weight = node.inputs[1].flatMap(trace.graph.constant),
          let source = node.inputs[0], let x = trace.values[source] ?? given[source],
          let shape = trace.graph[y].type?.shape?.sizes, let target = partners.originals[y] ?? partners.originals[value]
        else { continue }
        let pads = WinogradBound.pads(of: node, input: x.shape, output: shape)
        errors[target] = try bound.errors(x.widened(), weight.widened(), pads: pads, shape: shape)
      }
    }
    return errors
  }

  // MARK: Outputs

  private mutating func addOutputs(_ truth: Truth, _ trace: TracedSession.Trace) throws(InfoldError) {
    for (place, info) in traced.session.outputs.enumerated() {
      if report.outputs.count == place { report.outputs.append(SessionReport.Output(name: info.name)) }
      guard let y = trace.outputs[info.name], let exact = truth.outputs[info.name], y.count == exact.count,
        y.elementType != .string
      else { continue }
      let (a, b) = (try exact.numbers(), try y.numbers())
      guard y.elementType.isFloatingPoint else {
        report.outputs[place].differingElements += zip(a, b).count { $0 != $1 }
        continue
      }
      var output = report.outputs[place]
      for (x, y) in zip(a, b) where x.isFinite {
        output.largestMagnitude = max(output.largestMagnitude, x.magnitude)
        let distance = (x - y).magnitude
        output.error = max(output.error, distance.isNaN ? .infinity : distance)
      }
      output.relativeError = output.error == 0 ? 0 : output.error / output.largestMagnitude
      try OutputDifference.Classes.add(exact, try y.reshaped(to: exact.shape), to: &output.classes)
      report.outputs[place] = output
    }
  }

  // MARK: Report

  private mutating func place(
    of layer: LayerWalk.Layer, _ graph: Graph, _ maker: TracedSession.Maker?
  ) -> Int {
    let name = graph[layer.value].name
    let place =
      places[name]
      ?? {
        report.layers.append(SessionReport.Layer(value: name, node: graph.label(of: graph[layer.node])))
        return report.layers.count - 1
      }()
    places[name] = place
    if let maker {
      (report.layers[place].operation, report.layers[place].algorithm) = (maker.operation, maker.algorithm)
    }
    return place
  }

  private func adding(_ layer: LayerWalk.Layer, to known: SessionReport.Distance?) -> SessionReport.Distance {
    var distance = known ?? SessionReport.Distance()
    distance.add(layer)
    return distance
  }

  private mutating func fail(
    _ layer: LayerWalk.Layer, _ graph: Graph, _ what: String, of maker: TracedSession.Maker?
  ) {
    report.passed = false
    guard report.failures.count < 20 else { return }
    let step = maker.map { " (\($0.operation), \($0.algorithm))" } ?? ""
    report.failures.append(
      "\(graph.label(of: graph[layer.node])), precision \(precision.rawValue): the value that \(what)\(step) is "
        + "\(NumberText.short(layer.distance)) away from the double-precision value, "
        + "and the bound is \(NumberText.short(layer.allowed)), in "
        + "\(counted(layer.beyond, "element"))")
  }
}

/// Maps values of a session's network to values of the original with the same name.
private struct Partners {
  /// The original's value for each value of the session's network.
  private(set) var originals: [ValueID: ValueID] = [:]
  /// The same for inputs and outputs only.
  let inputs, outputs: [ValueID: ValueID]

  init(_ original: Graph, _ planned: Graph) {
    func matched(_ ids: [ValueID], _ others: [ValueID]) -> [ValueID: ValueID] {
      let names = Dictionary(others.map { (original[$0].name, $0) }) { first, _ in first }
      return Dictionary(ids.compactMap { id in names[planned[id].name].map { (id, $0) } }) { first, _ in first }
    }
    inputs = matched(planned.inputs, original.inputs)
    outputs = matched(planned.outputs, original.outputs)
    var names: [String: ValueID] = [:]
    for id in original.nodes.lazy.flatMap(\.definitions) where !original[id].name.isEmpty {
      names[original[id].name] = id
    }
    for id in planned.nodes.lazy.flatMap(\.definitions) {
      originals[id] = names[planned[id].name]
    }
  }

  mutating func remove(_ values: [ValueID]) {
    let removed = Set(values)
    originals = originals.filter { !removed.contains($0.value) }
  }
}

extension TracedSession.Maker {
  /// The size of the output tiles of a Winograd convolution. `nil` for other algorithms.
  fileprivate var winogradTile: Int? {
    guard algorithm.hasPrefix("Winograd ") else { return nil }
    return algorithm.dropFirst("Winograd ".count).first?.wholeNumberValue
  }
}

extension Graph {
  /// The unit roundoff of the coarsest rounding that a constant computed by a pass may have gone
  /// through.
  fileprivate var constantUnit: Double {
    let types = nodes.lazy.flatMap { Array($0.uses) }.compactMap { self[$0].initializer?.tensor?.elementType }
    return types.filter(\.isFloatingPoint).map(\.unitRoundoff).max() ?? ErrorBounds.doubleUnit
  }

  /// 1 if numbers are quantized, otherwise 0.
  fileprivate var integerStep: Double { nodes.contains { $0.quantizationRole != nil } ? 1 : 0 }

  /// The floating-point types that nodes compute in.
  fileprivate var computedTypes: Set<ElementType> {
    let computing = nodes.lazy.filter { !$0.converts }
    return Set(computing.flatMap { Array($0.definitions) }.compactMap { self[$0].type?.elementType })
      .filter(\.isFloatingPoint)
  }
}
