import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A search for linear functions that one convolution could compute.
struct ParallelBranchSearch {
  private let graph: Graph
  private let index: GraphIndex
  private let axes: ChannelAxes

  init(_ graph: Graph, _ index: GraphIndex) {
    (self.graph, self.index) = (graph, index)
    axes = ChannelAxes(graph)
  }

  /// Returns the linear function that produces a value, or `nil` if there is none.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  func branches(ending value: ValueID) throws(InfoldError) -> ParallelBranches? {
    guard let id = index.producer(of: value) else { return nil }
    if let convolution = convolution(id) { return convolution }
    return try map(id)
  }

  private func convolution(_ id: NodeID) -> ParallelBranches? {
    let node = graph[id]
    guard let conv = node.typed as? Conv, let input = node.inputs[0], let type = graph[input].type?.elementType,
      let weight = node.inputs[1], let shape = constant(weight, type)?.shape, shape.count > 2,
      shape.allSatisfy({ $0 > 0 }), shape[0] % conv.group == 0,
      let window = try? conv.window(kernel: Array(shape[2...])),
      let branchWindow = BranchWindow(window, groups: conv.group)
    else { return nil }
    let bias = node.inputs.count > 2 ? node.inputs[2] : nil
    if let bias {
      guard constant(bias, type)?.shape == [shape[0]] else { return nil }
    }
    return ParallelBranches(
      convolving: input, .convolution(weight: weight, bias: bias, branchWindow), branchWindow,
      inputs: shape[1] * conv.group, outputs: shape[0], node: id)
  }

  private func map(_ id: NodeID) throws(InfoldError) -> ParallelBranches? {
    let map = try ChannelMap.Refusal.unlessRefused { () throws(ChannelMap.Refusal) in
      try ChannelMap(graph[id], in: graph, axes)
    }
    guard let map, map.axis == 1, let type = graph[map.input].type, type.elementType.isSingleOrDouble,
      type.shape?.rank ?? 0 > 2, map.affine.isAccurate(asScaleAndShiftIn: type.elementType)
    else { return nil }
    return ParallelBranches(mapping: map.input, by: map.affine, node: id)
  }

  private func constant(_ id: ValueID, _ type: ElementType) -> Tensor? {
    guard type.isSingleOrDouble, let tensor = graph.constant(id), tensor.elementType == type else { return nil }
    return tensor
  }
}

extension ElementType {
  fileprivate var isSingleOrDouble: Bool { self == .float32 || self == .float64 }
}
