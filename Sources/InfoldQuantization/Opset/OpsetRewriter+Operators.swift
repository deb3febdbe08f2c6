import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

extension OpsetRewriter {
  /// The nodes that mean the same where the operator's form has changed.
  mutating func rewritten(_ node: Node) throws(InfoldError) -> [Node] {
    switch node.opType {
    case "BatchNormalization": return [try batchNormalization(node)]
    case "Clip": return [try clip(node)]
    case "ConvTranspose": return [try transposedConvolution(node)]
    case "Dropout": return [try dropout(node)]
    case "Pad": return [try pad(node)]
    case "Slice": return [try slice(node)]
    case "TopK": return [try topK(node)]
    case "Squeeze", "Unsqueeze", "ReduceSum": return [try listed(node, "axes")]
    case "Split": return [try listed(node, "split")]
    case "Softmax", "LogSoftmax", "Hardmax": return try softmax(node)
    case "Upsample", "Resize": return [try resize(node)]
    default:
      throw refusal("\(node.opType) is not converted from opset \(node.opsetVersion) to \(OpsetRaise.target)")
    }
  }

  private func batchNormalization(_ node: Node) throws(InfoldError) -> Node {
    var attributes = node.attributes
    if case .int(let spatial)? = attributes["spatial"] {
      guard spatial != 0 else { throw refusal("opset \(OpsetRaise.target) has no statistics per activation") }
      attributes["spatial"] = nil
    }
    return try same(node, attributes: attributes)
  }

  private mutating func clip(_ node: Node) throws(InfoldError) -> Node {
    guard node.opsetVersion < 11 else { return try same(node) }
    guard let id = node.inputs[0], let type = constants.graph[id].type?.elementType else {
      throw refusal("the element type of its input is not known")
    }
    var attributes = node.attributes
    var inputs = node.inputs
    for name in ["min", "max"] {
      guard case .float(let bound)? = attributes[name] else {
        inputs.append(nil)
        continue
      }
      attributes[name] = nil
      inputs.append(constant(node, name, try Tensor(scalar: bound).converted(to: type)))
    }
    while inputs.last == .some(nil) { inputs.removeLast() }
    return try same(node, attributes: attributes, inputs: inputs)
  }

  private func transposedConvolution(_ node: Node) throws(InfoldError) -> Node {
    if case .string(let padding)? = node.attributes["auto_pad"], padding.starts(with: Array("SAME".utf8)) {
      throw refusal("opset 11 has changed what auto_pad means in ConvTranspose")
    }
    return try same(node)
  }

  /// A network that runs hands its input on there.
  private func dropout(_ node: Node) throws(InfoldError) -> Node {
    if node.opsetVersion >= 12 { return try same(node) }
    guard node.outputs.dropFirst().allSatisfy({ $0 == nil }) else { throw refusal("its mask is read") }
    return try same(
      node, opType: "Identity", attributes: [:], inputs: Array(node.inputs.prefix(1)),
      outputs: Array(node.outputs.prefix(1)))
  }

  private mutating func pad(_ node: Node) throws(InfoldError) -> Node {
    guard node.opsetVersion < 11 else { return try same(node) }
    var attributes = node.attributes
    guard case .ints(let pads)? = attributes["pads"] else { throw refusal("it has no pads") }
    var inputs: [ValueID?] = [node.inputs[0], try list(node, "pads", pads)]
    if case .float(let value)? = attributes["value"] {
      guard let id = node.inputs[0], let type = constants.graph[id].type?.elementType else {
        throw refusal("the element type of its input is not known")
      }
      inputs.append(constant(node, "value", try Tensor(scalar: value).converted(to: type)))
    }
    attributes["pads"] = nil
    attributes["value"] = nil
    return try same(node, attributes: attributes, inputs: inputs)
  }

  private mutating func slice(_ node: Node) throws(InfoldError) -> Node {
    guard node.opsetVersion < 10 else { return try same(node) }
    var inputs = Array(node.inputs.prefix(1))
    for name in ["starts", "ends", "axes"] {
      guard case .ints(let numbers)? = node.attributes[name] else { continue }
      inputs.append(try list(node, name, numbers))
    }
    return try same(node, attributes: [:], inputs: inputs)
  }

  private mutating func topK(_ node: Node) throws(InfoldError) -> Node {
    guard node.opsetVersion < 10 else { return try same(node) }
    var attributes = node.attributes
    guard case .int(let count)? = attributes["k"] else { throw refusal("it has no k") }
    attributes["k"] = nil
    return try same(node, attributes: attributes, inputs: [node.inputs[0], try list(node, "k", [count])])
  }

  /// An operator that takes as an input what was an attribute.
  private mutating func listed(_ node: Node, _ name: String) throws(InfoldError) -> Node {
    var attributes = node.attributes
    guard case .ints(let numbers)? = attributes[name] else { return try same(node) }
    attributes[name] = nil
    return try same(
      node, attributes: attributes, inputs: [node.inputs[0], try list(node, name, numbers)])
  }

  /// Before, the sum goes over the axis and every dimension behind it: over one axis of a matrix, if need be.
  private mutating func softmax(_ node: Node) throws(InfoldError) -> [Node] {
    var axis = 1
    if case .int(let given)? = node.attributes["axis"] { axis = Int(clamping: given) }
    guard let x = node.inputs[0], let y = node.outputs[0] else { return [try same(node)] }
    let shape = constants.graph[x].type?.shape
    // With one dimension, the default means another axis.
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
      try added("Shape", [:], [x], sizes), try added("Flatten", ["axis": .int(Int64(axis))], [x], flat),
      try same(node, attributes: ["axis": .int(1)], inputs: [flat], outputs: [result]),
      try added("Reshape", [:], [result, sizes], y),
    ]
  }

  /// Upsample, and the first form of Resize: positions are mapped asymmetrically, and the lower neighbour is taken where a tensor grows.
  private mutating func resize(_ node: Node) throws(InfoldError) -> Node {
    if node.opType == "Resize", node.opsetVersion >= 11 { return try same(node) }
    var attributes = node.attributes
    var scales = node.inputs.count > 1 ? node.inputs[1] : nil
    if case .floats(let numbers)? = attributes["scales"] {
      scales = constant(node, "scales", try Tensor(shape: [numbers.count], numbers))
      attributes["scales"] = nil
    } else if node.opType == "Resize", attributes["mode"]?.isLinear != true {
      guard let tensor = scales.flatMap(constants.tensor), try tensor.numbers().allSatisfy({ $0 >= 1 }) else {
        throw refusal("opset 10 does not say which neighbour is taken where a tensor shrinks")
      }
    }
    attributes["coordinate_transformation_mode"] = .string(Array("asymmetric".utf8))
    if attributes["mode"]?.isLinear != true { attributes["nearest_mode"] = .string(Array("floor".utf8)) }
    return try same(
      node, opType: "Resize", attributes: attributes, inputs: [node.inputs[0], nil, scales])
  }
}

extension Attribute {
  fileprivate var isLinear: Bool {
    if case .string(let bytes) = self { bytes == Array("linear".utf8) } else { false }
  }
}
