import InfoldTensor

/// The cumulative sums of elements along an axis.
struct RunningSums: Sendable {
  let block: AxisBlock
  /// Whether the element itself is excluded from its sum.
  let isExclusive: Bool
  /// Whether the sums run from the end.
  let isReversed: Bool
  let type: ElementType

  /// Returns whether the sums support an element type.
  static func has(_ type: ElementType) -> Bool {
    switch type {
    case .float32, .int32, .uint32, .int64, .uint64: true
    default: false
    }
  }

  /// The number of columns summed at once.
  private static let width = 1024

  private var parts: Int { (block.stride + Self.width - 1) / Self.width }
  var units: Int { block.outer * parts }

  func run(_ units: Range<Int>, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    switch type {
    case .float32: run(units, source, target, 0 as Float) { $0 + $1 }
    case .int32: run(units, source, target, 0 as Int32) { $0 &+ $1 }
    case .uint32: run(units, source, target, 0 as UInt32) { $0 &+ $1 }
    case .int64: run(units, source, target, 0 as Int64) { $0 &+ $1 }
    case .uint64: run(units, source, target, 0 as UInt64) { $0 &+ $1 }
    default: preconditionFailure("no cumulative sums of \(type)")
    }
  }

  @inline(__always)
  private func run<Element: BitwiseCopyable>(
    _ units: Range<Int>, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ zero: Element,
    _ add: (Element, Element) -> Element
  ) {
    let step = isReversed ? -block.stride : block.stride
    for unit in units {
      let (outer, part) = unit.quotientAndRemainder(dividingBy: parts)
      let first = part * Self.width, count = min(Self.width, block.stride - first)
      let begin =
        outer * block.count * block.stride + first + (isReversed ? (block.count - 1) * block.stride : 0)
      var x = source.assumingMemoryBound(to: Element.self) + begin
      var y = target.assumingMemoryBound(to: Element.self) + begin
      if block.stride == 1 {
        var sum = zero
        for _ in 0..<block.count {
          let next = add(sum, x.pointee)
          y.pointee = isExclusive ? sum : next
          sum = next
          x += step
          y += step
        }
        continue
      }
      for column in 0..<count { y[column] = isExclusive ? zero : add(zero, x[column]) }
      for _ in 1..<block.count {
        let before = y, added = isExclusive ? x : x + step
        x += step
        y += step
        for column in 0..<count { y[column] = add(before[column], added[column]) }
      }
    }
  }
}
