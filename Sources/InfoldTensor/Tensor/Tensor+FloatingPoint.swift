import InfoldSystem

extension Tensor {
  /// Returns the same numbers in another floating-point type. The conversion is exact if the type
  /// is wider, and otherwise rounds to nearest, ties to even.
  /// - Precondition: Both types are floating point.
  @usableFromInline
  package func converted(to type: ElementType) throws(InfoldError) -> Tensor {
    switch (elementType, type) {
    case _ where elementType == type: self
    case (.float32, .float64): try mapped { (x: Float) in Double(x) }
    case (.float64, .float32): try mapped { (x: Double) in Float(x) }
    case (.float16, .float32): try mapped { (x: Float16) in Float(widening: x) }
    case (.float16, .float64): try mapped { (x: Float16) in Double(Float(widening: x)) }
    case (.bfloat16, .float32): try mapped { (x: BFloat16) in Float(x) }
    case (.bfloat16, .float64): try mapped { (x: BFloat16) in Double(Float(x)) }
    case (.float16, .bfloat16): try mapped { (x: Float16) in BFloat16(Float(widening: x)) }
    case (.bfloat16, .float16): try mapped { (x: BFloat16) in Float16(narrowing: Float(x)) }
    case (.float32, .float16): try mapped { (x: Float) in Float16(narrowing: x) }
    case (.float64, .float16): try mapped { (x: Double) in Float16(narrowing: x) }
    case (.float32, .bfloat16): try mapped { (x: Float) in BFloat16(x) }
    case (.float64, .bfloat16): try mapped { (x: Double) in BFloat16(narrowing: x) }
    default: preconditionFailure("\(elementType) to \(type) is not a conversion of floating-point types")
    }
  }

  /// Returns a tensor of the same shape with `transform` applied to each element.
  /// - Throws: `InfoldError` with `.invalidArgument` if the tensor's elements are of another type,
  ///   and with `.limitExceeded` if the result does not fit into memory.
  @inlinable
  public func mapped<Source: TensorElement, Result: TensorElement>(
    _ transform: (Source) -> Result
  ) throws(InfoldError) -> Tensor {
    try transformed(transform)
  }

  /// `mapped` under a name without overloads.
  @inlinable @inline(__always)
  func transformed<Source: TensorElement, Result: TensorElement>(
    _ transform: (Source) -> Result
  ) throws(InfoldError) -> Tensor {
    var result = try Tensor(zeros: shape, of: Result.elementType)
    try withElements(as: Source.self) { source throws(InfoldError) in
      try result.withMutableSpan(as: Result.self) { result in
        precondition(source.count == result.count)
        for index in source.indices { result[unchecked: index] = transform(source[unchecked: index]) }
      }
    }
    return result
  }
}

extension Tensor {
  /// Returns the same numbers in float64 if they are floating point, or the tensor itself.
  package func widened() throws(InfoldError) -> Tensor {
    elementType.isFloatingPoint ? try converted(to: .float64) : self
  }
}
