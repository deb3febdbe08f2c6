import InfoldTensor

/// The indices of the first elements along an axis in a sort order.
struct ExtremumIndices: Sendable {
  let block: AxisBlock
  let order: ElementOrder
  /// Whether the last of several equal elements is selected. Of several NaNs, it is always the
  /// first.
  let selectsLast: Bool
  let type: ElementType

  /// Returns whether elements of the type are supported and indices fit into 32 bits.
  static func has(_ type: ElementType, _ block: AxisBlock) -> Bool {
    switch type {
    case .float32, .int32, .uint32, .int64, .uint64, .uint8, .int8: block.count < Int(Int32.max)
    default: false
    }
  }

  /// The number of columns searched at once.
  private static let width = 256

  private var parts: Int { (block.stride + Self.width - 1) / Self.width }
  var units: Int { block.outer * parts }
  var scratchByteCount: Int { Self.width * (MemoryLayout<UInt64>.stride + MemoryLayout<Int32>.stride) }

  func run(
    _ units: Range<Int>, from source: UnsafeRawPointer, to target: UnsafeMutablePointer<Int64>,
    scratch: UnsafeMutableRawPointer
  ) {
    switch type {
    case .float32: run(units, source, target, scratch, nan: .max) { (x: Float) in order.key(x) }
    case .int32: run(units, source, target, scratch) { (x: Int32) in order.key(x) }
    case .uint32: run(units, source, target, scratch) { (x: UInt32) in order.key(x) }
    case .int64: run(units, source, target, scratch) { (x: Int64) in order.key(x) }
    case .uint64: run(units, source, target, scratch) { (x: UInt64) in order.key(x) }
    case .uint8, .int8: run(units, source, target, scratch) { (x: UInt8) in order.key(x) }
    default: preconditionFailure("no search in \(type)")
    }
  }

  /// - Parameter nan: The key of NaN.
  @inline(__always)
  private func run<Element, Key: FixedWidthInteger>(
    _ units: Range<Int>, _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Int64>,
    _ scratch: UnsafeMutableRawPointer, nan: Key? = nil, _ key: (Element) -> Key
  ) {
    let x = source.assumingMemoryBound(to: Element.self)
    if block.stride == 1 {
      for unit in units { target[unit] = Int64(search(x + unit * block.count, nan, key)) }
      return
    }
    let keys = scratch.assumingMemoryBound(to: Key.self)
    let indices = (scratch + Self.width * MemoryLayout<UInt64>.stride).assumingMemoryBound(to: Int32.self)
    for unit in units {
      let (outer, part) = unit.quotientAndRemainder(dividingBy: parts)
      let first = part * Self.width, count = min(Self.width, block.stride - first)
      var row = x + outer * block.count * block.stride + first
      for column in 0..<count { (keys[column], indices[column]) = (key(row[column]), 0) }
      for index in 1..<block.count {
        row += block.stride
        let number = Int32(truncatingIfNeeded: index)
        if selectsLast {
          for column in 0..<count {
            let next = key(row[column]), best = keys[column]
            if next > best || next == best && best != nan { (keys[column], indices[column]) = (next, number) }
          }
        } else {
          for column in 0..<count {
            let next = key(row[column]), isBetter = next > keys[column]
            keys[column] = isBetter ? next : keys[column]
            indices[column] = isBetter ? number : indices[column]
          }
        }
      }
      let result = target + outer * block.stride + first
      for column in 0..<count { result[column] = Int64(indices[column]) }
    }
  }

  /// The number of elements in a block. The search compares the maxima of blocks first.
  private static let blockCount = 64

  @inline(__always)
  private func search<Element, Key: FixedWidthInteger>(
    _ x: UnsafePointer<Element>, _ nan: Key?, _ key: (Element) -> Key
  ) -> Int {
    var best = key(x[0]), first = 0, last = 0
    var start = 0
    while start < block.count {
      let end = min(start &+ Self.blockCount, block.count)
      var greatest = key(x[start])
      for index in start..<end {
        let next = key(x[index])
        greatest = next > greatest ? next : greatest
      }
      if greatest > best { (best, first) = (greatest, start) }
      if greatest == best { last = start }
      start = end
    }
    if selectsLast, best != nan {
      var index = min(last &+ Self.blockCount, block.count) &- 1
      while key(x[index]) != best { index &-= 1 }
      return index
    }
    var index = first
    while key(x[index]) != best { index &+= 1 }
    return index
  }

  /// Copies the elements found by `units`.
  func copyFound(
    _ units: Range<Int>, from source: UnsafeRawPointer, at indices: UnsafePointer<Int64>,
    to target: UnsafeMutableRawPointer
  ) {
    switch type {
    case .float32, .int32, .uint32: copyFound(units, source, indices, target, of: UInt32.self)
    case .int64, .uint64: copyFound(units, source, indices, target, of: UInt64.self)
    case .uint8, .int8: copyFound(units, source, indices, target, of: UInt8.self)
    default: preconditionFailure("no search in \(type)")
    }
  }

  private func copyFound<Element: BitwiseCopyable>(
    _ units: Range<Int>, _ source: UnsafeRawPointer, _ indices: UnsafePointer<Int64>,
    _ target: UnsafeMutableRawPointer, of _: Element.Type
  ) {
    let x = source.assumingMemoryBound(to: Element.self), y = target.assumingMemoryBound(to: Element.self)
    for unit in units {
      let (outer, part) = unit.quotientAndRemainder(dividingBy: parts)
      let columns = part * Self.width..<min((part + 1) * Self.width, block.stride)
      for column in columns {
        let place = outer * block.stride + column
        y[place] = x[(outer * block.count + Int(indices[place])) * block.stride + column]
      }
    }
  }
}
