import InfoldKernelInterface
import InfoldTensor

/// The conversion of elements in planned memory from one type to another, as defined by Cast. The
/// results are bit-identical to those of `Tensor.cast(to:)`, with the same arithmetic.
struct ElementConversion: Sendable {
  private let source: ElementType
  private let target: ElementType
  private let kernels: any LanewiseKernels.Type

  /// - Precondition: Plans can store both types.
  init(from source: ElementType, to target: ElementType, _ kernels: any LanewiseKernels.Type) {
    (self.source, self.target, self.kernels) = (source, target, kernels)
  }

  /// Converts the first operand of the loops, for a range of units.
  func run(
    _ units: Range<Int>, _ loops: ElementwiseOperands, from x: UnsafeRawPointer, to y: UnsafeMutableRawPointer
  ) {
    let sourceSize = ElementFormat(source)!.byteCount, targetSize = ElementFormat(target)!.byteCount
    loops.forEachRun(units) { count, place, stride in
      let x = x + place(1) * sourceSize, y = y + place(0) * targetSize
      if stride(1) == 1, stride(0) == 1 {
        convert(count, x, y)
      } else {
        for index in 0..<count { convert(1, x + index * stride(1) * sourceSize, y + index * stride(0) * targetSize) }
      }
    }
  }

  /// Converts contiguous elements.
  private func convert(_ count: Int, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer) {
    guard source != target else {
      y.copyMemory(from: x, byteCount: count * ElementFormat(source)!.byteCount)
      return
    }
    switch source {
    case .float16, .bfloat16: halves(count, x.assumingMemoryBound(to: UInt16.self), y)
    case .float32: floats(count, x.assumingMemoryBound(to: Float.self), y)
    case .float64: doubles(count, x.assumingMemoryBound(to: Double.self), y)
    case .int8: bytes(count, x.assumingMemoryBound(to: UInt8.self), y)
    case .int16: integers(count, x.assumingMemoryBound(to: Int16.self), y)
    case .int32: integers(count, x.assumingMemoryBound(to: Int32.self), y)
    case .int64: integers(count, x.assumingMemoryBound(to: Int64.self), y)
    case .uint16: integers(count, x.assumingMemoryBound(to: UInt16.self), y)
    case .uint32: integers(count, x.assumingMemoryBound(to: UInt32.self), y)
    case .uint64: integers(count, x.assumingMemoryBound(to: UInt64.self), y)
    // A Boolean is 1 or 0.
    default: integers(count, x.assumingMemoryBound(to: UInt8.self), y)
    }
  }
}

// Conversions by source type.
extension ElementConversion {
  private func halves(_ count: Int, _ x: UnsafePointer<UInt16>, _ y: UnsafeMutableRawPointer) {
    let format = NarrowFormat(source)
    guard target != .float32 else {
      kernels.widen(x, of: format, to: y.assumingMemoryBound(to: Float.self), count: count)
      return
    }
    inParts(of: Float.self, count, y) { part, first, count, y in
      kernels.widen(x + first, of: format, to: part, count: count)
      floats(count, part, y)
    }
  }

  private func floats(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer) {
    switch target {
    case .float16, .bfloat16:
      kernels.narrow(x, to: y.assumingMemoryBound(to: UInt16.self), of: NarrowFormat(target), count: count)
    case .float32: y.copyMemory(from: x, byteCount: count * MemoryLayout<Float>.stride)
    case .float64: map(count, x, y) { Double($0) }
    case .bool: map(count, x, y) { $0 != 0 }
    default:
      inParts(of: Double.self, count, y) { part, first, count, y in
        for index in 0..<count { part[index] = Double(x[first + index]) }
        doubles(count, part, y)
      }
    }
  }

  private func doubles(_ count: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutableRawPointer) {
    switch target {
    case .float16: map(count, x, y) { Float16(narrowing: $0) }
    case .bfloat16: map(count, x, y) { BFloat16(narrowing: $0) }
    case .float32: map(count, x, y) { Float($0) }
    case .float64: y.copyMemory(from: x, byteCount: count * MemoryLayout<Double>.stride)
    case .bool: map(count, x, y) { $0 != 0 }
    // With the offset of 128 that planned memory uses.
    case .int8: map(count, x, y) { UInt8(bitPattern: Int8(saturating: $0)) ^ 0x80 }
    case .int16: map(count, x, y) { Int16(saturating: $0) }
    case .int32: map(count, x, y) { Int32(saturating: $0) }
    case .int64: map(count, x, y) { Int64(saturating: $0) }
    case .uint8: map(count, x, y) { UInt8(saturating: $0) }
    case .uint16: map(count, x, y) { UInt16(saturating: $0) }
    case .uint32: map(count, x, y) { UInt32(saturating: $0) }
    case .uint64: map(count, x, y) { UInt64(saturating: $0) }
    default: preconditionFailure("plans cannot store \(target)")
    }
  }

  /// Converts int8 numbers, which have 128 added in planned memory.
  private func bytes(_ count: Int, _ x: UnsafePointer<UInt8>, _ y: UnsafeMutableRawPointer) {
    inParts(of: Int8.self, count, y) { part, first, count, y in
      for index in 0..<count { part[index] = Int8(bitPattern: x[first + index] ^ 0x80) }
      integers(count, UnsafePointer(part), y)
    }
  }

  private func integers<Source: IntegerElement>(
    _ count: Int, _ x: UnsafePointer<Source>, _ y: UnsafeMutableRawPointer
  ) {
    switch target {
    case .float16, .bfloat16:
      // Convert by way of a double whose sticky bit makes the second rounding correct.
      inParts(of: Double.self, count, y) { part, first, count, y in
        for index in 0..<count { part[index] = Double(sticky: x[first + index]) }
        doubles(count, part, y)
      }
    case .float32: map(count, x, y) { Float($0) }
    case .float64: map(count, x, y) { Double($0) }
    case .bool: map(count, x, y) { $0 != 0 }
    case .int8: map(count, x, y) { UInt8(truncatingIfNeeded: $0) ^ 0x80 }
    // Truncate to the low bits, or extend with the sign.
    case .uint8: map(count, x, y) { UInt8(truncatingIfNeeded: $0) }
    case .int16, .uint16: map(count, x, y) { UInt16(truncatingIfNeeded: $0) }
    case .int32, .uint32: map(count, x, y) { UInt32(truncatingIfNeeded: $0) }
    case .int64, .uint64: map(count, x, y) { UInt64(truncatingIfNeeded: $0) }
    default: preconditionFailure("plans cannot store \(target)")
    }
  }

  @inline(__always)
  private func map<Source, Target>(
    _ count: Int, _ x: UnsafePointer<Source>, _ y: UnsafeMutableRawPointer, _ function: (Source) -> Target
  ) {
    let y = y.assumingMemoryBound(to: Target.self)
    for index in 0..<count { y[index] = function(x[index]) }
  }

  /// Calls `body` for blocks of elements, with a stack buffer for a block, the index of its first
  /// element, its size, and its target address.
  @inline(__always)
  private func inParts<Element>(
    of _: Element.Type, _ count: Int, _ y: UnsafeMutableRawPointer,
    _ body: (_ part: UnsafeMutablePointer<Element>, _ first: Int, _ count: Int, _ y: UnsafeMutableRawPointer) -> Void
  ) {
    let size = ElementFormat(target)!.byteCount, most = 256
    withUnsafeTemporaryAllocation(of: Element.self, capacity: most) { room in
      var first = 0
      while first < count {
        body(room.baseAddress!, first, min(most, count - first), y + first * size)
        first += most
      }
    }
  }
}

extension NarrowFormat {
  /// Creates the format for float16 or bfloat16.
  fileprivate init(_ type: ElementType) { self = type == .float16 ? .float16 : .bfloat16 }
}
