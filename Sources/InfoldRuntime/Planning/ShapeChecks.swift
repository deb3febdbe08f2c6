import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Checks by the model's operators for each combination of input shapes. They use the graph before
/// optimization, so that passes do not affect which inputs are rejected.
struct ShapeChecks: Sendable {
  /// The maximum number of elements of a constant that the checks keep. Shapes, axes and scales are
  /// small; of weights, only the type matters.
  private static let maximumCount = 4096

  private let graph: Graph

  /// - Parameter graph: The graph with dynamic dimensions and inferred types.
  init(_ graph: Graph) {
    var graph = graph
    // Removed values become captured values, of which the checks know only the type.
    var given: [ValueID] = []
    graph.replaceNodes(
      graph.nodes.filter { node in
        // An operator without inputs computes a constant.
        guard node.typed != nil, node.inputs.isEmpty, let output = node.outputs.first ?? nil else { return true }
        let isSmall = graph[output].type?.shape?.sizes.flatMap(checkedProduct).map { $0 <= Self.maximumCount } ?? true
        if !isSmall { given += node.definitions }
        return isSmall
      })
    for id in graph.valueIDs where graph.isConstant(id) {
      guard let tensor = graph[id].initializer?.tensor, tensor.count > Self.maximumCount else { continue }
      graph[id].initializer = nil
      given.append(id)
    }
    graph.captures += given
    self.graph = graph
  }

  /// Checks the graph for inputs of these types.
  ///
  /// - Throws: The error of the operator that rejects them, with the name of its node;
  ///   `InfoldError.Code.unsupported` if a required node cannot run.
  func check(_ types: [ValueID: TensorType]) throws(InfoldError) {
    try OptimizationPipeline.asWritten.run(on: graph.binding(inputs: types)).requireNoOpaqueNodes()
  }
}
