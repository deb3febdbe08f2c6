import InfoldOperators
import InfoldSystem

/// Indices of int32 or int64 in planned memory. Negative indices count from the end.
struct RunIndices: Sendable {
  let place: Location
  let count: Int
  /// The shape of the indexed tensor.
  let shape: [Int]
  /// The axes that consecutive elements of an index list refer to.
  let axes: [Int]

  private var is64Bit: Bool { place.format.byteCount == 8 }

  /// Calls `int64` or `int32` with the indices, depending on their type.
  @inline(__always)
  func with<Result>(
    _ state: RunState, int64: (UnsafePointer<Int64>) -> Result, int32: (UnsafePointer<Int32>) -> Result
  ) -> Result {
    is64Bit
      ? int64(UnsafePointer(state.address(place).assumingMemoryBound(to: Int64.self)))
      : int32(UnsafePointer(state.address(place).assumingMemoryBound(to: Int32.self)))
  }

  /// Checks that all indices are in range.
  func check(in state: RunState) throws(InfoldError) {
    if let wrong = with(state, int64: firstOutside, int32: firstOutside) {
      try requireIndex(wrong.index, along: wrong.axis, of: shape)
    }
  }

  private func firstOutside<Index: FixedWidthInteger>(
    _ indices: UnsafePointer<Index>
  ) -> (index: Int, axis: Int)? {
    if axes.count == 1 {
      let size = Index(clamping: shape[axes[0]])
      var (low, high) = (indices[0], indices[0])
      for place in 1..<max(count, 1) {
        low = min(low, indices[place])
        high = max(high, indices[place])
      }
      if low >= 0 &- size, high < size { return nil }
    }
    for place in 0..<count {
      let axis = axes[place % axes.count], index = Int(indices[place])
      if index < -shape[axis] || index >= shape[axis] { return (index, axis) }
    }
    return nil
  }
}
