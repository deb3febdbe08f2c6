import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Determines whether a graph computes each image of a batch independently. If so, a plan for one
/// image serves all of them in turn, and its working memory is small enough to stay in the caches.
///
/// An image is one position along the first axis. Every node must keep the positions of that axis
/// independent (`AxisMapping`).
package struct BatchSeparation {
  private let graph: Graph
  /// The values whose first axis counts images.
  private var values: Set<ValueID> = []
  /// The axis of the images in each of the leading nodes that keep them apart.
  private var axes: [IndependentAxis] = []

  /// The number of leading nodes that keep images apart.
  package var separableCount: Int { axes.count }

  /// Whether all nodes keep images apart and the first axis of every output counts images.
  package var separatesOutputs: Bool {
    axes.count == graph.nodes.count && graph.outputs.allSatisfy(values.contains)
  }

  /// - Parameters:
  ///   - graph: A graph with known sizes.
  ///   - batch: The number of images.
  package init(_ graph: Graph, batch: Int) {
    self.graph = graph
    guard batch > 1, graph.inputs.allSatisfy({ add($0, batch) }) else { return }
    for node in graph.nodes {
      guard let axis = follow(node, batch) else { break }
      axes.append(axis)
    }
  }

  /// - Returns: Whether the size of the first axis of `value` is the batch size.
  private mutating func add(_ value: ValueID, _ batch: Int) -> Bool {
    guard graph[value].type?.shape?.sizes?.first == batch else { return false }
    values.insert(value)
    return true
  }

  /// Follows the images through a node.
  ///
  /// - Returns: The axis of the images in the node; `nil` if the node does not keep them apart.
  private mutating func follow(_ node: Node, _ batch: Int) -> IndependentAxis? {
    guard node.uses.contains(where: values.contains),
      let axis = graph.axisMapping(of: node).independentAxes.first(where: { isOfImages($0, in: node) }),
      node.definitions.allSatisfy({ add($0, batch) })
    else { return nil }
    return axis
  }

  /// Returns whether an axis of a node is the first axis of all operands that hold images, and the
  /// other operands are constants without that axis.
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
  /// Returns the leading nodes as a graph for a batch of one.
  ///
  /// - Parameters:
  ///   - count: The number of nodes, at most `separableCount`.
  ///   - outputs: The outputs, which must be values that hold images.
  /// - Returns: `nil` if the shape rule of a node contradicts its axis mapping for one image.
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

  /// Returns the type of one image of a value that holds images.
  private func type(ofOne id: ValueID) -> TensorType? {
    guard var type = graph[id].type else { return nil }
    type.shape?[0] = .fixed(1)
    return type
  }
}

extension Tensor {
  /// Returns a list of sizes with one element replaced; `nil` if that element is not a size but a
  /// placeholder such as 0 or −1.
  fileprivate func listing(_ size: Int64, at place: Int) throws(InfoldError) -> Tensor? {
    var sizes = try integers()
    guard sizes.indices.contains(place), sizes[place] > 0 else { return nil }
    sizes[place] = Int(size)
    return try Tensor(shape: shape, sizes.map(Int64.init)).cast(to: elementType)
  }
}
