/// The one-dimensional slices of a tensor along an axis, in row-major order of the other axes.
struct AxisSlices {
  /// The elements of one slice.
  let count: Int
  /// The distance between neighbours in a slice.
  let stride: Int
  private let outer: Int

  /// The slices of a tensor of `shape` along `axis`.
  init(_ shape: [Int], axis: Int) {
    count = shape[axis]
    // A tensor without elements may have sizes whose product overflows; it has no slices to walk.
    let isEmpty = shape.contains(0)
    stride = isEmpty ? 0 : shape[(axis + 1)...].reduce(1, *)
    outer = isEmpty ? 0 : shape[..<axis].reduce(1, *)
  }

  /// Calls `body` for each slice with its number and the index of its first element.
  @inline(__always)
  func forEach(_ body: (_ slice: Int, _ start: Int) -> Void) {
    for block in 0..<outer {
      for place in 0..<stride { body(block * stride + place, block * stride * count + place) }
    }
  }
}
