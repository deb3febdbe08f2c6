import InfoldSystem
import InfoldTensor

/// The source of each element of a result: element [i, j, …] is the source's element `start` +
/// offset of i along axis 0 + offset of j along axis 1 + ….
///
/// Transposing, slicing, repeating, mirroring and gathering are maps of this kind.
package struct IndexMap {
  /// The offsets along one axis of the result.
  package enum Axis {
    /// `count` positions, `stride` elements of the source apart.
    case strided(count: Int, by: Int)
    /// `count` positions with individual offsets. `nil` means the fill value instead of an element
    /// of the source.
    case computed(count: Int, (Int) -> Int?)

    /// The number of positions along the axis.
    package var count: Int {
      switch self {
      case .strided(let count, _), .computed(let count, _): count
      }
    }
  }

  /// The index of the source element to which offsets are added.
  package var start = 0
  /// The offsets along each axis of the result, outermost first.
  package var axes: [Axis]

  /// Creates a map.
  package init(start: Int = 0, axes: [Axis]) {
    self.start = start
    self.axes = axes
  }

  /// Returns the tensor that this map selects from `source`.
  /// - Parameter fill: A tensor of one element of the same type, used where the map selects no
  ///   element; zero if `nil`.
  /// - Throws: `InfoldError.Code.limitExceeded` if the result is too large.
  func apply(to source: Tensor, fill: Tensor? = nil) throws(InfoldError) -> Tensor {
    var result = try Tensor(zeros: axes.map(\.count), of: source.elementType)
    guard result.count > 0 else { return result }
    switch source.elementType.bitWidth {
    case 8: try copy(source, fill, into: &result, as: UInt8.self)
    case 16: try copy(source, fill, into: &result, as: UInt16.self)
    case 32: try copy(source, fill, into: &result, as: UInt32.self)
    case 64: try copy(source, fill, into: &result, as: UInt64.self)
    default: throw InfoldError(.unsupported, "unsupported element type \(source.elementType)")
    }
    return result
  }

  private func copy<Bits: BitPattern>(
    _ source: Tensor, _ fill: Tensor?, into result: inout Tensor, as _: Bits.Type
  ) throws(InfoldError) {
    let fill = fill.map { $0.withBitPatterns { (bits: Span<Bits>) in bits[0] } } ?? 0
    let merged = merged()
    try result.withMutableBitPatterns { (result: inout MutableSpan<Bits>) in
      source.withBitPatterns { (source: Span<Bits>) in
        var position = 0
        IndexMap.copy(source, from: merged.start, merged.axes[...], fill, into: &result, at: &position)
      }
    }
  }

  /// Returns an equivalent map without axes of one position, and with neighboring axes merged if
  /// one step of the outer axis equals all steps of the inner one. The result has few axes, at most
  /// as many as a tensor size has bits, and long inner ones.
  private func merged() -> IndexMap {
    var merged = IndexMap(start: start, axes: [])
    for axis in axes {
      switch (merged.axes.last, axis) {
      case (_, .strided(1, _)): break
      case (_, .computed(1, let distance)):
        if let distance = distance(0) { merged.start += distance } else { merged.axes.append(axis) }
      case (.strided(let outer, let outerStride), .strided(let inner, let innerStride))
      where outerStride == inner &* innerStride:
        merged.axes[merged.axes.count - 1] = .strided(count: outer * inner, by: innerStride)
      default: merged.axes.append(axis)
      }
    }
    return merged
  }

  private static func copy<Bits: BitPattern>(
    _ source: borrowing Span<Bits>, from start: Int, _ axes: ArraySlice<Axis>, _ fill: Bits,
    into result: inout MutableSpan<Bits>, at position: inout Int
  ) {
    guard let axis = axes.first else {
      result[position] = source[start]
      position += 1
      return
    }
    let inner = axes.dropFirst()
    switch axis {
    case .strided(let count, let stride) where inner.isEmpty:
      copyRow(source, from: start, stride: stride, into: &result, at: position, count: count)
      position += count
    case .strided(let count, let stride):
      for index in 0..<count {
        copy(source, from: start + index * stride, inner, fill, into: &result, at: &position)
      }
    case .computed(let count, let distance) where inner.isEmpty:
      for index in 0..<count { result[position + index] = distance(index).map { source[start + $0] } ?? fill }
      position += count
    case .computed(let count, let distance):
      let innerCount = inner.reduce(1) { $0 * $1.count }
      for index in 0..<count {
        if let distance = distance(index) {
          copy(source, from: start + distance, inner, fill, into: &result, at: &position)
        } else {
          for index in position..<(position + innerCount) { result[index] = fill }
          position += innerCount
        }
      }
    }
  }

  private static func copyRow<Bits: BitPattern>(
    _ source: borrowing Span<Bits>, from start: Int, stride: Int, into result: inout MutableSpan<Bits>,
    at position: Int, count: Int
  ) {
    precondition(start >= 0 && start < source.count)
    precondition((0..<source.count).contains(start + (count - 1) * stride))
    precondition(position >= 0 && position + count <= result.count)
    if stride == 1 {
      for index in 0..<count { result[unchecked: position &+ index] = source[unchecked: start &+ index] }
    } else {
      for index in 0..<count { result[unchecked: position &+ index] = source[unchecked: start &+ index &* stride] }
    }
  }
}

extension IndexMap {
  /// Creates the identity map of a tensor of `shape`, to be modified axis by axis.
  package init(identityOf shape: [Int]) {
    axes = zip(shape, rowMajorStrides(shape)).map { .strided(count: $0, by: $1) }
  }
}
