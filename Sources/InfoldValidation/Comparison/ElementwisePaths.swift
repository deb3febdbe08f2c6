import InfoldGraph
import InfoldTensor

/// The nodes that a value reaches through element-wise nodes.
///
/// Exporters write a normalization or an activation as one node or as several. The next
/// node of another kind is the same in all forms.
struct ElementwisePaths {
  private let run: ComparedRun

  /// The most element-wise nodes to pass.
  private static let limit = 32

  init(_ run: ComparedRun) {
    self.run = run
  }

  /// Returns the outputs of the nodes that read `value`, or what element-wise nodes compute from it
  /// alone, by operator. Operators that occur several times are left out, and so are sums and
  /// products, which have many uses.
  ///
  /// A path does not continue past values for which `isMatched` returns `true`.
  func ends(from value: ValueID, isMatched: (ValueID) -> Bool) -> [String: ValueID] {
    let graph = run.graph
    var reached: Set<ValueID> = [value], queue = [value], next = 0
    var ends: [String: ValueID] = [:], repeated: Set<String> = []
    while queue.indices.contains(next), queue.count <= Self.limit {
      for id in graph.index.consumers(of: queue[next]) {
        let node = graph[id]
        guard node.outputs.count == 1, let output = node.outputs[0], !isMatched(output), let typed = node.typed
        else {
          continue
        }
        if queue[next] != value, typed.elementCombination == nil {
          let former = ends.updateValue(output, forKey: node.opType)
          if former != nil, former != output { repeated.insert(node.opType) }
        }
        let data = node.uses.filter { run.dependsOnInputs[$0.index] }
        guard data.allSatisfy(reached.contains), isPassed(node, output) else { continue }
        if reached.insert(output).inserted { queue.append(output) }
      }
      next += 1
    }
    return ends.filter { !repeated.contains($0.key) }
  }

  /// Whether a node computes each element of its output from one element of its data, or reorders
  /// the elements.
  private func isPassed(_ node: Node, _ output: ValueID) -> Bool {
    if node.onlyReorders || node.isNormalization { return true }
    guard let result = run.tensor(output) else { return false }
    return node.isElementwise(node.operands.map { $0.flatMap { run.tensor($0) } }, output: result)
  }
}

extension Node {
  /// Whether the output consists of the elements of the first input, possibly in another order, shape
  /// or type.
  var onlyReorders: Bool {
    typed.map { type(of: $0).rearrangesElements || type(of: $0).keepsElements } ?? false
  }

  /// Whether each element of the output depends on only one element of each input.
  func isElementwise(_ operands: [Tensor?], output: Tensor) -> Bool {
    guard let typed, outputs.count == 1 else { return false }
    let mapping = typed.axisMapping(
      OperatorInputs(operands), outputs: [TensorType(output.elementType, Shape(output.shape))])
    return output.shape.indices.allSatisfy { axis in
      mapping.independentAxes.contains { $0.outputs.first == axis }
    }
  }
}

extension ComparedRun {
  /// Returns the value whose elements nodes reorder to compute `value`.
  func unordered(_ value: ValueID) -> ValueID {
    var value = value
    while let producer = producer(value), graph[producer].onlyReorders,
      let source = graph[producer].inputs.first ?? nil, dependsOnInputs[source.index]
    {
      value = source
    }
    return value
  }
}
