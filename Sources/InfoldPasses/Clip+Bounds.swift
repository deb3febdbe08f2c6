import InfoldGraph
import InfoldOperators

extension Node {
  /// What a Relu or a Clip with constant bounds, the lower not above the upper, bounds its input to; `nil` for other nodes.
  package func bounds(_ constants: GraphConstants) -> (lower: Float, upper: Float)? {
    switch typed {
    case is Relu: return (0, .infinity)
    case let clip as Clip:
      let bounds = clip.bounds(of: self, constants)
      guard let lower = bounds.lower, let upper = bounds.upper, lower <= upper else { return nil }
      return (lower, upper)
    default: return nil
    }
  }
}

extension Clip {
  /// The bounds of a node with this operator, infinite where nothing bounds; `nil` for one that is computed by the model.
  package func bounds(of node: Node, _ constants: GraphConstants) -> (lower: Float?, upper: Float?) {
    func bound(_ index: Int, _ attribute: Float?, default missing: Float) -> Float? {
      if let attribute { return attribute }
      guard index < node.inputs.count, let id = node.inputs[index] else { return missing }
      guard let tensor = constants.tensor(id), tensor.count == 1 else { return nil }
      switch tensor.elementType {
      case .float32: return try? tensor.elements(as: Float.self).first
      case .uint8: return (try? tensor.elements(as: UInt8.self).first).map { Float($0) }
      case .int8: return (try? tensor.elements(as: Int8.self).first).map { Float($0) }
      default: return nil
      }
    }
    return (bound(1, min, default: -.infinity), bound(2, max, default: .infinity))
  }
}
