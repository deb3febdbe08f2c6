import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Makes numbers of this type of all that are float32, but the scales of Resize, which the standard wants as they are.
  public mutating func narrow(to type: ElementType) throws(InfoldError) {
    let scales = Set(nodes.filter { $0.opType == "Resize" && $0.inputs.count > 2 }.compactMap { $0.inputs[2] })
    try change(.float32, to: type, but: scales) { (body) throws(InfoldError) in try body.narrow(to: type) }
  }

  /// Makes float32 numbers of all constants of a narrow type, which keep their values, and of the inputs: a network that computes the
  /// same in single precision.
  public mutating func widen(from type: ElementType) throws(InfoldError) {
    try change(type, to: .float32) { (body) throws(InfoldError) in try body.widen(from: type) }
  }

  /// Gives constants, inputs and what is said of values another type, in bodies as well, and finds out the types of everything.
  private mutating func change(
    _ type: ElementType, to other: ElementType, but kept: Set<ValueID> = [],
    body change: (inout Graph) throws(InfoldError) -> Void
  ) throws(InfoldError) {
    for id in valueIDs where !kept.contains(id) {
      if let tensor = constant(id) {
        guard tensor.elementType == type else { continue }
        self[id].initializer = Initializer(try tensor.converted(to: other))
        self[id].type = TensorType(other, Shape(tensor.shape))
      } else if inputs.contains(id) {
        if let known = self[id].type, known.elementType == type { self[id].type = TensorType(other, known.shape) }
      } else {
        self[id].type = nil
        // Of what passes replace, there is nothing else to know.
        if let claim = self[id].claim {
          self[id].claim =
            keepsClaims ? TensorType(claim.elementType == type ? other : claim.elementType, claim.shape) : nil
        }
      }
    }
    for id in nodeIDs where nodes[id.index].attributes.entries.contains(where: { $0.value.graph != nil }) {
      var attributes = self[id].attributes
      for entry in attributes.entries {
        guard var body = entry.value.graph else { continue }
        try change(&body)
        attributes[entry.name] = .graph(body)
      }
      self[id] = try self[id].replacing(attributes: attributes)
    }
    if captures.isEmpty { try inferTypes() }
  }

  /// Whether nodes are there that no operator says the types of.
  private var keepsClaims: Bool { nodes.contains { $0.typed == nil } }
}

extension Attribute {
  /// The body, where it is one.
  var graph: Graph? {
    if case .graph(let graph) = self { graph } else { nil }
  }
}
