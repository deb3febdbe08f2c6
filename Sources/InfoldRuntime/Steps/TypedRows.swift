import InfoldKernelInterface
import InfoldTensor

/// A predicate of two elements.
enum Predicate: Sendable {
  case equal, less, lessOrEqual
  /// Predicates of Booleans.
  case both, either, oneOnly
}

extension Predicate {
  /// Returns whether the predicates support an element type.
  static func compares(_ type: ElementType) -> Bool { type != .float16 && type != .bfloat16 }

  /// Evaluates the predicate on elements of a supported type, for a range of units of the loops.
  func run(
    _ units: Range<Int>, _ loops: ElementwiseOperands, of type: ElementType, _ a: UnsafeRawPointer,
    _ b: UnsafeRawPointer, to result: UnsafeMutablePointer<UInt8>
  ) {
    switch type {
    case .float32: run(units, loops, a, b, result, as: Float.self)
    case .float64: run(units, loops, a, b, result, as: Double.self)
    case .int16: run(units, loops, a, b, result, as: Int16.self)
    case .uint16: run(units, loops, a, b, result, as: UInt16.self)
    case .int32: run(units, loops, a, b, result, as: Int32.self)
    case .uint32: run(units, loops, a, b, result, as: UInt32.self)
    case .int64: run(units, loops, a, b, result, as: Int64.self)
    case .uint64: run(units, loops, a, b, result, as: UInt64.self)
    case .bool: logic(units, loops, a, b, result)
    // In planned memory, all quantized numbers are unsigned, in the same order.
    case .uint8, .int8: run(units, loops, a, b, result, as: UInt8.self)
    default: preconditionFailure("no comparison of \(type)")
    }
  }

  private func run<Element: Comparable>(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    _ result: UnsafeMutablePointer<UInt8>, as _: Element.Type
  ) {
    let a = a.assumingMemoryBound(to: Element.self), b = b.assumingMemoryBound(to: Element.self)
    switch self {
    case .equal: loops.combine(units, a, b, result) { $0 == $1 ? 1 : 0 }
    case .less: loops.combine(units, a, b, result) { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: loops.combine(units, a, b, result) { $0 <= $1 ? 1 : 0 }
    case .both, .either, .oneOnly: preconditionFailure("\(self) applies to Booleans only")
    }
  }

  private func logic(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    _ result: UnsafeMutablePointer<UInt8>
  ) {
    let first = a.assumingMemoryBound(to: UInt8.self), second = b.assumingMemoryBound(to: UInt8.self)
    switch self {
    case .both: loops.combine(units, first, second, result) { $0 & $1 }
    case .either: loops.combine(units, first, second, result) { $0 | $1 }
    case .oneOnly: loops.combine(units, first, second, result) { $0 ^ $1 }
    case .equal, .less, .lessOrEqual: run(units, loops, a, b, result, as: UInt8.self)
    }
  }
}

/// The selection of one of two elements by a Boolean.
enum Selection {
  /// Selects elements of a width, for a range of units of the loops.
  static func run(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ width: ElementWidth, by condition: UnsafeRawPointer,
    of operands: (UnsafeRawPointer, UnsafeRawPointer), to result: UnsafeMutableRawPointer
  ) {
    switch width {
    case .one: run(units, loops, condition, operands, to: result, as: UInt8.self)
    case .two: run(units, loops, condition, operands, to: result, as: UInt16.self)
    case .four: run(units, loops, condition, operands, to: result, as: UInt32.self)
    case .eight: run(units, loops, condition, operands, to: result, as: UInt64.self)
    }
  }

  private static func run<Bits: FixedWidthInteger>(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ condition: UnsafeRawPointer,
    _ operands: (UnsafeRawPointer, UnsafeRawPointer), to result: UnsafeMutableRawPointer, as _: Bits.Type
  ) {
    let condition = condition.assumingMemoryBound(to: UInt8.self)
    let a = operands.0.assumingMemoryBound(to: Bits.self), b = operands.1.assumingMemoryBound(to: Bits.self)
    let result = result.assumingMemoryBound(to: Bits.self)
    loops.forEachRun(units) { count, place, stride in
      let (c, a, b, y) = (condition + place(1), a + place(2), b + place(3), result + place(0))
      let (strideC, strideA, strideB, strideY) = (stride(1), stride(2), stride(3), stride(0))
      if strideC == 1, strideA == 1, strideB == 1, strideY == 1 {
        for i in 0..<count { y[i] = c[i] != 0 ? a[i] : b[i] }
      } else {
        for i in 0..<count { y[i &* strideY] = c[i &* strideC] != 0 ? a[i &* strideA] : b[i &* strideB] }
      }
    }
  }
}

extension ElementwiseOperands {
  /// Stores `function` of each pair of elements in the result.
  @inline(__always)
  func combine<Element, Result>(
    _ units: Range<Int>, _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>,
    _ result: UnsafeMutablePointer<Result>, _ function: (Element, Element) -> Result
  ) {
    forEachRun(units) { count, place, stride in
      let (a, b, y) = (a + place(1), b + place(2), result + place(0))
      switch (stride(1), stride(2), stride(0)) {
      case (1, 1, 1): for i in 0..<count { y[i] = function(a[i], b[i]) }
      case (1, 0, 1):
        let b = b[0]
        for i in 0..<count { y[i] = function(a[i], b) }
      case (0, 1, 1):
        let a = a[0]
        for i in 0..<count { y[i] = function(a, b[i]) }
      case (let strideA, let strideB, let strideY):
        for i in 0..<count { y[i &* strideY] = function(a[i &* strideA], b[i &* strideB]) }
      }
    }
  }

  /// Calls `body` for the runs of elements in a range of units, with the offsets and strides of the
  /// result and of every operand. A run consists of the channels of a pixel, or of pixels with one
  /// channel.
  @inline(__always)
  func forEachRun(
    _ units: Range<Int>, _ body: (_ count: Int, _ place: (Int) -> Int, _ stride: (Int) -> Int) -> Void
  ) {
    var unit = units.lowerBound
    while unit < units.upperBound {
      let (image, pixel) = unit.quotientAndRemainder(dividingBy: shape.pixels)
      let isAlongPixels = shape.channels == 1
      let end = isAlongPixels ? min(units.upperBound, (image + 1) * shape.pixels) : unit + 1
      body(isAlongPixels ? end - unit : shape.channels) {
        image * strides[$0].image + pixel * strides[$0].pixel
      } _: {
        isAlongPixels ? strides[$0].pixel : strides[$0].channel
      }
      unit = end
    }
  }
}
