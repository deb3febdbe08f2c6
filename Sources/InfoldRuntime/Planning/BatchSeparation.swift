import InfoldGraph
import InfoldOperators
import InfoldTensor

/// Whether a graph computes every image of a batch by itself: then a plan for one image does for all of them, one after the other,
/// and its working memory is small enough to stay in the caches.
///
/// An image is a position of the first axis. Known to keep images apart are the operators of convolutional networks.
struct BatchSeparation {
  /// The nodes at the beginning that keep images apart.
  let separableCount: Int

  /// - Parameters:
  ///   - graph: A graph whose sizes are known.
  ///   - batch: The number of images.
  init(_ graph: Graph, batch: Int) {
    var images = ImageValues(graph, batch: batch)
    guard batch > 1, graph.inputs.allSatisfy({ images.add($0) }) else {
      separableCount = 0
      return
    }
    separableCount = graph.nodes.firstIndex { !images.follow($0) } ?? graph.nodes.count
  }
}

extension BatchSeparation {
  /// Whether `single`, the same model prepared for a batch of one, differs from `batch` in nothing but the number of images: the same
  /// operators, with the same attributes and weights, of the same values, and each of those that hold images is that of one.
  func isSame(_ single: Graph, as batch: Graph) -> Bool {
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
    for (one, many) in zip(single.nodes, batch.nodes) {
      guard one.opType == many.opType, one.domain == many.domain, one.opsetVersion == many.opsetVersion,
        one.attributes.isSame(as: many.attributes), agree(one.inputs, many.inputs), agree(one.outputs, many.outputs)
      else { return false }
      for (index, pair) in zip(one.inputs, many.inputs).enumerated() {
        guard let a = pair.0, let b = pair.1, single.isConstant(a) || batch.isConstant(b) else { continue }
        // The shape that a Reshape is given says how many images there are.
        if many.typed is Reshape, index == 1 { continue }
        guard let a = single.constant(a), let b = batch.constant(b), a == b else { return false }
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
    guard sizes(value)?.first == batch else { return false }
    values.insert(value)
    return true
  }

  /// Goes through a node.
  /// - Returns: Whether it keeps images apart.
  mutating func follow(_ node: Node) -> Bool {
    guard let typed = node.typed, node.uses.contains(where: values.contains), keepsApart(typed, node) else {
      return false
    }
    return node.definitions.allSatisfy { add($0) }
  }

  private func sizes(_ value: ValueID?) -> [Int]? { value.flatMap { graph[$0].type?.shape?.sizes } }

  /// Whether the first operand holds images, and the others are constants.
  private func readsImagesFirst(_ node: Node) -> Bool {
    guard let first = node.inputs.first ?? nil, values.contains(first) else { return false }
    return node.inputs.dropFirst().allSatisfy { $0.map(graph.isConstant) ?? true }
  }

  private func keepsApart(_ typed: any Operator, _ node: Node) -> Bool {
    switch typed {
    case is any UnaryOperator, is any NumericUnaryOperator, is Identity, is Dropout, is Cast, is Clip, is Conv,
      is ConvTranspose,
      is MaxPool, is AveragePool, is LpPool, is GlobalAveragePool, is GlobalMaxPool, is LRN, is InstanceNormalization,
      is ChannelNormalization, is ScaleShift, is QuantizeLinear, is DequantizeLinear, is QLinearConv, is ByteTable,
      is QLinearGemm,
      is ChannelShuffle, is DepthToSpace, is SpaceToDepth:
      // A second output of MaxPool counts places through the whole batch.
      return readsImagesFirst(node) && node.outputs.dropFirst().allSatisfy { $0 == nil }
    case let normalization as LayerNormalization:
      return readsImagesFirst(node) && isBehindFirst(normalization.axis, node)
    case let normalization as BatchNormalization:
      return readsImagesFirst(node) && !normalization.isTraining
    case is Reshape, is Flatten, is Squeeze, is Unsqueeze:
      // Elements stay in their order, and the first axis what it is.
      return readsImagesFirst(node)
    case let binary as any BinaryOperator:
      return binary.broadcast == .multidirectional && isElementwise(node)
    case is QLinearAdd:
      // The values stand first and fourth.
      return [1, 2, 4, 5, 6, 7].allSatisfy { node.inputs[$0].map(graph.isConstant) ?? false }
        && [0, 3].allSatisfy { node.inputs[$0].map(values.contains) ?? false }
    case is any VariadicOperator, is Where:
      return isElementwise(node)
    case let prelu as PRelu:
      return prelu.broadcast == .unidirectional && isElementwise(node)
    case let concat as Concat:
      return isBehindFirst(concat.axis, node) && node.inputs.allSatisfy { $0.map(values.contains) ?? false }
    case let split as Split:
      return readsImagesFirst(node) && isBehindFirst(split.axis, node)
    case let softmax as Softmax:
      guard let rank = sizes(node.inputs[0])?.count, let axis = try? softmax.axis.position(rank: rank) else {
        return false
      }
      return readsImagesFirst(node) && axis > 0
    case let transpose as Transpose:
      return readsImagesFirst(node) && transpose.permutation?.first == 0
    case let reduction as any ReductionOperator:
      return readsImagesFirst(node) && keepsFirst(reduction.axes, node)
    case is Gemm, is MatMul:
      return isRowsTimesConstant(typed, node)
    default:
      return false
    }
  }

  private func isBehindFirst(_ axis: Int, _ node: Node) -> Bool {
    guard let rank = sizes(node.inputs[0])?.count, let axis = try? normalizedAxis(axis, rank: rank) else {
      return false
    }
    return axis > 0
  }

  /// Whether operands that hold images reach as far as the result, and the others nowhere have a size along its first axis.
  private func isElementwise(_ node: Node) -> Bool {
    guard let result = sizes(node.outputs[0]) else { return false }
    return node.inputs.allSatisfy { input in
      guard let input, let sizes = sizes(input) else { return false }
      if values.contains(input) { return sizes.count == result.count }
      return graph.isConstant(input) && (sizes.count < result.count || sizes.first == 1)
    }
  }

  private func keepsFirst(_ axes: ReductionAxes, _ node: Node) -> Bool {
    guard let rank = sizes(node.inputs[0])?.count, rank > 0 else { return false }
    let list = node.inputs.count > 1 ? node.inputs[1].flatMap(graph.constant) : nil
    return (try? axes.reduced(list, rank: rank)[0]) == false
  }

  /// Whether the rows of the first factor, of which each image has some, meet the same second one.
  private func isRowsTimesConstant(_ typed: any Operator, _ node: Node) -> Bool {
    guard readsImagesFirst(node), let left = sizes(node.inputs[0]), let right = sizes(node.inputs[1]) else {
      return false
    }
    if let gemm = typed as? Gemm {
      let addend = node.inputs.count > 2 ? sizes(node.inputs[2]) : nil
      return !gemm.transA && (addend.map { $0.count < 2 || $0[0] == 1 } ?? true)
    }
    return left.count >= 2 && right.count <= 2
  }
}
