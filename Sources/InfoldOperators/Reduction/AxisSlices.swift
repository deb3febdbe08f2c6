/// The one-dimensional slices of a tensor along an axis, in row-major order of the other axes.
struct AxisSlices {
  /// The number of elements in a slice.
  let count: Int
  /// The distance between neighboring elements of a slice.
  let stride: Int
  private let outer: Int

  /// Creates the slices of a tensor of `shape` along `axis`.
  init(_ shape: [Int], axis: Int) {
    count = shape[axis]
    // The sizes of an empty tensor may have a product that overflows. It has no slices.
    let isEmpty = shape.contains(0)
    stride = isEmpty ? 0 : shape[(axis + 1)...].reduce(1, *)
    outer = isEmpty ? 0 : shape[..<axis].reduce(1, *)
  }

  /// Calls `body` for each slice, with its index and the offset of its first element.
  @inline(__always)
  func forEach(_ body: (_ slice: Int, _ start: Int) -> Void) {
    for block in 0..<outer {
      for place in 0..<stride { body(block * stride + place, block * stride * count + place) }
    }
  }
}
