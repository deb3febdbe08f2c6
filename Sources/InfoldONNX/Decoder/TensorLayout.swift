import COnnx
import InfoldSystem
import InfoldTensor

/// The shape, element type and data source of a TensorProto whose fields have been checked for
/// consistency.
struct TensorLayout {
  /// The location of the elements.
  enum Source {
    /// In `raw_data`, in the layout of memory.
    case raw
    /// In the typed field that belongs to the element type.
    case typed
    /// In an external file.
    case external(ExternalDataReference)
  }

  let shape: [Int]
  let elementType: ElementType
  /// The number of elements.
  let count: Int
  let source: Source

  /// Checks `message`.
  /// - Throws: `InfoldError` with `.malformedData` if the data does not match shape and type, or
  ///   `.unsupported` for a tensor in segments.
  init(_ message: Onnx__TensorProto) throws(InfoldError) {
    elementType = try ElementType(dataType: message.has_data_type != 0 ? message.data_type : 0)
    guard message.segment == nil else {
      throw InfoldError(.unsupported, "tensors in segments are not supported")
    }
    try checkRank(message.n_dims)
    let dims = elements(message.dims, message.n_dims)
    guard let shape = try? dims.map({ (size) throws(InvalidSize) in try Self.size(size) }) else {
      throw InfoldError(.malformedData, "the shape \(Array(dims)) has a negative size")
    }
    self.shape = shape
    guard let count = checkedProduct(shape), elementType == .string || elementType.byteCount(of: count) != nil else {
      throw InfoldError(.malformedData, "the number of bytes of the shape \(shape) overflows")
    }
    self.count = count
    source = try Self.source(of: message)
    try checkData(of: message)
  }

  private struct InvalidSize: Error {}

  private static func size(_ dim: Int64) throws(InvalidSize) -> Int {
    guard dim >= 0 else { throw InvalidSize() }
    return Int(dim)
  }

  private static func source(of message: Onnx__TensorProto) throws(InfoldError) -> Source {
    switch message.has_data_location != 0 ? message.data_location : ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT {
    case ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT:
      return message.raw_data.isEmpty ? .typed : .raw
    case ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL:
      guard message.raw_data.isEmpty else {
        throw InfoldError(.malformedData, "the data is both external and in raw_data")
      }
      return .external(try ExternalDataReference(messages(message.external_data, message.n_external_data)))
    case let unknown:
      throw InfoldError(.malformedData, "the data location \(unknown.rawValue) is unknown")
    }
  }

  /// Checks that the source has the data that the shape needs, and that no other field has data.
  private func checkData(of message: Onnx__TensorProto) throws(InfoldError) {
    let expected = TypedField(of: elementType)
    for field in TypedField.allCases where field.count(in: message) > 0 {
      if case .typed = source, field == expected { continue }
      throw InfoldError(.malformedData, "\(field) contains data that does not belong to \(self)")
    }
    switch source {
    case .typed:
      try require(expected.count(in: message), try expected.entries(for: self), "entries in \(expected)")
    case .raw:
      try require(message.raw_data.len, try byteCount(), "bytes of data")
    case .external:
      _ = try byteCount()
    }
  }

  private func require(_ given: Int, _ needed: Int, _ unit: String) throws(InfoldError) {
    guard given == needed else {
      throw InfoldError(
        .malformedData, "has \(given) \(unit), but the shape \(shape) of \(elementType) needs \(needed)")
    }
  }

  /// The number of bytes of the elements.
  /// - Throws: `InfoldError` with `.malformedData` for strings, which have no fixed size.
  func byteCount() throws(InfoldError) -> Int {
    guard let byteCount = elementType.byteCount(of: count) else {
      throw InfoldError(.malformedData, "strings must be in string_data")
    }
    return byteCount
  }
}

extension TensorLayout: CustomStringConvertible {
  var description: String {
    switch source {
    case .typed: "a tensor of \(elementType)"
    case .raw: "a tensor with raw_data"
    case .external: "a tensor with external data"
    }
  }
}

/// A field of TensorProto that contains elements of certain types.
enum TypedField: String, CaseIterable, CustomStringConvertible {
  case float = "float_data"
  case int32 = "int32_data"
  case string = "string_data"
  case int64 = "int64_data"
  case double = "double_data"
  case uint64 = "uint64_data"

  /// The field that belongs to `type`.
  init(of type: ElementType) {
    switch type {
    case .float32, .complex64: self = .float
    case .float64, .complex128: self = .double
    case .int64: self = .int64
    case .uint32, .uint64: self = .uint64
    case .string: self = .string
    default: self = .int32
    }
  }

  var description: String { rawValue }

  /// The number of entries of this field in `message`.
  func count(in message: Onnx__TensorProto) -> Int {
    switch self {
    case .float: message.n_float_data
    case .int32: message.n_int32_data
    case .string: message.n_string_data
    case .int64: message.n_int64_data
    case .double: message.n_double_data
    case .uint64: message.n_uint64_data
    }
  }

  /// The number of entries that a tensor needs: two per complex number, one per byte of packed
  /// elements, and one per 6-bit element, which this field does not pack.
  func entries(for layout: TensorLayout) throws(InfoldError) -> Int {
    switch layout.elementType {
    case .complex64, .complex128: return try layout.byteCount() / (layout.elementType == .complex64 ? 4 : 8)
    case .uint4, .int4, .float4E2M1, .uint2, .int2: return try layout.byteCount()
    default: return layout.count
    }
  }
}
