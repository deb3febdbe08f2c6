import InfoldGraph
import InfoldTensor

/// Whether a graph computes every image of a batch by itself: then a plan for one image does for all of them, one after the other,
/// and its working memory is small enough to stay in the caches.
///
/// An image is a position of the first axis, along which the positions of every node must not meet (`AxisMapping`).
package struct BatchSeparation {
  /// The nodes at the beginning that keep images apart.
  package var separableCount: Int { axes.count }
  /// The axis of the images in each of them.
  private let axes: [IndependentAxis]

  /// - Parameters:
  ///   - graph: A graph whose sizes are known.
  ///   - batch: The number of images.
  package init(_ graph: Graph, batch: Int) {
    var images = ImageValues(graph, batch: batch)
    guard batch > 1, graph.inputs.allSatisfy({ images.add($0) }) else {
      axes = []
      return
    }
    var axes: [IndependentAxis] = []
    for node in graph.nodes {
      guard let axis = images.follow(node) else { break }
      axes.append(axis)
    }
    self.axes = axes
  }
}

extension BatchSeparation {
  /// Whether `single`, the same model prepared for a batch of one, differs from `batch` in nothing but the number of images: the same
  /// operators, with the same attributes and weights, of the same values, and each of those that hold images is that of one.
  package func isSame(_ single: Graph, as batch: Graph) -> Bool {
    guard single.nodes.count == batch.nodes.count, single.inputs.count == batch.inputs.count,
      single.outputs.count == batch.outputs.count
    else { return false }
    var counterparts: [ValueID: ValueID] = [:]
    func agree(_ a: [ValueID?], _ b: [ValueID?]) -> Bool {
      a.count == b.count
        && zip(a, b).allSatisfy { a, b in
          guard let a, let b else { return a == nil && b == nil }
          if let known = counterparts[b] { return known == a }
          counterparts[b] = a
          return true
        }
    }
    guard agree(single.inputs, batch.inputs) else { return false }
    for (place, (one, many)) in zip(single.nodes, batch.nodes).enumerated() {
      guard one.opType == many.opType, one.domain == many.domain, one.opsetVersion == many.opsetVersion,
        one.attributes.isSame(as: many.attributes), agree(one.inputs, many.inputs), agree(one.outputs, many.outputs)
      else { return false }
      // The nodes behind are run for the whole batch.
      guard place < axes.count else { continue }
      for (index, pair) in zip(one.inputs, many.inputs).enumerated() {
        guard let a = pair.0, let b = pair.1, single.isConstant(a) || batch.isConstant(b) else { continue }
        guard let a = single.constant(a), let b = batch.constant(b) else { return false }
        let size = axes[place].listedSize.flatMap { $0.input == index ? $0.element : nil }
        guard size.map({ a.isSame(as: b, butFor: $0) }) ?? (a == b) else { return false }
      }
    }
    guard agree(single.outputs, batch.outputs) else { return false }
    return (batch.nodes[..<separableCount].flatMap(\.definitions) + batch.inputs).allSatisfy { id in
      guard let one = counterparts[id].flatMap({ single[$0].type }), let many = batch[id].type,
        let sizes = one.shape?.sizes, let all = many.shape?.sizes
      else { return false }
      return one.elementType == many.elementType && sizes.first == 1 && sizes.dropFirst() == all.dropFirst()
    }
  }
}

extension AttributeList {
  fileprivate func isSame(as other: AttributeList) -> Bool {
    entries.count == other.entries.count
      && zip(entries, other.entries).allSatisfy { a, b in
        guard a.name == b.name else { return false }
        return switch (a.value, b.value) {
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
        case (.string(let a), .string(let b)): a == b
        case (.tensor(let a), .tensor(let b)): a == b
        case (.ints(let a), .ints(let b)): a == b
        case (.floats(let a), .floats(let b)): a.map(\.bitPattern) == b.map(\.bitPattern)
        case (.strings(let a), .strings(let b)): a == b
        default: false
        }
      }
  }
}

extension Tensor {
  /// Whether two lists of integers differ in nothing but one element, which says how many images there are.
  fileprivate func isSame(as other: Tensor, butFor element: Int) -> Bool {
    guard shape == other.shape, elementType == other.elementType, var a: [Int64] = try? elements(),
      var b: [Int64] = try? other.elements(), a.indices.contains(element)
    else { return false }
    (a[element], b[element]) = (1, 1)
    return a == b
  }
}

/// The values that hold something for each image, by their first axis.
private struct ImageValues {
  private let graph: Graph
  private let batch: Int
  private var values: Set<ValueID> = []

  init(_ graph: Graph, batch: Int) {
    self.graph = graph
    self.batch = batch
  }

  /// - Returns: Whether the first axis of `value` may be that of the images.
  mutating func add(_ value: ValueID) -> Bool {
    guard graph[value].type?.shape?.sizes?.first == batch else { return false }
    values.insert(value)
    return true
  }

  /// Goes through a node.
  /// - Returns: The axis of the images in it; `nil` for a node that does not keep them apart.
  mutating func follow(_ node: Node) -> IndependentAxis? {
    guard node.uses.contains(where: values.contains),
      let axis = graph.axisMapping(of: node).independentAxes.first(where: { isOfImages($0, in: node) }),
      node.definitions.allSatisfy({ add($0) })
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
