import InfoldSystem

extension Tensor {
  /// Creates a tensor of random elements. Each element uses one number r of `generator`, in
  /// row-major order.
  ///
  /// - Floating point: (r >> 40) · 2⁻²³ − 1, uniform in [−1, 1) and exact in single precision. It
  ///   is rounded for float16 and bfloat16.
  /// - uint8 and int8, the types of quantized images: the lowest 8 bits of r >> 32. All values
  ///   occur.
  /// - Wider integers, which are mostly indices and sizes: (r >> 32) mod 10, from 0 to 9.
  /// - bool: the highest bit of r.
  ///
  /// - Throws: `InfoldError` with `.unsupported` for other types, `.invalidArgument` for a negative
  ///   size, `.limitExceeded` if the tensor does not fit into memory.
  public init(
    random shape: [Int], of elementType: ElementType, using generator: inout some RandomNumberGenerator
  ) throws(InfoldError) {
    func floats() throws(InfoldError) -> Tensor {
      try Tensor(shape, of: Float.self, from: &generator) { Float($0 >> 40) * 0x1p-23 - 1 }
    }
    func digits<Element: TensorElement & FixedWidthInteger>(_: Element.Type) throws(InfoldError) -> Tensor {
      try Tensor(shape, of: Element.self, from: &generator) { Element(($0 >> 32) % 10) }
    }
    switch elementType {
    case .float32, .float64, .float16, .bfloat16: self = try floats().converted(to: elementType)
    case .uint8: try self.init(shape, of: UInt8.self, from: &generator) { UInt8(truncatingIfNeeded: $0 >> 32) }
    case .int8: try self.init(shape, of: Int8.self, from: &generator) { Int8(truncatingIfNeeded: $0 >> 32) }
    case .int16: self = try digits(Int16.self)
    case .int32: self = try digits(Int32.self)
    case .int64: self = try digits(Int64.self)
    case .uint16: self = try digits(UInt16.self)
    case .uint32: self = try digits(UInt32.self)
    case .uint64: self = try digits(UInt64.self)
    case .bool: try self.init(shape, of: Bool.self, from: &generator) { $0 >> 63 == 1 }
    default: throw InfoldError(.unsupported, "random tensors of \(elementType) elements are not supported")
    }
  }

  /// Specialized for `SplitMix64`, the generator of measurements, so that numbers are generated
  /// without calls.
  package init(
    random shape: [Int], of elementType: ElementType, using generator: inout SplitMix64
  ) throws(InfoldError) {
    guard elementType == .float32 else {
      func random(_ generator: inout some RandomNumberGenerator) throws(InfoldError) -> Tensor {
        try Tensor(random: shape, of: elementType, using: &generator)
      }
      self = try random(&generator)
      return
    }
    try self.init(zeros: shape, of: elementType)
    try withMutableSpan(as: Float.self) { elements in
      for index in elements.indices { elements[index] = Float(generator.next() >> 40) * 0x1p-23 - 1 }
    }
  }

  /// Creates a tensor of random integers from 0 to `count` − 1. `count` is clamped to at least 1
  /// and to the range of the type. Each element uses one number of `generator`.
  /// - Throws: `InfoldError` with `.unsupported` for types that are not integers, and the errors of
  ///   `init(random:of:using:)`.
  package init(
    random shape: [Int], of elementType: ElementType, below count: Int, using generator: inout SplitMix64
  ) throws(InfoldError) {
    func integers<Element: TensorElement & FixedWidthInteger>(_: Element.Type) throws(InfoldError) -> Tensor {
      let bound = UInt64(max(1, min(count, Int(clamping: Element.max))))
      return try Tensor(shape, of: Element.self, from: &generator) { Element(truncatingIfNeeded: ($0 >> 1) % bound) }
    }
    switch elementType {
    case .uint8: self = try integers(UInt8.self)
    case .int8: self = try integers(Int8.self)
    case .int16: self = try integers(Int16.self)
    case .int32: self = try integers(Int32.self)
    case .int64: self = try integers(Int64.self)
    case .uint16: self = try integers(UInt16.self)
    case .uint32: self = try integers(UInt32.self)
    case .uint64: self = try integers(UInt64.self)
    default: throw InfoldError(.unsupported, "random integers of type \(elementType) are not supported")
    }
  }

  private init<Element: TensorElement>(
    _ shape: [Int], of _: Element.Type, from generator: inout some RandomNumberGenerator,
    _ element: (UInt64) -> Element
  ) throws(InfoldError) {
    try self.init(zeros: shape, of: Element.elementType)
    try withMutableSpan(as: Element.self) { elements in
      for index in elements.indices { elements[index] = element(generator.next()) }
    }
  }
}
