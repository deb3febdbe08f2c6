/// Returns the row-major strides of `shape`, in elements. For a tensor without elements, all
/// strides are 0, because its other sizes may be arbitrarily large.
/// - Precondition: `shape` is the shape of a tensor.
package func rowMajorStrides(_ shape: [Int]) -> [Int] {
  guard !shape.contains(0) else { return shape.map { _ in 0 } }
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  return strides
}
