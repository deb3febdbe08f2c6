import InfoldGraph
import InfoldPasses

/// Brings the nodes of a graph to a later version of ONNX's operator set: operators whose form has changed are written in the new one.
struct OpsetRaising {
  /// The version that has everything which quantization writes.
  static let version = 13

  private var editor: GraphEditor
  private let graph: Graph

  init(_ constants: GraphConstants) {
    graph = constants.graph
    editor = GraphEditor(constants)
  }

  /// - Throws: `InfoldError` with `.unsupported`, naming the node that cannot be brought there.
  static func raise(_ model: consuming Model) throws(InfoldError) -> Model {
    var model = model
    guard let place = model.opsetImports.firstIndex(where: { $0.domain.isEmpty || $0.domain == "ai.onnx" }),
      model.opsetImports[place].version < version
    else { return model }
    var raising = OpsetRaising(try GraphConstants(model.graph))
    var nodes: [Node] = []
    for node in model.graph.nodes { nodes.append(try raising.raised(node)) }
    raising.editor.replaceNodes(nodes)
    model.graph = raising.editor.graph
    model.opsetImports[place].version = version
    return model
  }

  private mutating func raised(_ node: Node) throws(InfoldError) -> Node {
    guard node.domain.isEmpty || node.domain == "ai.onnx" else { return node }
    let label = graph.label(of: node)
    func refusal(_ reason: String) -> InfoldError {
      InfoldError(
        .unsupported, "\(reason), and 8 bits need version \(Self.version) of the operator set",
        hint: "export the model with operator set \(Self.version) or later", node: label)
    }
    guard node.captures.isEmpty, node.body == nil, let typed = node.typed,
      !node.attributes.entries.contains(where: { if case .graph = $0.value { true } else { false } })
    else { throw refusal("\(node.opType) has a body, which is not rewritten") }
    let versions = type(of: typed).versions
    let (old, new) = (since(node.opsetVersion, versions), since(Self.version, versions))
    var form = (opType: node.opType, attributes: node.attributes, inputs: node.inputs)
    if old != new { try convert(&form, node, from: old, label, refusal) }
    do throws(InfoldError) {
      var result = try Node(
        name: node.name, opType: form.opType, domain: node.domain, opsetVersion: Self.version,
        attributes: form.attributes, inputs: form.inputs,
        outputs: form.opType == Identity.name ? [node.outputs[0]] : node.outputs)
      guard result.typed != nil else { throw refusal("\(node.opType) is not supported there") }
      result.residue = node.residue
      return result
    } catch {
      throw refusal("version \(node.opsetVersion) of \(node.opType) cannot be written as a later one: \(error.reason)")
    }
  }

  private func since(_ version: Int, _ versions: [Int]) -> Int? { versions.last { $0 <= version } }

  private typealias Form = (opType: String, attributes: AttributeList, inputs: [ValueID?])

  private mutating func convert(
    _ form: inout Form, _ node: Node, from old: Int?, _ label: String, _ refusal: (String) -> InfoldError
  ) throws(InfoldError) {
    let old = old ?? 0
    switch node.typed {
    case is Softmax where old < 13, is Hardmax where old < 13:
      // Then: of all that lies behind the axis together; now: along the axis alone.
      let axis = form.attributes.int("axis") ?? 1
      guard let sizes = node.inputs[0].flatMap({ graph[$0].type?.shape }),
        let place = try? normalizedAxis(axis, rank: sizes.rank), sizes[(place + 1)...].allSatisfy({ $0.size == 1 })
      else { throw refusal("\(node.opType) goes over several axes at once") }
      form.attributes["axis"] = .int(Int64(place))
    case is Dropout:
      guard node.outputs.dropFirst().allSatisfy({ $0 == nil }) else { throw refusal("Dropout has a mask") }
      form = (Identity.name, [:], [node.inputs[0]])
    case let clip as Clip where old < 11:
      form.attributes = [:]
      func bound(_ number: Float?, _ name: String) throws(InfoldError) -> ValueID? {
        guard let number, number.magnitude < .greatestFiniteMagnitude else { return nil }
        return editor.addConstant("\(label) \(name)", try Tensor(scalar: number))
      }
      form.inputs = [node.inputs[0], try bound(clip.min, "min"), try bound(clip.max, "max")]
    case is Squeeze where old < 13, is Unsqueeze where old < 13, is ReduceSum where old < 13:
      try moveToInput("axes", of: &form, label)
    case is Split where old < 13:
      try moveToInput("split", of: &form, label)
    case is Resize, is Upsample, is TopK,
      is Slice where old < 10, is Pad where old < 11:
      throw refusal("\(node.opType) had another form")
    case let normalization as BatchNormalization where old < 9:
      guard normalization.isSpatial else { throw refusal("BatchNormalization is one per activation") }
      form.attributes["spatial"] = nil
    default: break
    }
  }

  private mutating func moveToInput(_ name: String, of form: inout Form, _ label: String) throws(InfoldError) {
    guard case .ints(let numbers)? = form.attributes[name] else { return }
    form.attributes[name] = nil
    form.inputs.append(editor.addConstant("\(label) \(name)", try Tensor(shape: [numbers.count], numbers)))
  }
}

extension AttributeList {
  fileprivate func int(_ name: String) -> Int? {
    if case .int(let number)? = self[name] { Int(clamping: number) } else { nil }
  }
}
