import InfoldTensor

/// The slices of a tensor that index lists refer to.
struct IndexedSlices: Sendable {
  let indices: RunIndices
  /// The number of elements of a slice.
  let length: Int
  /// The number of consecutive blocks of the tensor. Each block has its own slices.
  let blocks: Int
  let slicesPerBlock: Int
  /// Whether all blocks have the same indices.
  let sharesIndices: Bool
  private let blockLength: Int
  /// The size and the stride of each axis that a list indexes.
  private let levels: [(size: Int, stride: Int)]

  init(_ indices: RunIndices, blocks: Int, sharesIndices: Bool) {
    let strides = rowMajorStrides(indices.shape)
    levels = indices.axes.map { (indices.shape[$0], strides[$0]) }
    length = levels.last!.stride
    self.indices = indices
    self.blocks = blocks
    self.sharesIndices = sharesIndices
    blockLength = indices.shape.reduce(1, *) / blocks
    slicesPerBlock = indices.count / levels.count / (sharesIndices ? 1 : blocks)
  }

  var count: Int { blocks * slicesPerBlock }

  /// Calls `body` with the number of each slice and the offset of its first element.
  @inline(__always)
  func forEach(_ slices: Range<Int>, in state: RunState, _ body: (_ slice: Int, _ start: Int) -> Void) {
    indices.with(state, int64: { forEach(slices, $0, body) }, int32: { forEach(slices, $0, body) })
  }

  @inline(__always)
  private func forEach<Index: FixedWidthInteger>(
    _ slices: Range<Int>, _ indices: UnsafePointer<Index>, _ body: (Int, Int) -> Void
  ) {
    var slice = slices.lowerBound
    while slice < slices.upperBound {
      let (block, first) = slice.quotientAndRemainder(dividingBy: slicesPerBlock)
      let end = min(slices.upperBound, (block + 1) * slicesPerBlock)
      let base = block * blockLength
      var list = indices + (sharesIndices ? first : slice) * levels.count
      if levels.count == 1 {
        let (size, stride) = levels[0]
        while slice < end {
          body(slice, base &+ wrapped(list[0], size) &* stride)
          list += 1
          slice &+= 1
        }
      } else {
        while slice < end {
          var start = base
          for level in levels.indices { start += wrapped(list[level], levels[level].size) * levels[level].stride }
          body(slice, start)
          list += levels.count
          slice += 1
        }
      }
    }
  }
}

/// The elements of a tensor that an index tensor refers to along one axis, as in GatherElements.
struct IndexedElements: Sendable {
  let indices: RunIndices
  private let size: Int
  /// The stride of the indexed axis.
  private let stride: Int
  /// The axes of the index tensor except the last, with their strides in the data tensor. Axes that
  /// are contiguous in the data tensor are merged.
  private let outer: [(count: Int, stride: Int)]
  /// The number of indices per row, and their stride in the data tensor.
  private let inner: (count: Int, stride: Int)

  /// - Parameter sizes: The sizes of the index tensor.
  init(_ indices: RunIndices, sizes: [Int]) {
    let axis = indices.axes[0], strides = rowMajorStrides(indices.shape)
    self.indices = indices
    size = indices.shape[axis]
    stride = strides[axis]
    var joined: [(count: Int, stride: Int)] = []
    for (place, count) in sizes.enumerated() where count > 1 {
      let next = (count: count, stride: place == axis ? 0 : strides[place])
      if let last = joined.last, last.stride != 0, next.stride != 0, last.stride == next.stride * next.count {
        joined[joined.count - 1] = (last.count * next.count, next.stride)
      } else {
        joined.append(next)
      }
    }
    inner = joined.popLast() ?? (1, 0)
    outer = joined
  }

  var rows: Int { outer.reduce(1) { $0 * $1.count } }

  /// Calls `body` with the number of each index in a range of rows, and the offset of the element
  /// that it refers to.
  @inline(__always)
  func forEach(_ rows: Range<Int>, in state: RunState, _ body: (_ number: Int, _ place: Int) -> Void) {
    indices.with(state, int64: { forEach(rows, $0, body) }, int32: { forEach(rows, $0, body) })
  }

  @inline(__always)
  private func forEach<Index: FixedWidthInteger>(
    _ rows: Range<Int>, _ indices: UnsafePointer<Index>, _ body: (Int, Int) -> Void
  ) {
    for row in rows {
      var rest = row, base = 0
      for dimension in outer.reversed() {
        base += rest % dimension.count * dimension.stride
        rest /= dimension.count
      }
      let first = row &* inner.count
      for column in 0..<inner.count {
        body(
          first &+ column, base &+ column &* inner.stride &+ wrapped(indices[first &+ column], size) &* stride)
      }
    }
  }
}

/// Converts a negative index, which counts from the end, to one that counts from the beginning.
@inline(__always)
private func wrapped<Index: FixedWidthInteger>(_ index: Index, _ size: Int) -> Int {
  let index = Int(truncatingIfNeeded: index)
  return index < 0 ? index &+ size : index
}
