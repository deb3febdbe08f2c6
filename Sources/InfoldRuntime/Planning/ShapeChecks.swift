import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// The checks of a model's operators on the shapes that a run brings. They see the graph as it was before the passes that
/// optimize it, so that nothing is refused, or let pass, because of what these took away.
struct ShapeChecks: Sendable {
  /// The most elements of a constant that is kept: shapes, axes and scales are small, and weights say nothing but their type.
  private static let maximumCount = 4096

  private let graph: Graph

  /// - Parameter graph: The graph with open shapes, its types inferred.
  init(_ graph: Graph) {
    var graph = graph
    // What is left out is given from outside: the checks know its type alone.
    var given: [ValueID] = []
    graph.replaceNodes(
      graph.nodes.filter { node in
        // An operator that reads nothing gives a constant.
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
  /// - Throws: The error of the operator that refuses them, naming its node; `InfoldError` with `.unsupported` for what is needed
  ///   and cannot be run.
  func check(_ types: [ValueID: TensorType]) throws(InfoldError) {
    try OptimizationPipeline.asWritten.run(on: graph.binding(inputs: types)).requireNoOpaqueNodes()
  }
}
