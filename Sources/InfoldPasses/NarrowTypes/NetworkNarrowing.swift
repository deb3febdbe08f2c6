import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The rewrite of one graph by `NarrowFloats`, from the first node to the last.
///
/// A float32 value of the original graph may exist in float32, in the narrow type, or in both. The
/// form that its producer writes keeps the name, unless a body or the interface requires the name
/// for the float32 form.
struct NetworkNarrowing {
  private let options: NarrowFloats
  private var editor: GraphEditor
  private var nodes: [Node] = []
  /// The float32 and narrow forms of each value that exist so far.
  private var wide: [ValueID: ValueID] = [:]
  private var narrow: [ValueID: ValueID] = [:]
  /// The types of the original graph's values.
  private let types: [TensorType?]
  private let index: GraphIndex
  private var constants: [ValueID: NarrowedConstant] = [:]
  private var convertedNodes = 0
  private var refusals: [PassResult.Entry] = []

  /// The maximum number of inputs for which all combinations are tried.
  private static let mostChoices = 6

  init(_ graph: consuming Graph, _ options: NarrowFloats) {
    self.options = options
    types = graph.values.map(\.type)
    index = graph.index
    editor = GraphEditor(graph)
  }

  mutating func narrowed() throws(InfoldError) -> NarrowFloats.Result {
    for input in editor.graph.inputs where isFloat(input) && !editor.graph.isConstant(input) { takeInput(input) }
    for node in editor.graph.nodes {
      try Interruption.check()
      try convert(node)
    }
    try finishOutputs()
    editor.replaceNodes(nodes)
    var graph = editor.graph
    try graph.inferTypes()
    return NarrowFloats.Result(
      graph: graph, convertedNodes: convertedNodes, refusals: refusals,
      constants: narrow.keys.compactMap { constants[$0] }.sorted { $0.name < $1.name })
  }

  private mutating func takeInput(_ id: ValueID) {
    if options.keepsInterface || editor.graph[id].initializer != nil || mustKeepFloat32(id) || index.isCaptured(id) {
      wide[id] = id
    } else {
      retype(id)
      narrow[id] = id
    }
  }

  private mutating func convert(_ original: Node) throws(InfoldError) {
    let touchesFloats = (Array(original.uses) + Array(original.definitions)).contains(where: isFloat)
    guard touchesFloats else {
      nodes.append(original)
      return
    }
    if let places = try placesToNarrow(original) {
      try narrow(original, places)
    } else {
      try keep(original)
    }
  }

  /// Keeps a node in float32.
  private mutating func keep(_ original: Node) throws(InfoldError) {
    var node = original
    for (place, input) in node.inputs.enumerated() {
      if let input, isFloat(input) { node.inputs[place] = try widened(input) }
    }
    for capture in node.captures where isFloat(capture) {
      // A body reads captured values by name, so their float32 form keeps it.
      guard try widened(capture) == capture else { preconditionFailure("a captured value has another name") }
    }
    for output in node.definitions where isFloat(output) { wide[output] = output }
    nodes.append(node)
  }

  private mutating func narrow(_ original: Node, _ places: Set<Int>) throws(InfoldError) {
    var node = original
    for (place, input) in node.inputs.enumerated() {
      guard let input, isFloat(input) else { continue }
      node.inputs[place] = try places.contains(place) ? narrowed(input) : widened(input)
    }
    var hasNarrowOutput = false
    for (place, output) in node.outputs.enumerated() {
      guard let output, isFloat(output) else { continue }
      hasNarrowOutput = true
      if keepsName(output) {
        let value = editor.addValue(editor.graph[output].name + " in \(options.type)", narrowType(of: output))
        node.outputs[place] = value
        narrow[output] = value
      } else {
        retype(output)
        narrow[output] = output
      }
    }
    if hasNarrowOutput { convertedNodes += 1 }
    nodes.append(node)
    // Bodies read a captured value by its name, in float32.
    for output in original.definitions where isFloat(output) && index.isCaptured(output) { _ = try widened(output) }
  }

  /// Whether a value's float32 form must keep its name.
  private func keepsName(_ id: ValueID) -> Bool {
    index.isCaptured(id) || index.isOutput(id) && options.keepsInterface
  }

  /// Returns the inputs of a node to pass in the narrow type, so that its float32 outputs become
  /// narrow; `nil` if it keeps float32.
  private mutating func placesToNarrow(_ node: Node) throws(InfoldError) -> Set<Int>? {
    let label = editor.graph.label(of: node)
    let settings = node.typed.flatMap { Swift.type(of: $0).settings }
    let floats = node.inputs.indices.filter { place in
      node.inputs[place].map(isFloat) ?? false && !(settings?.contains(place) ?? false)
    }
    let makesFloats = node.definitions.contains(where: isFloat)
    func refuse(_ reason: String) -> Set<Int>? {
      if makesFloats { refusals.append(PassResult.Entry(node: label, reason)) }
      return nil
    }
    guard let typed = node.typed, Swift.type(of: typed).widening == .sameFunction else {
      // Casts keep the type that the model requests, and bodies are not rewritten: neither needs a
      // remark.
      return nil
    }
    if let output = node.definitions.first(where: { isFloat($0) && mustKeepFloat32($0) }) {
      return refuse(
        "keeps float32: \(String(quoting: editor.graph[output].name)) exceeds half of the range of \(options.type)")
    }
    guard !floats.isEmpty else { return refuse("keeps float32: it has float32 outputs but no float32 inputs") }
    var unheld: NarrowedConstant?
    let held = floats.filter { place in
      guard !mustKeepFloat32(node.inputs[place]!) else { return false }
      guard let constant = constant(node.inputs[place]!), !constant.isHeld else { return true }
      unheld = constant
      return false
    }
    for places in Self.choices(held) where accepts(node, places) { return places }
    if let input = node.inputs.lazy.compactMap({ $0 }).first(where: { mustKeepFloat32($0) }) {
      return refuse(
        "keeps float32: its input \(String(quoting: editor.graph[input].name)) exceeds half of the range of \(options.type)"
      )
    }
    if let unheld, accepts(node, Set(floats)) {
      let fate = unheld.overflows > 0 ? "overflows" : "vanishes in"
      return refuse("keeps float32: the constant \(String(quoting: unheld.name)) \(fate) \(options.type)")
    }
    return refuse("keeps float32: \(node.opType) does not compute in \(options.type) here")
  }

  /// Returns the sets of inputs to try, the largest first.
  private static func choices(_ places: [Int]) -> [Set<Int>] {
    guard !places.isEmpty else { return [] }
    guard places.count <= mostChoices else { return [Set(places), [places[0]]] }
    return (1..<(1 << places.count)).map { mask in
      Set(places.indices.filter { mask >> $0 & 1 == 1 }.map { places[$0] })
    }.sorted { ($1.count, $0.min()!, $0.max()!) < ($0.count, $1.min()!, $1.max()!) }
  }

  /// Returns whether the operator accepts these inputs in the narrow type and then infers that type
  /// for its float32 outputs.
  private func accepts(_ node: Node, _ places: Set<Int>) -> Bool {
    var inputs: [TensorType?] = [], tensors: [Tensor?] = []
    for (place, input) in node.inputs.enumerated() {
      guard let input else {
        inputs.append(nil)
        tensors.append(nil)
        continue
      }
      guard let type = type(of: input) else { return false }
      let isNarrow = places.contains(place)
      inputs.append(isNarrow ? TensorType(options.type, type.shape) : type)
      let tensor = original(input).flatMap { $0.count <= Self.smallCount ? $0 : nil }
      tensors.append(isNarrow ? tensor.flatMap { try? $0.converted(to: options.type) } : tensor)
    }
    guard let outputs = try? node.inferOutputs(types: inputs, constants: tensors) else { return false }
    return zip(node.outputs, outputs).allSatisfy { output, inferred in
      guard let output else { return true }
      return inferred.elementType == (isFloat(output) ? options.type : type(of: output)?.elementType)
    }
  }

  /// Returns the losses of converting a constant; `nil` for other values.
  private mutating func constant(_ id: ValueID) -> NarrowedConstant? {
    if let known = constants[id] { return known }
    guard let tensor = original(id) else { return nil }
    let constant = NarrowedConstant(editor.graph[id].name, tensor, as: options.type)
    constants[id] = constant
    return constant
  }

  /// Returns the tensor of a constant of the original graph.
  private func original(_ id: ValueID) -> Tensor? {
    guard let tensor = editor.graph.constant(id), tensor.elementType == type(of: id)?.elementType else { return nil }
    return tensor
  }

  /// Returns the float32 form of a value, adding a Cast if needed.
  private mutating func widened(_ id: ValueID) throws(InfoldError) -> ValueID {
    if let known = wide[id] { return known }
    var value = id
    if !editor.graph.isConstant(id), let source = narrow[id] {
      if !keepsName(id) { value = editor.addValue(editor.graph[id].name + " in float32", type(of: id)) }
      try cast(source, to: value, .float32)
    }
    wide[id] = value
    return value
  }

  /// Returns the narrow form of a value, adding a constant or a Cast if needed.
  private mutating func narrowed(_ id: ValueID) throws(InfoldError) -> ValueID {
    if let known = narrow[id] { return known }
    let suffix = " in \(options.type)"
    let value: ValueID
    if editor.graph.isConstant(id) {
      let isReplaceable = editor.isReplaceable(id)
      let tensor = try editor.take(id).converted(to: options.type)
      value =
        isReplaceable
        ? editor.replaceConstant(id, suffix: suffix, fallbackName: "", with: tensor)
        : editor.addConstant(editor.graph[id].name + suffix, tensor)
      if value == id { retype(id) }
    } else {
      value = editor.addValue(editor.graph[id].name + suffix, narrowType(of: id))
      try cast(wide[id] ?? id, to: value, options.type)
    }
    narrow[id] = value
    return value
  }

  private mutating func finishOutputs() throws(InfoldError) {
    for output in editor.graph.outputs where isFloat(output) && options.keepsInterface { _ = try widened(output) }
  }

  private mutating func cast(_ source: ValueID, to target: ValueID, _ type: ElementType) throws(InfoldError) {
    nodes.append(
      try Node(
        opType: Cast.name, opsetVersion: options.opsetVersion, attributes: ["to": .int(Int64(type.rawValue))],
        inputs: [source], outputs: [target]))
  }

  /// Gives a value the narrow type, keeping its name.
  private mutating func retype(_ id: ValueID) {
    editor.retype(id, narrowType(of: id))
  }

  private func narrowType(of id: ValueID) -> TensorType { TensorType(options.type, type(of: id)?.shape) }

  private func type(of id: ValueID) -> TensorType? {
    id.index < types.count ? types[id.index] : editor.graph[id].type
  }

  private func isFloat(_ id: ValueID) -> Bool { type(of: id)?.elementType == .float32 }

  private func mustKeepFloat32(_ id: ValueID) -> Bool { options.float32Values.contains(editor.graph[id].name) }

  /// The maximum number of elements of a constant that shape rules may inspect.
  private static let smallCount = 1024
}
