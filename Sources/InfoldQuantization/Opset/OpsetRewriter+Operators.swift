import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// An operator whose form changed before the opset that models are raised to.
protocol RewrittenOperator: Operator {
  /// Returns nodes of the new opset that compute the same as an older node.
  /// - Throws: `InfoldError` with `.unsupported` if there are none.
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node]
}

extension BatchNormalization: RewrittenOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    var attributes = node.attributes
    if case .int(let spatial)? = attributes["spatial"] {
      guard spatial != 0 else {
        throw rewriter.refusal("opset \(OpsetRaise.target) has no statistics per activation")
      }
      attributes["spatial"] = nil
    }
    return [try rewriter.same(node, attributes: attributes)]
  }
}

extension Clip: RewrittenOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    let type = try rewriter.elementType(of: node)
    var attributes = node.attributes
    var inputs = node.inputs
    for name in ["min", "max"] {
      guard case .float(let bound)? = attributes[name] else {
        inputs.append(nil)
        continue
      }
      attributes[name] = nil
      inputs.append(rewriter.constant(node, name, try Tensor(scalar: bound).converted(to: type)))
    }
    while inputs.last == .some(nil) { inputs.removeLast() }
    return [try rewriter.same(node, attributes: attributes, inputs: inputs)]
  }
}

extension ConvTranspose: RewrittenOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    if case .string(let padding)? = node.attributes["auto_pad"], padding.starts(with: Array("SAME".utf8)) {
      throw rewriter.refusal("opset 11 changed the meaning of auto_pad in \(Self.name)")
    }
    return [try rewriter.same(node)]
  }
}

extension Dropout: RewrittenOperator {
  /// Dropout is the identity in inference.
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    guard node.outputs.dropFirst().allSatisfy({ $0 == nil }) else { throw rewriter.refusal("its mask output is used") }
    return [
      try rewriter.same(
        node, opType: Identity.name, attributes: [:], inputs: Array(node.inputs.prefix(1)),
        outputs: Array(node.outputs.prefix(1)))
    ]
  }
}

extension Pad: RewrittenOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    var attributes = node.attributes
    guard case .ints(let pads)? = attributes["pads"] else { throw rewriter.refusal("the attribute pads is missing") }
    var inputs: [ValueID?] = [node.inputs[0], try rewriter.list(node, "pads", pads)]
    if case .float(let value)? = attributes["value"] {
      let type = try rewriter.elementType(of: node)
      inputs.append(rewriter.constant(node, "value", try Tensor(scalar: value).converted(to: type)))
    }
    attributes["pads"] = nil
    attributes["value"] = nil
    return [try rewriter.same(node, attributes: attributes, inputs: inputs)]
  }
}

extension Slice: RewrittenOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    var inputs = Array(node.inputs.prefix(1))
    for name in ["starts", "ends", "axes"] {
      guard case .ints(let numbers)? = node.attributes[name] else { continue }
      inputs.append(try rewriter.list(node, name, numbers))
    }
    return [try rewriter.same(node, attributes: [:], inputs: inputs)]
  }
}

extension TopK: RewrittenOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    var attributes = node.attributes
    guard case .int(let count)? = attributes["k"] else { throw rewriter.refusal("the attribute k is missing") }
    attributes["k"] = nil
    return [
      try rewriter.same(node, attributes: attributes, inputs: [node.inputs[0], rewriter.list(node, "k", [count])])
    ]
  }
}

// MARK: - Operators with an attribute that became an input

/// An operator with an attribute that became an input.
protocol ListTakingOperator: RewrittenOperator {
  /// The name of the attribute; "axes" by default.
  static var list: String { get }
}

extension ListTakingOperator {
  static var list: String { "axes" }

  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    try rewriter.listed(node, Self.list)
  }
}

extension Squeeze: ListTakingOperator {}
extension Unsqueeze: ListTakingOperator {}
extension ReduceSum: ListTakingOperator {}
extension Split: ListTakingOperator { static var list: String { "split" } }

// MARK: - Operators along an axis

/// An operator that older opsets compute over an axis and all axes after it.
protocol FlatteningOperator: RewrittenOperator {}

extension FlatteningOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    try rewriter.softmax(node)
  }
}

extension Softmax: FlatteningOperator {}
extension LogSoftmax: FlatteningOperator {}
extension Hardmax: FlatteningOperator {}

// MARK: - Operators that resize

/// Upsample, and Resize of opset 10.
protocol ResizingOperator: RewrittenOperator {}

extension ResizingOperator {
  func rewritten(_ node: Node, by rewriter: inout OpsetRewriter) throws(InfoldError) -> [Node] {
    try rewriter.resize(node)
  }
}

extension Upsample: ResizingOperator {}
extension Resize: ResizingOperator {}

extension OpsetRewriter {
  fileprivate func elementType(of node: Node) throws(InfoldError) -> ElementType {
    guard let id = node.inputs[0], let type = graph[id].type?.elementType else {
      throw refusal("the element type of its input is unknown")
    }
    return type
  }

  fileprivate mutating func listed(_ node: Node, _ name: String) throws(InfoldError) -> [Node] {
    var attributes = node.attributes
    guard case .ints(let numbers)? = attributes[name] else { return [try same(node)] }
    attributes[name] = nil
    return [try same(node, attributes: attributes, inputs: [node.inputs[0], try list(node, name, numbers)])]
  }

  /// Converts a softmax of an older opset, which sums over the axis and all axes after it. If these
  /// are not a single axis, the input is flattened to a matrix.
  fileprivate mutating func softmax(_ node: Node) throws(InfoldError) -> [Node] {
    var axis = 1
    if case .int(let given)? = node.attributes["axis"] { axis = Int(clamping: given) }
    guard let x = node.inputs[0], let y = node.outputs[0] else { return [try same(node)] }
    let shape = graph[x].type?.shape
    // For rank 1, the default axis differs.
    guard shape != nil || node.attributes["axis"] != nil else {
      throw refusal("the rank of its input is unknown")
    }
    if let shape {
      let isMissing = shape.rank == 1 && node.attributes["axis"] == nil
      axis = isMissing ? 0 : try normalizedAxis(axis, rank: shape.rank)
      if shape.dropFirst(axis + 1).allSatisfy({ $0.size == 1 }) {
        return [try same(node, attributes: ["axis": .int(Int64(axis))])]
      }
    }
    let sizes = value(node, "shape"), flat = value(node, "flat"), result = value(node, "matrix")
    func added(_ opType: String, _ attributes: AttributeList, _ inputs: [ValueID], _ output: ValueID)
      throws(InfoldError) -> Node
    {
      try Node(
        name: node.name.isEmpty ? "" : "\(node.name).\(opType.lowercased())", opType: opType,
        opsetVersion: OpsetRaise.target, attributes: attributes, inputs: inputs, outputs: [output])
    }
    return [
      try added(ShapeOperator.name, [:], [x], sizes), try added(Flatten.name, ["axis": .int(Int64(axis))], [x], flat),
      try same(node, attributes: ["axis": .int(1)], inputs: [flat], outputs: [result]),
      try added(Reshape.name, [:], [result, sizes], y),
    ]
  }

  /// Converts Upsample, and Resize of opset 10. Their coordinates are asymmetric, and mode nearest
  /// rounds down when it enlarges.
  fileprivate mutating func resize(_ node: Node) throws(InfoldError) -> [Node] {
    var attributes = node.attributes
    var scales = node.inputs.count > 1 ? node.inputs[1] : nil
    if case .floats(let numbers)? = attributes["scales"] {
      scales = constant(node, "scales", try Tensor(shape: [numbers.count], numbers))
      attributes["scales"] = nil
    } else if node.opsetVersion >= 10, attributes["mode"]?.isLinear != true {
      guard let tensor = scales.flatMap(graph.constant), try tensor.numbers().allSatisfy({ $0 >= 1 }) else {
        throw refusal("opset 10 does not define mode nearest for a tensor that shrinks")
      }
    }
    attributes["coordinate_transformation_mode"] = .string(Array("asymmetric".utf8))
    if attributes["mode"]?.isLinear != true { attributes["nearest_mode"] = .string(Array("floor".utf8)) }
    return [
      try same(node, opType: Resize.name, attributes: attributes, inputs: [node.inputs[0], nil, scales])
    ]
  }
}

extension Attribute {
  fileprivate var isLinear: Bool {
    if case .string(let bytes) = self { bytes == Array("linear".utf8) } else { false }
  }
}
