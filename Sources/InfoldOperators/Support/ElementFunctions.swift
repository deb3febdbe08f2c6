import InfoldSystem
import InfoldTensor

// The loops of `Tensor` that element-wise operators use, with one function for each type that large
// tensors usually have. Integers of all other types share one generic body.

extension Tensor {
  /// Applies `float` to each element, or `double` to those of a float64 tensor, and rounds once to
  /// `type`.
  /// - Precondition: The element type is floating-point.
  @usableFromInline
  func mapped(
    to type: ElementType, _ float: (Float) -> Float, _ double: (Double) -> Double
  ) throws(InfoldError) -> Tensor {
    if elementType == .float64 { return try mapped(double).converted(to: type) }
    return try converted(to: .float32).mapped(float).converted(to: type)
  }

  /// Applies the predicate `float` to each element, or `double` to those of a float64 tensor.
  /// - Precondition: The element type is floating-point.
  func classified(_ float: (Float) -> Bool, _ double: (Double) -> Bool) throws(InfoldError) -> Tensor {
    if elementType == .float64 { return try mapped(double) }
    return try converted(to: .float32).mapped(float)
  }

  /// Applies `float` to pairs of elements under NumPy broadcasting, or `double` to those of float64
  /// tensors, and rounds once.
  /// - Precondition: The elements have the same floating-point type.
  static func broadcasting(
    _ operands: [Tensor], _ float: (Float, Float) -> Float, _ double: (Double, Double) -> Double
  ) throws(InfoldError) -> Tensor {
    let type = operands[0].elementType
    if type == .float64 { return try broadcasting(operands[0], operands[1], double) }
    return try broadcasting(operands[0].converted(to: .float32), operands[1].converted(to: .float32), float)
      .converted(to: type)
  }

  /// Applies the predicate `float` to pairs of elements under NumPy broadcasting, or `double` to
  /// those of float64 tensors.
  /// - Precondition: The elements have the same floating-point type.
  static func comparing(
    _ operands: [Tensor], _ float: (Float, Float) -> Bool, _ double: (Double, Double) -> Bool
  ) throws(InfoldError) -> Tensor {
    if operands[0].elementType == .float64 { return try broadcasting(operands[0], operands[1], double) }
    return try broadcasting(operands[0].converted(to: .float32), operands[1].converted(to: .float32), float)
  }

  /// Applies `combine` to pairs of elements of type `Element` under NumPy broadcasting.
  @inline(__always)
  static func broadcasting<Element: FloatingPointElement>(
    _ a: Tensor, _ b: Tensor, _ combine: (Element, Element) -> Element
  ) throws(InfoldError) -> Tensor {
    if Element.self == Double.self {
      return try broadcasting(a, b) { (a: Double, b: Double) -> Double in
        combine(a as! Element, b as! Element) as! Double
      }
    }
    return try broadcasting(a, b) { (a: Float, b: Float) -> Float in combine(a as! Element, b as! Element) as! Float }
  }
}

extension Tensor {
  /// Reduces the tensor to `shape` with a function of its element type.
  @inline(__always)
  func reduced<Element: FloatingPointElement>(
    to shape: [Int], from initial: Element, _ combine: (Element, Element) -> Element
  ) throws(InfoldError) -> Tensor {
    if Element.self == Double.self {
      return try reduced(to: shape, from: initial as! Double) { (y: Double, x: Double) -> Double in
        combine(y as! Element, x as! Element) as! Double
      }
    }
    return try reduced(to: shape, from: initial as! Float) { (y: Float, x: Float) -> Float in
      combine(y as! Element, x as! Element) as! Float
    }
  }

  /// Reduces an integer tensor to `shape`.
  @inline(__always)
  func reducedIntegers<Element: IntegerElement>(
    to shape: [Int], from initial: Element, _ combine: (Element, Element) -> Element
  ) throws(InfoldError) -> Tensor {
    guard Element.self == Int64.self else { return try reduced(to: shape, from: initial, combine) }
    return try reduced(to: shape, from: initial as! Int64) { (y: Int64, x: Int64) -> Int64 in
      combine(y as! Element, x as! Element) as! Int64
    }
  }
}

extension Tensor {
  /// Returns a tensor of the same shape with elements of type `Element`, filled by `write`, which
  /// receives zeros. `write` is not called for an empty tensor.
  @inline(__always)
  func rewritten<Element: NumericElement>(
    _ write: (_ x: borrowing Span<Element>, _ y: inout MutableSpan<Element>) -> Void
  ) throws(InfoldError) -> Tensor {
    var y = try Tensor(zeros: shape, of: Element.elementType)
    guard y.count > 0 else { return y }
    try withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in write(x, &y) }
    }
    return y
  }
}

extension BroadcastRow {
  /// Computes the elements of the row, in a loop specialized for `combine`.
  @inline(__always)
  func compute<Element: FloatingPointElement>(
    _ a: Span<Element>, _ b: Span<Element>, _ result: inout MutableSpan<Element>,
    _ combine: (Element, Element) -> Element
  ) {
    if strideB == 0 {
      let b = b[self.b]
      for i in 0..<count { result[unchecked: self.result &+ i] = combine(a[unchecked: self.a &+ i &* strideA], b) }
    } else if strideA == 0 {
      let a = a[self.a]
      for i in 0..<count { result[unchecked: self.result &+ i] = combine(a, b[unchecked: self.b &+ i]) }
    } else {
      for i in 0..<count {
        result[unchecked: self.result &+ i] = combine(a[unchecked: self.a &+ i], b[unchecked: self.b &+ i])
      }
    }
  }
}

extension ElementType {
  /// The Swift type of an integer type.
  /// - Precondition: The type is an integer type.
  var integerElement: any IntegerElement.Type {
    guard let type = swiftType as? any IntegerElement.Type else {
      preconditionFailure("\(self) is not an integer type")
    }
    return type
  }
}

/// A function of two numbers of any numeric type.
protocol NumericFunction {
  /// Returns the result for two elements.
  func callAsFunction<Element: NumericElement>(_ a: Element, _ b: Element) -> Element
}

extension NumericFunction {
  /// Returns the results for pairs of elements under NumPy broadcasting.
  /// - Precondition: The tensors have the same numeric type.
  func broadcasting(_ a: Tensor, _ b: Tensor) throws(InfoldError) -> Tensor {
    func integers<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      try .broadcasting(a, b) { (a: Element, b: Element) in self(a, b) }
    }
    switch a.elementType {
    case let type where type.isFloatingPoint: return try .broadcasting([a, b], { self($0, $1) }, { self($0, $1) })
    case .int64: return try .broadcasting(a, b) { (a: Int64, b: Int64) in self(a, b) }
    default: return try integers(a.elementType.integerElement)
    }
  }
}
