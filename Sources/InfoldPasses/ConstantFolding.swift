import InfoldGraph

/// Computes ahead what is the same in every run: the outputs of nodes whose inputs are constants, and shapes that the
/// model computes of values whose shape is known.
///
/// A default that a caller may override is no constant. A result becomes an initializer when it takes no more than
/// `byteLimit`, or no more than four times the constants that it is computed from (the widest conversion, of 8 bits to
/// 32): a few numbers that a node expands to a large tensor stay a few numbers.
package struct ConstantFolding: GraphPass {
  package static let name = "constant folding"

  /// What is computed ahead.
  package enum Extent: Sendable {
    /// Everything that is the same in every run.
    case all
    /// The shapes of values, and nothing that is computed from them.
    case shapes
  }

  /// The bytes that the results of a node may take, however small its inputs are.
  package var byteLimit: Int
  private let extent: Extent

  /// The pass.
  package init(_ extent: Extent = .all, byteLimit: Int = 1 << 20) {
    self.extent = extent
    self.byteLimit = byteLimit
  }

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var inference = Inference(graph)
    try inference.run()
    var result = PassResult(graph: inference.graph)
    var kept: [Node] = []
    for node in graph.nodes {
      let label = graph.label(of: node)
      do {
        guard let outputs = try outputs(of: node, inference, result.graph) else {
          kept.append(node)
          continue
        }
        for case (let id?, let tensor) in zip(node.outputs, outputs) { result.graph.setConstant(id, tensor) }
        result.changes.append(PassResult.Entry(node: label, "computed ahead"))
      } catch {
        kept.append(node)
        result.refusals.append(PassResult.Entry(node: label, "cannot be computed: \(error.reason)"))
      }
    }
    result.graph.replaceNodes(kept)
    return result
  }

  /// The outputs of a node, where they are the same in every run and small enough.
  private func outputs(
    of node: Node, _ inference: Inference, _ graph: Graph
  ) throws(InfoldError) -> [Tensor?]? {
    guard let typed = node.typed, !(typed is any BodyOperator) else { return nil }
    guard extent == .all || typed is ShapeOperator || typed is Size else { return nil }
    if node.definitions.allSatisfy({ inference.tensors[$0.index] != nil }) {
      return node.outputs.map { $0.flatMap { inference.tensors[$0.index] } }
    }
    var inputs: [Tensor?] = []
    for input in node.inputs {
      let tensor = input.flatMap(graph.constant)
      guard input == nil || tensor != nil else { return nil }
      inputs.append(tensor)
    }
    let types = try node.inferOutputs(OperatorInputs(inputs, outputCount: node.outputs.count))
    guard let size = byteCount(of: zip(node.outputs, types).filter { $0.0 != nil }.map(\.1)) else { return nil }
    let given = inputs.reduce(0) { $0 + ($1?.byteCount ?? 0) }
    return size <= max(byteLimit, 4 * given) ? try node.evaluate(inputs) : nil
  }

  private func byteCount(of types: [TensorType]) -> Int? {
    var sum = 0
    for type in types {
      guard let count = type.shape?.sizes.flatMap(checkedProduct), let bytes = type.elementType.byteCount(of: count)
      else {
        return nil
      }
      let (next, overflow) = sum.addingReportingOverflow(bytes)
      guard !overflow else { return nil }
      sum = next
    }
    return sum
  }
}

extension Graph {
  /// Makes a value a constant.
  fileprivate mutating func setConstant(_ id: ValueID, _ tensor: Tensor?) {
    guard let tensor else { return }
    self[id].initializer = Initializer(tensor)
    self[id].type = TensorType(tensor.elementType, Shape(tensor.shape))
  }
}
