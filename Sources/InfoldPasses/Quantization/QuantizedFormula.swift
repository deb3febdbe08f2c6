import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Nodes between DequantizeLinear and QuantizeLinear that together compute an element-wise function
/// of one quantized tensor.
struct QuantizedFormula {
  /// The argument of the function.
  let x: QuantizedValue
  /// The nodes in topological order. Their outputs have no other consumers.
  let nodes: [NodeID]
  private let source: QuantizedGraph
  /// The constant operands.
  private let constants: [ValueID: Tensor]
  private let result: ValueID

  /// The maximum number of nodes in a function.
  private static let mostNodes = 16

  /// Finds the nodes whose result is the input of the QuantizeLinear node `sink`. Returns `nil` if
  /// they have another form.
  init?(before sink: NodeID, _ source: QuantizedGraph) throws(InfoldError) {
    let graph = source.graph
    guard let result = graph[sink].inputs[0], let bytes = graph[sink].outputs[0] else { return nil }
    var found: Set<NodeID> = [], constants: [ValueID: Tensor] = [:]
    var x: QuantizedValue?
    var pending = [result]
    while let value = pending.popLast() {
      if let constant = try source.constant(value) {
        guard constant.count == 1 else { return nil }
        constants[value] = constant
      } else if let quantized = source.source(value) {
        guard x == nil || x!.bytes == quantized.bytes && x!.isScaled(as: quantized) else { return nil }
        x = quantized
      } else {
        guard let id = source.index.producer(of: value), graph[id].computesElement(graph),
          !source.index.isOutput(value), !source.index.isCaptured(value)
        else { return nil }
        guard found.insert(id).inserted else { continue }
        guard found.count <= Self.mostNodes else { return nil }
        pending += graph[id].inputs.compactMap(\.self)
      }
    }
    guard !found.isEmpty, let x,
      // With these ranks, broadcasting single-element constants does not change the shape.
      let rank = graph[x.bytes].type?.shape?.rank, rank == graph[bytes].type?.shape?.rank,
      constants.values.allSatisfy({ $0.shape.count <= rank }),
      found.allSatisfy({ id in
        source.index.consumers(of: graph[id].outputs[0]!).allSatisfy { $0 == sink || found.contains($0) }
      })
    else { return nil }
    (self.x, self.source, self.constants, self.result) = (x, source, constants, result)
    nodes = found.sorted()
  }

  /// Returns the function of these numbers.
  func evaluate(_ numbers: Tensor) throws(InfoldError) -> Tensor {
    var values = constants
    for id in nodes {
      let node = source.graph[id]
      let inputs = node.inputs.map { input in input.map { values[$0] ?? numbers } }
      values[node.outputs[0]!] = try node.evaluate(inputs)[0]
    }
    return try values[result]!.reshaped(to: [numbers.count])
  }
}

extension Node {
  /// Returns whether each element of the only output is computed from those at the same position of
  /// the inputs.
  fileprivate func computesElement(_ graph: Graph) -> Bool {
    guard let operation = typed, outputs.count == 1, outputs[0] != nil, captures.isEmpty else { return false }
    return operation.quantizedForm == .function || operation.elementCombination != nil
      || graph.elementFunction(of: self) != nil
  }
}
