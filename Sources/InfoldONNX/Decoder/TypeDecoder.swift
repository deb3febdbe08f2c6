import COnnx
import InfoldSystem
import InfoldTensor

extension Onnx__TypeProto {
  /// The type of a tensor, or `nil` for any other kind of type, which is checked and kept as its
  /// message.
  /// - Throws: `InfoldError` with `.malformedData` for unknown element types and negative sizes.
  func decodedTensorType() throws(InfoldError) -> TensorType? {
    switch value_case {
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
      return try decode(tensor_type.pointee.elem_type, tensor_type.pointee.shape)
    case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
      _ = try decode(sparse_tensor_type.pointee.elem_type, sparse_tensor_type.pointee.shape)
    case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
      _ = try sequence_type.pointee.elem_type?.pointee.decodedTensorType()
    case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
      _ = try optional_type.pointee.elem_type?.pointee.decodedTensorType()
    case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
      _ = try ElementType(dataType: map_type.pointee.key_type)
      _ = try map_type.pointee.value_type?.pointee.decodedTensorType()
    default: break
    }
    return nil
  }

  /// - Returns: `nil` if the element type is undefined, as some exporters leave it for inner
  ///   values.
  private func decode(
    _ dataType: Int32, _ shape: UnsafeMutablePointer<Onnx__TensorShapeProto>?
  ) throws(InfoldError) -> TensorType? {
    let shape = try shape?.pointee.decoded()
    return dataType == 0 ? nil : TensorType(try ElementType(dataType: dataType), shape)
  }
}

extension Onnx__TensorShapeProto {
  fileprivate func decoded() throws(InfoldError) -> Shape {
    try checkRank(n_dim)
    var dimensions: [Dimension] = []
    dimensions.reserveCapacity(n_dim)
    for dimension in messages(dim, n_dim) { dimensions.append(try dimension.pointee.decoded()) }
    return Shape(dimensions)
  }
}

extension Onnx__TensorShapeProto__Dimension {
  /// Exporters write −1 or "?" for an unknown size. ONNX defines neither. Two dimensions named "?"
  /// may differ, so "?" is not a symbol.
  fileprivate func decoded() throws(InfoldError) -> Dimension {
    switch value_case {
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE:
      guard dim_value >= -1 else {
        throw InfoldError(.malformedData, "the declared shape has the negative size \(dim_value)")
      }
      return dim_value == -1 ? .unknown : .fixed(Int(dim_value))
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM where !dim_param.isEmpty && dim_param.text != "?":
      return .symbol(dim_param.text)
    default:
      return .unknown
    }
  }
}

extension TensorType {
  /// Whether a tensor of type `tensor` matches this declared type.
  func admits(_ tensor: TensorType) -> Bool {
    guard elementType == tensor.elementType else { return false }
    guard let declared = shape, let actual = tensor.shape else { return true }
    return declared.rank == actual.rank
      && zip(declared, actual).allSatisfy { $0.size == nil || $1.size == nil || $0.size == $1.size }
  }
}

/// Throws if the rank exceeds the limit.
func checkRank(_ rank: Int) throws(InfoldError) {
  guard rank <= Shape.maximumRank else {
    throw InfoldError(.limitExceeded, "a shape has \(rank) dimensions; at most \(Shape.maximumRank) are supported")
  }
}
