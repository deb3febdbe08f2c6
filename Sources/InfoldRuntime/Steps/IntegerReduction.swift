import InfoldKernelInterface
import InfoldTensor

/// A reduction of integers, modulo 2ⁿ, along the columns of consecutive matrices.
struct IntegerReduction: Sendable {
  let reduction: Reduction
  let type: ElementType
  let matrices: Int
  let rows: Int
  let columns: Int

  /// Returns whether the reduction supports an element type.
  static func has(_ reduction: Reduction, _ type: ElementType) -> Bool {
    switch (reduction, type) {
    case (.mean, _), (.norm, _): false
    case (_, .int32), (_, .uint32), (_, .int64), (_, .uint64), (_, .uint8): true
    default: false
    }
  }

  /// The number of columns reduced at once.
  private static let block = 1024

  private var blocks: Int { (columns + Self.block - 1) / Self.block }

  var units: Int { matrices * blocks }

  func run(_ units: Range<Int>, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    switch type {
    case .int32: run(units, source, target, as: Int32.self)
    case .uint32: run(units, source, target, as: UInt32.self)
    case .int64: run(units, source, target, as: Int64.self)
    case .uint64: run(units, source, target, as: UInt64.self)
    case .uint8: run(units, source, target, as: UInt8.self)
    default: preconditionFailure("no integer reduction of \(type)")
    }
  }

  private func run<Element: FixedWidthInteger>(
    _ units: Range<Int>, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, as _: Element.Type
  ) {
    let x = source.assumingMemoryBound(to: Element.self), y = target.assumingMemoryBound(to: Element.self)
    switch reduction {
    case .sum: reduce(units, x, y, 0) { $0 &+ $1 }
    case .magnitudes: reduce(units, x, y, 0) { $1 < 0 ? $0 &- $1 : $0 &+ $1 }
    case .squares: reduce(units, x, y, 0) { $0 &+ $1 &* $1 }
    case .product: reduce(units, x, y, 1) { $0 &* $1 }
    case .maximum: reduce(units, x, y, .min) { max($0, $1) }
    case .minimum: reduce(units, x, y, .max) { min($0, $1) }
    case .mean, .norm: preconditionFailure("no integer reduction \(reduction)")
    }
  }

  @inline(__always)
  private func reduce<Element: FixedWidthInteger>(
    _ units: Range<Int>, _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ start: Element,
    _ combine: (Element, Element) -> Element
  ) {
    for unit in units {
      let (matrix, block) = unit.quotientAndRemainder(dividingBy: blocks)
      let first = x + matrix * rows * columns
      if columns == 1 {
        var result = start
        for row in 0..<rows { result = combine(result, first[row]) }
        y[matrix] = result
        continue
      }
      let begin = block * Self.block, count = min(Self.block, columns - begin)
      let result = y + matrix * columns + begin
      for column in 0..<count { result[column] = start }
      for row in 0..<rows {
        let x = first + row * columns + begin
        for column in 0..<count { result[column] = combine(result[column], x[column]) }
      }
    }
  }
}
