import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Whether a graph computes every image of a batch by itself: then a plan for one image does for all of them, one after the other,
/// and its working memory is small enough to stay in the caches.
///
/// An image is a position of the first axis, along which the positions of every node must not meet (`AxisMapping`).
package struct BatchSeparation {
  private let graph: Graph
  /// The values that hold something for each image, by their first axis.
  private var values: Set<ValueID> = []
  /// The axis of the images in each node at the beginning that keeps them apart.
  private var axes: [IndependentAxis] = []

  /// The nodes at the beginning that keep images apart.
  package var separableCount: Int { axes.count }

  /// Whether all nodes keep images apart, and every output holds something for each image.
  package var separatesOutputs: Bool {
    axes.count == graph.nodes.count && graph.outputs.allSatisfy(values.contains)
  }

  /// - Parameters:
  ///   - graph: A graph whose sizes are known.
  ///   - batch: The number of images.
  package init(_ graph: Graph, batch: Int) {
    self.graph = graph
    guard batch > 1, graph.inputs.allSatisfy({ add($0, batch) }) else { return }
    for node in graph.nodes {
      guard let axis = follow(node, batch) else { break }
      axes.append(axis)
    }
  }

  /// - Returns: Whether the first axis of `value` may be that of the images.
  private mutating func add(_ value: ValueID, _ batch: Int) -> Bool {
    guard graph[value].type?.shape?.sizes?.first == batch else { return false }
    values.insert(value)
    return true
  }

  /// Goes through a node.
  /// - Returns: The axis of the images in it; `nil` for a node that does not keep them apart.
  private mutating func follow(_ node: Node, _ batch: Int) -> IndependentAxis? {
    guard node.uses.contains(where: values.contains),
      let axis = graph.axisMapping(of: node).independentAxes.first(where: { isOfImages($0, in: node) }),
      node.definitions.allSatisfy({ add($0, batch) })
    else { return nil }
    return axis
  }

  /// Whether an axis of a node is the first of all that holds images, and the rest the same for each of them.
  private func isOfImages(_ axis: IndependentAxis, in node: Node) -> Bool {
    node.outputs.indices.allSatisfy { node.outputs[$0] == nil || axis.axis(ofOutput: $0) == 0 }
      && node.inputs.enumerated().allSatisfy { index, input in
        guard let input else { return true }
        return values.contains(input)
          ? axis.axis(ofInput: index) == 0 : axis.axis(ofInput: index) == nil && graph.isConstant(input)
      }
  }
}

extension BatchSeparation {
  /// What the first nodes do with one image: the same nodes, for a batch of one.
  /// - Parameters:
  ///   - count: The number of nodes, at most `separableCount`.
  ///   - outputs: What they give, values that hold images.
  /// - Returns: `nil` where the shape rule of a node says something else of one image than its axes do.
  package func oneImage(nodes count: Int, outputs: [ValueID]) throws(InfoldError) -> Graph? {
    var one = graph
    var nodes = Array(graph.nodes[..<count])
    for (index, axis) in axes[..<count].enumerated() {
      guard let size = axis.listedSize, size.input < nodes[index].inputs.count,
        let list = nodes[index].inputs[size.input],
        let tensor = graph.constant(list), let single = try tensor.listing(1, at: size.element)
      else { continue }
      nodes[index].inputs[size.input] = one.addConstant(graph[list].name, single)
    }
    one.replaceNodes(nodes)
    one.outputs = outputs
    for id in one.inputs { one[id].type = type(ofOne: id) }
    for id in graph.nodes.lazy.flatMap(\.definitions) { (one[id].type, one[id].claim) = (nil, nil) }
    do throws(InfoldError) { try one.inferTypes() } catch {
      try Interruption.check()
      return nil
    }
    return nodes.lazy.flatMap(\.definitions).allSatisfy { one[$0].type == type(ofOne: $0) } ? one : nil
  }

  /// The type of a value that holds images, for one of them.
  private func type(ofOne id: ValueID) -> TensorType? {
    guard var type = graph[id].type else { return nil }
    type.shape?[0] = .fixed(1)
    return type
  }
}

extension Tensor {
  /// A list of sizes with another one at a place; `nil` where the size is not said there, but follows from others.
  fileprivate func listing(_ size: Int64, at place: Int) throws(InfoldError) -> Tensor? {
    var sizes = try integers()
    guard sizes.indices.contains(place), sizes[place] > 0 else { return nil }
    sizes[place] = Int(size)
    return try Tensor(shape: shape, sizes.map(Int64.init)).cast(to: elementType)
  }
}
