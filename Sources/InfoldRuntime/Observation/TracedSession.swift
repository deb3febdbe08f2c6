import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// A session that also returns the values that its steps pass to one another. Validation compares
/// these with double precision.
///
/// The network is planned twice: as any session plans it, and with these values as further outputs.
/// Each of them is written by one step and read by another, so both plans compute the same. This is
/// checked: if the outputs of the two plans differ in any bit, only the outputs are returned.
package final class TracedSession: Sendable {
  /// The session.
  package let session: Session
  /// The network after the passes, before sizes are bound.
  private let graph: Graph
  private let isFixed: Bool
  /// Plans the network with further outputs.
  private let factory: PlanFactory

  /// The values that one run computed.
  package struct Trace: Sendable {
    /// The planned network: after all passes, with the sizes of the run.
    package let graph: Graph
    /// The outputs by name.
    package let outputs: [String: Tensor]
    /// The outputs, and the values that steps pass to one another.
    package let values: [ValueID: Tensor]
    /// The step that computes each value.
    package let makers: [ValueID: Maker]
    /// For each node, the algorithms of the steps that multiply for it, including those in bodies.
    fileprivate let products: [NodeID: [String]]
    /// Whether `values` contains more than the outputs.
    package let isComplete: Bool
  }

  /// The step of the plan that computes a value.
  package struct Maker: Sendable {
    /// The operators that the step computes, such as `Conv+Relu`.
    package let operation: String
    /// The algorithm.
    package let algorithm: String
    /// The nodes that it computes, in whole or in part.
    package let nodes: [String]
  }

  /// Prepares `model` twice.
  /// - Throws: The errors of `Session.init(_:options:observer:)`.
  package init(_ model: Model, options: SessionOptions) throws(InfoldError) {
    session = try Session(model, options: options)
    let factory = try PlanFactory(
      options, kernels: KernelChoice(named: KernelChoice.forcedName, options), observer: nil, packed: PackedConstants())
    self.factory = factory
    isFixed = session.inputs.allSatisfy { $0.type?.shape?.sizes != nil }
    graph = try annotatingErrors({ model.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      var graph = model.graph
      try graph.makeConsistent()
      return try factory.optimized(PreparedModel(graph: graph).graph)
    }
  }

  /// Runs the session and traces its values.
  /// - Throws: The errors of `Session.run(_:)`.
  package func run(_ inputs: [String: Tensor]) throws(InfoldError) -> Trace {
    let outputs = try session.run(inputs)
    return try session.interface.inFile { () throws(InfoldError) in
      let (plan, tensors) = try session.plan(forNamed: inputs, session.cancellation())
      let bound = try bound(to: tensors)
      let places = Self.places(of: plan.steps, in: bound), makers = Self.makers(places, in: bound)
      var values: [ValueID: Tensor] = [:]
      for (id, output) in zip(bound.outputs, session.outputs) { values[id] = outputs[output.name] }
      let observed = makers.keys.filter { values[$0] == nil && bound[$0].type != nil }.sorted { $0.index < $1.index }
      var isComplete = true
      if !observed.isEmpty {
        let more = try results(of: bound, observing: observed, tensors)
        isComplete = zip(bound.outputs, more).allSatisfy { values[$0]?.hasSameBits(as: $1) == true }
        if isComplete {
          for (id, tensor) in zip(observed, more.dropFirst(bound.outputs.count)) { values[id] = tensor }
        }
      }
      return Trace(
        graph: bound, outputs: outputs, values: values, makers: makers, products: Self.products(places),
        isComplete: isComplete)
    }
  }

  /// Returns the network after the passes, with the sizes of these inputs.
  private func bound(to tensors: [Tensor]) throws(InfoldError) -> Graph {
    guard !isFixed else { return graph }
    let types = tensors.map { TensorType($0.elementType, Shape($0.shape)) }
    return try factory.optimized(graph.binding(inputs: Dictionary(zip(graph.inputs, types)) { first, _ in first }))
  }

  private func results(
    of graph: Graph, observing values: [ValueID], _ tensors: [Tensor]
  ) throws(InfoldError) -> [Tensor] {
    var graph = graph
    graph.outputs += values
    let cancellation = session.cancellation()
    return try cancellation.interrupting { () throws(InfoldError) in
      let plan = try factory.runPlan(graph)
      var results: [Tensor] = []
      try plan.run(tensors, into: &results, by: factory, cancellation: cancellation)
      return results
    }
  }

  /// Returns the steps whose nodes are all known, with these nodes.
  private static func places(
    of steps: [PlannedStep], in graph: Graph
  ) -> [(step: PlannedStep, nodes: [NodeID])] {
    var ids: [String: NodeID?] = [:]
    for id in graph.nodeIDs {
      let name = graph.reference(to: graph[id])
      // A name that several nodes share identifies none of them.
      ids.updateValue(ids[name] == nil ? id : nil, forKey: name)
    }
    return steps.compactMap { step in
      let nodes = step.nodes.compactMap { ids[$0] ?? nil }
      return nodes.count == step.nodes.count ? (step, nodes) : nil
    }
  }

  /// Returns the values that steps pass to one another, and the step that computes each. These are
  /// the outputs of the last node of each step and, in a step that runs in bands, the values that
  /// nodes with windows read.
  private static func makers(
    _ steps: [(step: PlannedStep, nodes: [NodeID])], in graph: Graph
  ) -> [ValueID: Maker] {
    var makers: [ValueID: Maker] = [:]
    for (step, nodes) in steps {
      let maker = Maker(operation: step.layer.operation, algorithm: step.layer.algorithm, nodes: step.nodes)
      let members = Set(nodes)
      for id in nodes {
        for output in graph[id].definitions {
          let readers = graph.index.consumers(of: output).filter(members.contains)
          guard id == nodes.last || !readers.isEmpty && readers.allSatisfy({ graph[$0].usesWindows }) else {
            continue
          }
          makers[output] = maker
        }
      }
    }
    return makers
  }

  private static func products(_ steps: [(step: PlannedStep, nodes: [NodeID])]) -> [NodeID: [String]] {
    var products: [NodeID: [String]] = [:]
    for (step, nodes) in steps {
      for node in nodes { products[node, default: []] += step.productAlgorithms }
    }
    return products
  }
}

extension TracedSession.Trace {
  /// Returns the algorithms of the steps that multiply on the way from other values to this one.
  /// - Parameter others: The values at which the way begins, apart from the graph's inputs.
  package func productAlgorithms(before value: ValueID, after others: Set<ValueID>) -> [String] {
    var algorithms: [String] = [], open = [value], seen: Set<NodeID> = []
    while let value = open.popLast() {
      guard let node = graph.index.producer(of: value), seen.insert(node).inserted else { continue }
      algorithms += products[node] ?? []
      for case let operand? in graph[node].operands where !others.contains(operand) { open.append(operand) }
    }
    return algorithms
  }
}

extension PlannedStep {
  /// The algorithms of the step and of the plans of its bodies that multiply.
  fileprivate var productAlgorithms: [String] {
    let inner = (step as? BodyStep)?.bodies.flatMap(\.kept).flatMap(\.steps).flatMap(\.productAlgorithms) ?? []
    return (multiplyAccumulates > 0 ? [layer.algorithm] : []) + inner
  }
}

extension Node {
  /// Whether the node has a window or is a product, so that it begins a step of its own rather than
  /// being fused with the node before it.
  fileprivate var usesWindows: Bool {
    guard let typed else { return false }
    return type(of: typed).family == .product || type(of: typed).family == .pool
  }
}

extension Tensor {
  /// Whether both have the same elements, bit by bit.
  fileprivate func hasSameBits(as other: Tensor) -> Bool {
    guard elementType == other.elementType, shape == other.shape else { return false }
    return withUnsafeBytes { a in
      other.withUnsafeBytes { b in a.elementsEqual(b) }
    }
  }
}
