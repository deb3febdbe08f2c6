import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Converts all float32 numbers to this type, except the scales of Resize, which the standard requires to be float32.
  public mutating func narrow(to type: ElementType) throws(InfoldError) {
    let scales = Set(nodes.filter { $0.opType == "Resize" && $0.inputs.count > 2 }.compactMap { $0.inputs[2] })
    try change(.float32, to: type, but: scales) { (body) throws(InfoldError) in try body.narrow(to: type) }
  }

  /// Converts the inputs and all constants of a narrow type to float32, with the same values: a network that computes the same in single
  /// precision.
  public mutating func widen(from type: ElementType) throws(InfoldError) {
    try change(type, to: .float32) { (body) throws(InfoldError) in try body.widen(from: type) }
  }

  /// Changes the type of constants, inputs and claims, in bodies as well, and infers the types of all other values.
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
        // Claims about the results of nodes that passes replace are the only information about them.
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

  /// Whether there are nodes whose types no operator can infer.
  private var keepsClaims: Bool { nodes.contains { $0.typed == nil } }
}

extension Attribute {
  /// The body, if the attribute is one.
  var graph: Graph? {
    if case .graph(let graph) = self { graph } else { nil }
  }
}
