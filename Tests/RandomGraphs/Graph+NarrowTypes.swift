import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Makes numbers of this type of all that are float32, but the scales of Resize, which the standard wants as they are.
  public mutating func narrow(to type: ElementType) throws(InfoldError) {
    let scales = Set(nodes.filter { $0.opType == "Resize" && $0.inputs.count > 2 }.compactMap { $0.inputs[2] })
    for id in valueIDs {
      if let tensor = constant(id) {
        guard tensor.elementType == .float32, !scales.contains(id) else { continue }
        self[id].initializer = Initializer(try tensor.converted(to: type))
        self[id].type = TensorType(type, Shape(tensor.shape))
      } else if inputs.contains(id) {
        if self[id].type!.elementType == .float32 { self[id].type = TensorType(type, self[id].type!.shape) }
      } else {
        self[id].type = nil
        self[id].claim = nil
      }
    }
    try inferTypes()
  }

  /// Makes float32 numbers of all constants of a narrow type, which keep their values, and of the inputs: a network that computes the
  /// same in single precision.
  public mutating func widen(from type: ElementType) throws(InfoldError) {
    for id in valueIDs {
      if let tensor = constant(id) {
        guard tensor.elementType == type else { continue }
        self[id].initializer = Initializer(try tensor.converted(to: .float32))
        self[id].type = TensorType(.float32, Shape(tensor.shape))
      } else if inputs.contains(id), self[id].type?.elementType == type {
        self[id].type = TensorType(.float32, self[id].type!.shape)
      } else if !inputs.contains(id) {
        self[id].type = nil
        self[id].claim = nil
      }
    }
    try inferTypes()
  }
}
