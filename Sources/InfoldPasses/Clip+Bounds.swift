package import InfoldGraph

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
