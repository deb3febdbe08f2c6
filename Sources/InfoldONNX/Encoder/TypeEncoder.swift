import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

extension MessageArena {
  /// The declaration of `value`, with a new type if passes have changed it.
  func declaration(of value: Value) throws(InfoldError) -> Onnx__ValueInfoProto {
    var message: Onnx__ValueInfoProto = try message(from: value.declaration)
    message.has_name = 1
    message.name = text(value.name)
    if let type = value.type {
      let isTrue = value.isMisdeclared ? false : try message.admits(type)
      if !isTrue { message.type = place(encode(type)) }
    }
    return message
  }

  private func encode(_ type: TensorType) -> Onnx__TypeProto {
    var tensor = Onnx__TypeProto__Tensor.empty
    tensor.has_elem_type = 1
    tensor.elem_type = type.elementType.rawValue
    if let shape = type.shape { tensor.shape = place(encode(shape)) }
    var message = Onnx__TypeProto.empty
    message.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
    message.tensor_type = place(tensor)
    return message
  }

  private func encode(_ shape: Shape) -> Onnx__TensorShapeProto {
    var message = Onnx__TensorShapeProto.empty
    message.n_dim = shape.rank
    message.dim = list(shape.map(encode))
    return message
  }

  private func encode(_ dimension: Dimension) -> Onnx__TensorShapeProto__Dimension {
    var message = Onnx__TensorShapeProto__Dimension.empty
    switch dimension {
    case .fixed(let size):
      message.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
      message.dim_value = Int64(size)
    case .symbol(let name):
      message.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
      message.dim_param = text(name)
    case .unknown: break
    }
    return message
  }
}

extension Onnx__ValueInfoProto {
  /// Whether this declaration is compatible with `value`: it matches the type of the value, or the
  /// value is not a constant and not known to be misdeclared.
  func admits(_ value: Value) throws(InfoldError) -> Bool {
    guard value.initializer != nil || value.isMisdeclared, let actual = value.type, type != nil else { return true }
    return try admits(actual)
  }

  /// Whether this declaration matches the type.
  fileprivate func admits(_ tensorType: TensorType) throws(InfoldError) -> Bool {
    guard let type else { return false }
    return try type.pointee.decodedTensorType()?.admits(tensorType) ?? true
  }
}
