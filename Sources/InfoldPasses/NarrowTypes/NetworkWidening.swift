import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The rewrite of one graph by `WidenNarrowTypes`, from the first node to the last.
///
/// A value of a narrow type is *present* if a node produces it in this type, and *wide*
/// if there is a float32 value with its numbers. It can be both.
struct NetworkWidening {
  private var editor: GraphEditor
  private var nodes: [Node] = []
  private let roundsResults: Bool
  /// The types of the original graph's values.
  private let types: [TensorType?]
  /// Small tensors of that graph that are the same in each run.
  private let tensors: [Tensor?]
  private var isPresent: [Bool]
  private var wide: [ValueID: ValueID] = [:]
  /// The replacements of float32 values that a Cast produced from narrow values.
  private var replacements: [ValueID: ValueID] = [:]
  private let index: GraphIndex
  private var changes: [PassResult.Entry] = []
  private var refusals: [PassResult.Entry] = []

  /// The maximum number of elements of a constant that shape rules may inspect.
  private static let smallCount = 1024

  init(_ inference: consuming Inference, roundsResults: Bool) {
    self.roundsResults = roundsResults
    let graph = inference.graph
    tensors = inference.tensors.map { $0.flatMap { $0.count <= Self.smallCount ? $0 : nil } }
    _ = consume inference
    types = graph.values.map(\.type)
    var isPresent = [Bool](repeating: true, count: graph.values.count)
    for id in graph.nodes.lazy.flatMap(\.definitions) { isPresent[id.index] = false }
    self.isPresent = isPresent
    index = graph.index
    editor = GraphEditor(graph)
  }

  mutating func widened() throws(InfoldError) -> PassResult {
    for node in editor.graph.nodes {
      try Interruption.check()
      try widen(node)
    }
    for output in editor.graph.outputs { try provide(output) }
    editor.replaceNodes(nodes)
    return PassResult(graph: editor.graph, changes: changes, refusals: refusals)
  }

  private mutating func widen(_ original: Node) throws(InfoldError) {
    var node = original
    if !replacements.isEmpty { node.inputs = node.inputs.map { $0.map { replacements[$0] ?? $0 } } }
    guard (Array(original.uses) + Array(original.definitions)).contains(where: isNarrow) else {
      nodes.append(node)
      return
    }
    let widening = node.typed.map { Swift.type(of: $0).widening } ?? Widening.none
    if widening == .conversion, let x = node.inputs[0], let y = node.outputs[0], type(of: y) != nil {
      try convert(node, x, to: y)
    } else if widening == .sameFunction, acceptsFloat32(node) {
      try compute(node)
    } else {
      for use in node.uses { try provide(use) }
      for output in node.definitions where isNarrow(output) { isPresent[output.index] = true }
      nodes.append(node)
      if !(node.typed is any BodyOperator) {
        refusals.append(PassResult.Entry(node: editor.graph.label(of: original), "computed in the model's own type"))
      }
    }
  }

  /// Makes a node compute in float32.
  private mutating func compute(_ original: Node) throws(InfoldError) {
    var node = original
    for (place, input) in node.inputs.enumerated() {
      if let input, isNarrow(input) { node.inputs[place] = try widened(input) }
    }
    var rounded: [(wide: ValueID, narrow: ValueID)] = []
    for (place, output) in node.outputs.enumerated() {
      guard let output, isNarrow(output) else { continue }
      let value = addWideValue(of: output)
      node.outputs[place] = value
      if roundsResults, !node.movesOnly {
        rounded.append((value, output))
      } else {
        wide[output] = value
      }
    }
    nodes.append(node)
    for (value, output) in rounded { try cast(value, to: output) }
    changes.append(PassResult.Entry(node: editor.graph.label(of: original), "computed in float32"))
  }

  /// Returns whether a node's shape rule allows float32 in place of narrow types: narrow outputs
  /// become float32, and all other outputs keep their types.
  private func acceptsFloat32(_ node: Node) -> Bool {
    var inputs: [TensorType?] = [], constants: [Tensor?] = []
    for input in node.inputs {
      guard let input else {
        inputs.append(nil)
        constants.append(nil)
        continue
      }
      guard let type = type(of: input) else { return false }
      let tensor = input.index < tensors.count ? tensors[input.index] : editor.graph.constant(input)
      inputs.append(isNarrow(input) ? TensorType(.float32, type.shape) : type)
      guard isNarrow(input), let tensor else {
        constants.append(tensor)
        continue
      }
      guard let widened = try? tensor.converted(to: .float32) else { return false }
      constants.append(widened)
    }
    guard let outputs = try? node.inferOutputs(types: inputs, constants: constants) else { return false }
    return zip(node.outputs, outputs).allSatisfy { output, inferred in
      guard let output else { return true }
      return inferred.elementType == (isNarrow(output) ? .float32 : type(of: output)?.elementType)
    }
  }

  /// Replaces a node that produces `y` from the elements of `x` by a Cast, or removes it.
  private mutating func convert(_ node: Node, _ x: ValueID, to y: ValueID) throws(InfoldError) {
    let isConstant = editor.graph.isConstant(x)
    let source = isNarrow(x) && (!isPresent[x.index] || isConstant && !isNarrow(y)) ? try widened(x) : x
    let isFree = !index.isOutput(y) && !index.isCaptured(y)
    guard isNarrow(x), type(of: y)?.elementType == .float32 else {
      try cast(source, to: y, node.name)
      return
    }
    if let known = wide[x], isFree {
      replacements[y] = known
      changes.append(PassResult.Entry(node: editor.graph.label(of: node), "removed because its input is float32"))
    } else if source == x {
      try cast(x, to: y, node.name)
      wide[x] = y
    } else {
      nodes.append(
        try Node(
          name: node.name, opType: Identity.name, opsetVersion: Identity.versions.last!, inputs: [source],
          outputs: [y]))
    }
  }

  /// Returns the float32 value with the numbers of a narrow one.
  private mutating func widened(_ id: ValueID) throws(InfoldError) -> ValueID {
    if let known = wide[id] { return known }
    let value: ValueID
    if editor.graph.isConstant(id) {
      let tensor = editor.take(id)
      value = editor.addConstant(wideName(of: id), try tensor.converted(to: .float32))
    } else {
      value = addWideValue(of: id)
      try cast(id, to: value)
    }
    wide[id] = value
    return value
  }

  /// Ensures that a value that is read in the model's own type is present.
  private mutating func provide(_ id: ValueID) throws(InfoldError) {
    guard isNarrow(id), !isPresent[id.index], let value = wide[id] else { return }
    try cast(value, to: id)
  }

  /// Adds a Cast to the type of `target`.
  private mutating func cast(_ source: ValueID, to target: ValueID, _ name: String = "") throws(InfoldError) {
    let type = type(of: target)!.elementType
    nodes.append(
      try Node(
        name: name, opType: Cast.name, opsetVersion: Cast.versions.last!,
        attributes: ["to": .int(Int64(type.rawValue))], inputs: [source], outputs: [target]))
    if isNarrow(target) { isPresent[target.index] = true }
  }

  private func wideName(of id: ValueID) -> String { editor.graph[id].name + " in float32" }

  private mutating func addWideValue(of id: ValueID) -> ValueID {
    editor.addValue(wideName(of: id), TensorType(.float32, type(of: id)?.shape))
  }

  private func type(of id: ValueID) -> TensorType? {
    id.index < types.count ? types[id.index] : editor.graph[id].type
  }

  /// Returns whether a value of the original graph has a narrow type.
  private func isNarrow(_ id: ValueID) -> Bool { type(of: id)?.elementType.isNarrow ?? false }
}

extension Node {
  /// Whether the first output contains only elements of the inputs.
  fileprivate var movesOnly: Bool {
    guard let typed else { return false }
    return type(of: typed).rearrangesElements || type(of: typed).keepsElements
  }
}
