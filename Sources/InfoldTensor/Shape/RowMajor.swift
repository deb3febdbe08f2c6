/// For each dimension of `shape`, the distance in elements between neighbours along it, in row-major order; 0 for all of
/// a tensor without elements, whose other sizes may be of any magnitude.
/// - Precondition: `shape` is that of a tensor.
package func rowMajorStrides(_ shape: [Int]) -> [Int] {
  guard !shape.contains(0) else { return shape.map { _ in 0 } }
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  return strides
}
