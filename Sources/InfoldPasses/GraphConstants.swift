import InfoldGraph

/// The numbers of a graph that are the same in every run: initializers that no caller may override, and the outputs of
/// Constant nodes.
struct GraphConstants {
  let graph: Graph
  private var fromNodes: [ValueID: Tensor] = [:]
  private let producers: [NodeID?]

  init(_ graph: Graph) throws(InfoldError) {
    self.graph = graph
    producers = graph.producers()
    for node in graph.nodes where node.typed is Constant {
      for (output, tensor) in zip(node.outputs, try node.evaluate([])) {
        if let output { fromNodes[output] = tensor }
      }
    }
  }

  func tensor(_ id: ValueID) -> Tensor? {
    graph.constant(id) ?? fromNodes[id]
  }

  func isConstant(_ id: ValueID) -> Bool {
    tensor(id) != nil
  }

  func shape(_ id: ValueID) -> [Int] {
    tensor(id)?.shape ?? []
  }

  /// The elements of a floating-point constant.
  /// - Throws: `ChannelMap.Refusal`, saying of `what` why it is no constant.
  func doubles(_ id: ValueID?, called what: String) throws(ChannelMap.Refusal) -> [Double] {
    guard let id else { throw ChannelMap.Refusal("\(what) is left out") }
    guard let tensor = tensor(id) else {
      throw ChannelMap.Refusal(
        graph[id].initializer != nil
          ? "\(what) is an input with a default, which a caller may override"
          : producers[id.index] == nil ? "\(what) is an input" : "\(what) is computed by the model")
    }
    guard tensor.elementType.isFloatingPoint, let wide = try? tensor.widened(),
      let elements = try? wide.elements(as: Double.self)
    else { throw ChannelMap.Refusal("\(what) is of type \(tensor.elementType)") }
    return elements
  }

  /// The axis along which the linear operator that makes `id` writes its channels: the last behind MatMul, else 1.
  func channelAxis(of id: ValueID, rank: Int) -> Int {
    guard let producer = producers[id.index], graph[producer].typed is MatMul else { return 1 }
    return rank - 1
  }
}
