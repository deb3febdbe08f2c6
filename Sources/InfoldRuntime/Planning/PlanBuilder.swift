import InfoldGraph
import InfoldKernelInterface
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Lowers a graph to the steps of a plan: it chooses kernels and assigns a location to every value.
struct PlanBuilder {
  /// The graph. Nodes with unknown shapes can run only by reference evaluation.
  private(set) var graph: Graph
  /// The kernels for products.
  let productKernels: any ConvolutionKernels.Type
  /// The kernels that compute each lane independently.
  let lanewiseKernels: any LanewiseKernels.Type
  /// All other floating-point kernels.
  let kernels: any KernelSet.Type
  /// The kernels for quantized numbers.
  let byteKernels: any ByteKernels.Type
  /// The kernels of a matrix unit for products of quantized numbers; `nil` if there is none.
  let byteUnit: (any ByteProductKernels.Type)?
  /// The kernels for products of bfloat16 numbers, with the factors that the precision allows; `nil`
  /// for products of float32 numbers.
  let matrixUnit: MatrixUnit?
  /// The estimates that choose between implementations.
  let cost: CostModel
  /// Tuning results; `nil` without tuning.
  let tuningResults: TuningResults?
  /// The accuracy that implementations must have.
  let precision: SessionOptions.Precision
  /// The packed constants of the session.
  let packed: PackedConstants
  /// The weights that kernels may multiply with the padding of an image, because all of them are
  /// finite.
  let finiteWeights = FiniteWeights()
  /// The number of threads that may pack constants.
  let workers: Int
  /// The number of threads that share a step.
  let sharers: Int
  /// The factory that plans the bodies of nodes.
  let factory: PlanFactory

  /// The steps so far, in order.
  var steps: [PlannedStep] = []
  /// The names of the nodes that need no step.
  private(set) var idleNodes: [String] = []
  /// Whether the node being lowered has emitted a step or a part of one.
  private var hasEmitted = false
  /// The buffers that the steps use.
  var buffers: [Buffer] = []
  /// The values stored in each buffer.
  var residents: [[ValueID]] = []
  /// The locations of each value, by its index. A converted value has one in each layout.
  var locations: [[Layout: Location]]
  /// Whether each value is a tensor in the run state.
  var isTensor: [Bool]
  /// The last step that reads each tensor of the run state.
  var lastReads: [Int?]
  /// The number of remaining uses of each value by nodes not lowered yet. Being a graph output
  /// counts as a use.
  var remainingUses: [Int]
  /// The index of the first graph output that is each value; `nil` for values that are not outputs.
  let outputIndices: [Int?]
  let concatenations: ConcatPlacement
  /// The nodes of the most recent element-wise computation.
  private var lastNode: [NodeID]?
  /// The choices made for the node being lowered.
  var choices: [Choice] = []
  /// The node being lowered; `nil` after the last one.
  private(set) var current: FusedNode?

  init(_ graph: consuming Graph, _ factory: PlanFactory, tuningResults: TuningResults?) throws(InfoldError) {
    try graph.requireNoOpaqueNodes()
    self.factory = factory
    productKernels = factory.kernels.products
    lanewiseKernels = factory.kernels.lanewise
    kernels = factory.kernels.others
    byteKernels = factory.kernels.bytes
    byteUnit = factory.kernels.byteUnit
    matrixUnit = factory.matrixUnit
    cost = CostModel(machine: factory.kernels.machine, workers: factory.sharers)
    self.tuningResults = tuningResults
    precision = factory.precision
    workers = factory.workers
    sharers = factory.sharers
    packed = factory.packed
    self.graph = graph
    let graph = self.graph
    locations = Array(repeating: [:], count: graph.values.count)
    isTensor = Array(repeating: false, count: graph.values.count)
    lastReads = Array(repeating: nil, count: graph.values.count)
    remainingUses = graph.valueIDs.map(graph.index.useCount)
    var outputIndices = [Int?](repeating: nil, count: graph.values.count)
    for (index, id) in graph.outputs.enumerated().reversed() { outputIndices[id.index] = index }
    self.outputIndices = outputIndices
    concatenations = ConcatPlacement(graph)
    for id in graph.valueIDs where graph[id].initializer != nil { isTensor[id.index] = true }
    for id in graph.inputs { isTensor[id.index] = true }
  }

  /// Lowers all nodes.
  ///
  /// - Parameter usesKernels: Whether kernels may be used. Otherwise every node runs by its
  ///   reference evaluation.
  mutating func build(usesKernels: Bool) throws(InfoldError) {
    let fusion = EpilogueFusion(graph) { [self] node in
      usesKernels ? graph.lowering(of: node)?.epilogue(of: node, self) ?? [] : []
    }
    for node in fusion.nodes {
      try Interruption.check()
      current = node
      hasEmitted = false
      var isLowered = false
      if usesKernels, let lowering = graph.lowering(of: node.node) {
        isLowered = try lowering.lower(node, into: &self)
      }
      if !isLowered {
        precondition(node.nodes.count == 1, "\(node.label) was fused but has no kernel")
        try emitOnTensors(node, usesKernels: usesKernels)
      }
      if hasEmitted {
        steps[steps.count - 1].fused += node.epilogue + placement(of: node)
        steps[steps.count - 1].choices += takeChoices()
      } else {
        idleNodes += currentNames
      }
      for use in node.nodes.flatMap({ Array(graph[$0].uses) }) {
        remainingUses[use.index] -= 1
        // A constant that no step reads as a tensor has been packed.
        if remainingUses[use.index] == 0, lastReads[use.index] == nil { release(use) }
      }
    }
    current = nil
    for index in graph.outputs.indices { try placeOutput(index) }
    keepBlocks()
    formBands()
    narrowActivations()
    alignShares()
  }

  /// Returns the choices made since the last call.
  mutating func takeChoices() -> [Choice] {
    defer { choices = [] }
    return choices
  }

  /// Releases the tensor of a constant that is no longer needed.
  private mutating func release(_ id: ValueID) {
    if graph.isConstant(id) { graph[id].initializer = nil }
  }

  /// Adds a step for the node being lowered.
  ///
  /// - Parameter shape: The shape of the step's result, if it differs from that of the node's
  ///   output.
  mutating func emit(
    _ step: any Step, _ algorithm: String, reads: [Location?], writes: [Location?], shape: [Int]? = nil,
    multiplyAccumulates: Int = 0
  ) {
    note(reads + writes, at: steps.count)
    hasEmitted = true
    steps.append(
      PlannedStep(
        step: step,
        layer: Layer(
          node: current?.label ?? "output", operation: operation, algorithm: algorithm, shape: shape ?? currentShape,
          depth: factory.depth),
        nodes: currentNames, multiplyAccumulates: multiplyAccumulates,
        reads: reads.compactMap { $0 }, writes: writes.compactMap { $0 }))
  }

  /// Appends an element-wise computation to the previous step if it continues from that step's
  /// result, or else adds a step for it.
  mutating func emit(_ part: ElementwiseStep.Part, _ algorithm: String) {
    let reads = part.reads.map(\.place), write = part.write.place
    let last = steps.count - 1
    guard let chain = (steps.last?.step as? ElementwiseStep)?.followed(by: part) else {
      emit(ElementwiseStep(part), algorithm, reads: reads, writes: [write])
      lastNode = current?.nodes
      return
    }
    note(reads + [write], at: last)
    hasEmitted = true
    steps[last].step = chain
    steps[last].layer.shape = currentShape
    steps[last].reads += reads
    steps[last].writes.append(write)
    if lastNode != current?.nodes {
      steps[last].nodes += currentNames
      steps[last].layer.operation += "+" + operation
      steps[last].layer.algorithm = "element-wise chain"
    }
    lastNode = current?.nodes
  }

  /// Records that a step uses these locations.
  private mutating func note(_ places: [Location?], at step: Int) {
    for case let location? in places {
      let begin = buffers[location.buffer].lifetime?.lowerBound ?? step
      buffers[location.buffer].lifetime = begin...step
      if case .tensor(let id) = buffers[location.buffer].source { lastReads[id.index] = step }
    }
  }

  private var operation: String {
    current.map { $0.nodes.map { graph[$0].opType }.joined(separator: "+") } ?? "output"
  }

  /// The names of the node being lowered and of the nodes fused into it.
  private var currentNames: [String] {
    current?.nodes.flatMap { id in
      guard let typed = graph[id].typed as? any BodyOperator, type(of: typed).isOutlined else {
        return [graph.reference(to: graph[id])]
      }
      return typed.bodies.flatMap { body in body.graph.nodes.map(body.graph.reference) }
    } ?? []
  }

  /// Returns the description of a node that writes its result directly into that of a Concat.
  private func placement(of node: FusedNode) -> [String] {
    guard let output = node.output, let whole = concatenations.part(output)?.whole,
      let place = locations[output.index][.channelsLast],
      place.buffer == locations[whole.index][.channelsLast]?.buffer
    else { return [] }
    return ["placed in \(graph[whole].name)"]
  }

  private var currentShape: [Int] {
    current?.output.flatMap { graph[$0].type?.shape?.sizes } ?? []
  }

  /// Adds a step that works on whole tensors: bodies with their own plans, or the reference
  /// evaluation of a node.
  private mutating func emitOnTensors(_ fused: FusedNode, usesKernels: Bool) throws(InfoldError) {
    let node = fused.node
    var inputs: [NodeTensors.Operand?] = []
    var reads: [Location] = []
    for input in node.operands {
      guard let input else {
        inputs.append(nil)
        continue
      }
      if isTensor[input.index] {
        inputs.append(.tensor(input.index))
        lastReads[input.index] = steps.count
      } else {
        let location = try location(of: input, .rowMajor)
        inputs.append(.memory(location, sizes: plannedSizes(input)!, graph[input].type!.elementType))
        reads.append(location)
      }
    }
    // Conversions may have added steps, so update the last reads.
    for input in node.operands { if let input, isTensor[input.index] { lastReads[input.index] = steps.count } }
    let operands = NodeTensors(
      label: fused.label, inputs: inputs, outputs: node.outputs.map { $0?.index },
      types: node.outputs.map { $0.flatMap { graph[$0].type } })
    for output in node.definitions {
      isTensor[output.index] = true
      lastReads[output.index] = lastReads[output.index] ?? steps.count
    }
    if usesKernels, let typed = node.typed as? any BodyOperator, let bodies = try bodyPlans(of: node, typed) {
      let algorithm = type(of: typed).isOutlined ? PlanDescription.inRunAlgorithm : "planned bodies"
      emit(BodyStep(node: typed, operands: operands, bodies: bodies), algorithm, reads: reads, writes: [])
    } else {
      emit(
        ReferenceStep(node: node, operands: operands), PlanDescription.referenceAlgorithm, reads: reads, writes: [])
    }
  }

  /// Returns the plans of a node's bodies, prepared if their types are known. Returns `nil` if the
  /// shapes change with every execution of a body, and planning it each time would take longer than
  /// its few products.
  private func bodyPlans(of node: Node, _ typed: any BodyOperator) throws(InfoldError) -> [BodyPlans]? {
    let inputs = node.inputs.map { $0.flatMap { graph[$0].type } }
    let captured = node.captures.map { graph[$0].type }, tensors = node.captures.map(graph.constant)
    var plans: [BodyPlans] = []
    for (body, types) in zip(typed.bodies, typed.firstBodyInputs(inputs)) {
      let plan = BodyPlans(body, constants: tensors[...])
      try plan.prepare(types, captured: captured[...], factory)
      plans.append(plan)
    }
    let outputs = node.outputs.map { $0.flatMap { graph[$0].type } }
    let isWorthPlanning = plans.contains { $0.multiplyAccumulates >= Self.productsWorthAPlan }
    return typed.changesShapes(inputs, outputs: outputs) && !isWorthPlanning ? nil : plans
  }

  /// The number of multiplications that takes about as long as planning a small body.
  private static var productsWorthAPlan: Int { 1 << 22 }
}

/// A step with its metadata for profiles, observers and plan descriptions.
struct PlannedStep: Sendable {
  var step: any Step
  /// The information reported to observers.
  var layer: Layer
  /// The names of all nodes that the step computes.
  var nodes: [String]
  /// The number of multiply-accumulates in the standard's definition of the operators; 0 for
  /// operators that do not multiply and accumulate.
  var multiplyAccumulates: Int
  /// The fused operations that run while results are in registers, in order.
  var fused: [String] = []
  /// The decisions made for the step, with their options; empty without tuning.
  var choices: [Choice] = []
  /// The choices that were measured.
  var measuredChoices: [String] { choices.filter(\.isMeasured).map(\.description) }
  /// The locations that the step reads.
  var reads: [Location]
  /// The locations that the step writes.
  var writes: [Location]
}

/// A range of memory that steps use.
struct Buffer: Sendable {
  /// The memory that a buffer refers to.
  enum Source: Sendable {
    /// The arena.
    case arena
    /// The tensor that the run state holds for a value: an input, or the result of a reference
    /// evaluation.
    case tensor(ValueID)
    /// A constant of the model.
    case constant(Tensor)
    /// A constant in the packed format of a kernel.
    case packed(PackedConstant)
    /// An output of the model.
    case output(Int)
  }

  var source: Source
  var byteCount: Int
  /// The first and the last step that use the buffer; `nil` before the first use.
  var lifetime: ClosedRange<Int>?
}
