import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

extension TensorDecoder {
  /// Decodes an initializer.
  /// - Parameter keepsUnread: Whether to keep an initializer whose external data cannot be read,
  ///   without the data.
  /// - Throws: `InfoldError` with `.malformedData` if the data does not match the shape, or errors
  ///   of external data.
  func decodeInitializer(
    _ message: UnsafeMutablePointer<Onnx__TensorProto>, keepsUnread: Bool = false
  ) throws(InfoldError) -> (Initializer, TensorType) {
    let layout = try TensorLayout(message.pointee)
    let type = TensorType(layout.elementType, Shape(layout.shape))
    if layout.elementType == .string {
      return (Initializer(content: .strings(message.pointee.serialized())), type)
    }
    let unmodeledFields = message.pointee.unmodeledFields(keepingName: false)
    do throws(InfoldError) {
      return (Initializer(content: .tensor(try decode(message, layout)), unmodeledFields: unmodeledFields), type)
    } catch {
      guard keepsUnread, case .external = layout.source, error.code != .limitExceeded else { throw error }
      return (Initializer(content: .unread(message.pointee.serialized(), reason: error)), type)
    }
  }

  /// Decodes a sparse initializer. It is checked and kept as its message.
  /// - Throws: `InfoldError` with `.malformedData`, or `.unsupported` for external data.
  func decodeSparse(_ message: Onnx__SparseTensorProto) throws(InfoldError) -> (Initializer, TensorType) {
    let type = try checkSparse(message)
    return (Initializer(content: .sparse(message.serialized())), type)
  }

  /// Checks a sparse tensor, which needs as many indices as values, and a shape.
  /// - Returns: The type of the dense tensor that it represents.
  @discardableResult
  func checkSparse(_ message: Onnx__SparseTensorProto) throws(InfoldError) -> TensorType {
    guard let valuesMessage = message.values, let indicesMessage = message.indices else {
      throw InfoldError(.malformedData, "a sparse tensor needs values and indices")
    }
    let values = try checkKept(valuesMessage.pointee)
    let indices = try checkKept(indicesMessage.pointee)
    let shape = try shape(of: message)
    guard values.shape.count == 1 else {
      throw InfoldError(
        .malformedData, "the values of a sparse tensor have the shape \(values.shape), but must have one dimension")
    }
    guard indices.elementType == .int64,
      indices.shape == [values.count] || indices.shape == [values.count, shape.count]
    else {
      throw InfoldError(
        .malformedData,
        "the indices of a sparse tensor are \(indices.elementType) \(indices.shape), but \(values.count) values in "
          + "\(shape.count) dimensions need int64 [\(values.count)] or [\(values.count), \(shape.count)]")
    }
    return TensorType(values.elementType, Shape(shape))
  }

  /// Checks a tensor that is kept as its message. Its data must be in the same file.
  func checkKept(_ message: Onnx__TensorProto) throws(InfoldError) -> TensorLayout {
    let layout = try TensorLayout(message)
    if case .external = layout.source {
      throw InfoldError(.unsupported, "external data is supported for dense initializers and tensor attributes only")
    }
    return layout
  }

  private func shape(of message: Onnx__SparseTensorProto) throws(InfoldError) -> [Int] {
    try checkRank(message.n_dims)
    let dims = elements(message.dims, message.n_dims)
    guard dims.allSatisfy({ $0 >= 0 }), let count = checkedProduct(dims.map { Int($0) }), count >= 0 else {
      throw InfoldError(.malformedData, "the shape \(Array(dims)) of a sparse tensor has a negative size or overflows")
    }
    return dims.map { Int($0) }
  }
}
