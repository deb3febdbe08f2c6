import InfoldGraph
import InfoldKernelInterface
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Turns a graph into the steps of a plan: what runs by which kernel, and where every value lies.
struct PlanBuilder {
  /// The graph. Where a shape is not known, only the reference evaluation can run.
  private(set) var graph: Graph
  /// The kernels for products.
  let productKernels: any ConvolutionKernels.Type
  /// The kernels for what computes lane by lane.
  let lanewiseKernels: any LanewiseKernels.Type
  /// The kernels for everything else.
  let kernels: any KernelSet.Type
  /// The kernels for quantized numbers.
  let byteKernels: any ByteKernels.Type
  /// Which ways to compute are expected to be the fastest.
  let cost: CostModel
  /// Which ways were measured to be; `nil` without tuning.
  let answers: Answers?
  /// What they may cost in accuracy.
  let precision: SessionOptions.Precision
  /// The packed constants of the session.
  let packed: PackedConstants
  /// Which weights kernels may multiply with what pads an image.
  let finiteWeights = FiniteWeights()
  /// The number of threads that may pack them.
  let workers: Int
  /// The number of threads that share a step.
  let sharers: Int
  /// What plans the bodies of nodes.
  let factory: PlanFactory

  /// What runs, in this order.
  var steps: [PlannedStep] = []
  /// The names of the nodes whose results are there without a step.
  private(set) var idleNodes: [String] = []
  /// Whether there is a step, or a part of one, for the node that is being lowered.
  private var hasEmitted = false
  /// The memory that the steps point into.
  var buffers: [Buffer] = []
  /// The values that lie in each buffer.
  var residents: [[ValueID]] = []
  /// Where each value lies, by its index; in two layouts once it was converted.
  var locations: [[Layout: Location]]
  /// Whether each value is a tensor in the state.
  var isTensor: [Bool]
  /// The last step that reads each tensor of the state.
  var lastReads: [Int?]
  /// How often nodes that are still to come read each value; being an output of the graph counts.
  var remainingUses: [Int]
  /// The first place of each value among the outputs of the graph; `nil` for a value that is none.
  let outputIndices: [Int?]
  let concatenations: ConcatPlacement
  /// The nodes of the last element-wise computation.
  private var lastNode: [NodeID]?
  /// The choices that the node being lowered has.
  var choices: [Choice] = []
  /// The node that is being lowered; `nil` behind the last.
  private(set) var current: FusedNode?

  init(_ graph: consuming Graph, _ factory: PlanFactory, answers: Answers?) throws(InfoldError) {
    try graph.requireNoOpaqueNodes()
    self.factory = factory
    productKernels = factory.kernels.products
    lanewiseKernels = factory.kernels.lanewise
    kernels = factory.kernels.others
    byteKernels = factory.kernels.bytes
    cost = CostModel(machine: factory.kernels.machine, workers: factory.sharers)
    self.answers = answers
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
  /// - Parameter usesKernels: Whether kernels may be used; else every node runs by its reference evaluation.
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
        precondition(node.nodes.count == 1, "\(node.label) was fused, and has no kernel")
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
    alignShares()
  }

  /// The choices that were made since this was asked.
  mutating func takeChoices() -> [Choice] {
    defer { choices = [] }
    return choices
  }

  /// Lets go of the tensor of a constant, which nobody looks at any more.
  private mutating func release(_ id: ValueID) {
    if graph.isConstant(id) { graph[id].initializer = nil }
  }

  /// Adds a step for the node that is being lowered.
  /// - Parameter shape: The sizes of what it writes, if these are not those of the node's output.
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

  /// Adds an element-wise computation to the step before, when it goes on with what that has written, or else as a step.
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

  /// Notes that a step uses these places.
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

  /// The names of the node that is being lowered, and of those that its kernel does as well.
  private var currentNames: [String] {
    current?.nodes.flatMap { id in
      guard let typed = graph[id].typed as? any BodyOperator, type(of: typed).isOutlined else {
        return [graph.reference(to: graph[id])]
      }
      return typed.bodies.flatMap { body in body.graph.nodes.map(body.graph.reference) }
    } ?? []
  }

  /// What is said of a node that has written its result into that of a Concat.
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

  /// Adds a step that takes and makes tensors as a whole: bodies with plans of their own, or a node's reference evaluation.
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
    // Conversions were steps of their own.
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

  /// The plans of a node's bodies, made as far as types are known; `nil` where shapes change each time that a body runs, which would be
  /// planned anew, and that takes longer than its few products.
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

  /// As many multiplications take about as long as planning a small body.
  private static var productsWorthAPlan: Int { 1 << 22 }
}

/// A step with what is said of it to whoever asks: profiles, observers, and the description of a plan.
struct PlannedStep: Sendable {
  var step: any Step
  /// What observers are told of it.
  var layer: Layer
  /// The names of all nodes that it does something for.
  var nodes: [String]
  /// The multiplications with an addition that the standard's definition needs; 0 where they do not count.
  var multiplyAccumulates: Int
  /// What it does behind its own work, while results are in registers, in this order.
  var fused: [String] = []
  /// What it could do in several ways, with those that it takes; empty without tuning.
  var choices: [Choice] = []
  /// Those of the choices that were measured.
  var measuredChoices: [String] { choices.filter(\.isMeasured).map(\.description) }
  /// What it reads in planned memory.
  var reads: [Location]
  /// What it writes there.
  var writes: [Location]
}

/// A stretch of memory that steps point into.
struct Buffer: Sendable {
  /// Where it comes from.
  enum Source: Sendable {
    /// The arena.
    case arena
    /// The tensor that the state holds for a value: an input, or what a reference evaluation made.
    case tensor(ValueID)
    /// A constant of the model.
    case constant(Tensor)
    /// A constant in a kernel's own form.
    case packed(PackedConstant)
    /// An output of the model.
    case output(Int)
  }

  var source: Source
  var byteCount: Int
  /// The first and the last step that use it; `nil` before any does.
  var lifetime: ClosedRange<Int>?
}
