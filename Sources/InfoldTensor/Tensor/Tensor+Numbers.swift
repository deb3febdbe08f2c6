import InfoldSystem

extension Tensor {
  /// Returns the elements as numbers, in row-major order. They are exact, except that 64-bit
  /// integers beyond 2⁵³ are rounded. A bool is 0 or 1.
  /// - Throws: `InfoldError` with `.unsupported` for complex, float8 and other types that have no
  ///   Swift number type, `.limitExceeded` if the numbers do not fit into memory.
  public func numbers() throws(InfoldError) -> [Double] {
    func integers<Element: TensorElement & BinaryInteger>(_: Element.Type) throws(InfoldError) -> [Double] {
      try elements(as: Element.self).map { Double($0) }
    }
    switch elementType {
    case .float16, .bfloat16, .float32, .float64: return try widened().elements()
    case .int8: return try integers(Int8.self)
    case .int16: return try integers(Int16.self)
    case .int32: return try integers(Int32.self)
    case .int64: return try integers(Int64.self)
    case .uint8: return try integers(UInt8.self)
    case .uint16: return try integers(UInt16.self)
    case .uint32: return try integers(UInt32.self)
    case .uint64: return try integers(UInt64.self)
    case .bool: return try elements(as: Bool.self).map { $0 ? 1 : 0 }
    case .int4, .uint4: return try inWholeBytes().numbers()
    default: throw InfoldError(.unsupported, "a tensor of \(elementType) elements cannot be read as numbers")
    }
  }
}
