import InfoldGraph
import InfoldSystem
import InfoldTensor

extension NetworkDiagram {
  /// Creates the diagram of `graph`. Constants (initializers and outputs of Constant nodes) have no
  /// boxes; they are lines in the boxes that read them. Bodies of functions and control flow are
  /// not drawn.
  package init(_ graph: Graph) {
    self.init()
    var graph = graph
    graph.recordConstants()
    /// The box that produces each value, or `nil` for constants.
    var makers = [Int?](repeating: nil, count: graph.values.count)
    var labelled = [Bool](repeating: false, count: graph.values.count)
    for id in graph.inputs {
      makers[id.index] = boxes.count
      boxes.append(Box(input: graph[id]))
    }
    for node in graph.nodes {
      if node.typed?.constantOutput != nil, node.definitions.allSatisfy({ !graph.index.isOutput($0) }) { continue }
      let box = boxes.count
      boxes.append(Box(node, in: graph))
      connect(node.uses, to: box, graph, makers, &labelled)
      for id in node.definitions { makers[id.index] = box }
    }
    for id in graph.outputs {
      boxes.append(Box(output: graph[id]))
      connect(CollectionOfOne(id), to: boxes.count - 1, graph, makers, &labelled)
    }
  }

  private mutating func connect(
    _ values: some Sequence<ValueID>, to box: Int, _ graph: Graph, _ makers: [Int?], _ labelled: inout [Bool]
  ) {
    var seen: Set<ValueID> = []
    for id in values where seen.insert(id).inserted {
      guard let maker = makers[id.index] else { continue }
      let value = graph[id]
      // Boxes of inputs contain their shapes.
      let label = labelled[id.index] || boxes[maker].kind == .input ? nil : value.type?.shape.map(shapeText)
      labelled[id.index] = true
      connections.append(
        Connection(
          source: maker, target: box, value: id.index, label: label,
          tooltip: String(quoting: value.name) + (value.type.map { "\n" + typeText($0) } ?? "")))
    }
  }
}

extension NetworkDiagram.Box {
  /// Creates the box of an input.
  fileprivate init(input value: Value) {
    let title = value.initializer == nil ? "input" : "input with a default value"
    self.init(kind: .input, title: title, value)
  }

  /// Creates the box of an output.
  fileprivate init(output value: Value) {
    self.init(kind: .output, title: "output", value)
  }

  private init(kind: Kind, title: String, _ value: Value) {
    self.kind = kind
    self.title = title
    lines = [.name(shortName(value.name))]
    if let type = value.type {
      lines.append(
        .detail([type.shape.map(shapeText), "\(type.elementType)"].compactMap { $0 }.joined(separator: " ")))
    }
    tooltip = "\(title) \(String(quoting: value.name))\n" + (value.type.map(typeText) ?? "not a tensor")
  }

  /// Creates the box of a node.
  fileprivate init(_ node: Node, in graph: Graph) {
    title = String(printable: node.opType).shortened(to: 28)
    lines = node.name.isEmpty ? [] : [.name(shortName(node.name))]
    tooltip = graph.label(of: node)
    if !node.domain.isEmpty {
      lines.append(.detail(String(printable: node.domain).shortened(to: Self.lineLength)))
    }
    switch node.kind {
    case .typed(let typed): kind = .operation(type(of: typed).family)
    case .call(let body):
      kind = .operation(.other)
      lines.append(.detail("a function of \(counted(body.nodes.count, "node"))"))
    case .opaque(let reason):
      kind = .unsupported
      tooltip += "\ncannot be run: \(reason.reason.shortened(to: 300))"
    }
    let attributes = AttributeText(node.attributes)
    lines += attributes.lines.prefix(3).map { .detail($0.shortened(to: Self.lineLength)) }
    for line in attributes.complete.prefix(40) { tooltip += "\n\(line)" }
    let fixed = node.inputs.prefix(Self.constantLimit).compactMap { $0.flatMap(graph.constant) }
    if !fixed.isEmpty {
      lines.append(.constants(constantText(fixed).shortened(to: Self.lineLength + 4)))
      tooltip += "\nconstants: \(constantText(fixed))"
    }
    for id in node.definitions.prefix(16) {
      tooltip += "\n→ \(String(quoting: graph[id].name))" + (graph[id].type.map { " " + typeText($0) } ?? "")
    }
  }

  private static var lineLength: Int { 34 }
  /// The maximum number of constants of a node that are shown.
  private static var constantLimit: Int { 64 }
}

/// Returns a name shortened for a box.
private func shortName(_ name: String) -> String { String(printable: name).shortened(to: 26) }

/// Returns a shape as text, such as `1×3×224×224`.
private func shapeText(_ shape: Shape) -> String {
  guard shape.rank > 0 else { return "scalar" }
  return shape.dimensions.map { $0.description.shortened(to: 9) }.joined(separator: "×").shortened(to: 30)
}

/// Returns a type for a tooltip. It is shortened because untrusted models may contain many long
/// symbols.
private func typeText(_ type: TensorType) -> String { type.description.shortened(to: 160) }

/// Returns shapes such as `32×3×3×3, 32`, or the numbers themselves if there are few. Repetitions
/// are combined.
private func constantText(_ tensors: [Tensor]) -> String {
  var parts: [(text: String, count: Int)] = []
  for tensor in tensors {
    let text = constantText(tensor)
    if parts.last?.text == text { parts[parts.count - 1].count += 1 } else { parts.append((text, 1)) }
  }
  return parts.map { $0.count == 1 ? $0.text : "\($0.count) × [\($0.text)]" }.joined(separator: ", ")
}

private func constantText(_ tensor: Tensor) -> String {
  if tensor.count <= 1 || tensor.shape.count == 1 && tensor.count <= 6 && !tensor.elementType.isFloatingPoint,
    let numbers = try? tensor.numbers()
  {
    let texts = numbers.map { NumberText.significant($0, digits: 5) }
    return tensor.count == 1 ? texts[0] : "[" + texts.joined(separator: " ") + "]"
  }
  return tensor.shape.map(String.init).joined(separator: "×")
}
