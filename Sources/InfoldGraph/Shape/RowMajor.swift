/// For each dimension of `shape`, the distance in elements between neighbours along it, in row-major order.
/// - Precondition: `shape` is that of a tensor.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] &* shape[axis + 1] }
  return strides
}
