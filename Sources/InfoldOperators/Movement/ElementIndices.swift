import InfoldGraph
import InfoldSystem
import InfoldTensor

extension OperatorInputs {
  /// Returns the shape of input 1, which holds indices into input 0 along `axis` and has the same
  /// rank.
  /// - Throws: `InfoldError.Code.invalidModel` if the shapes do not match; `.unsupported` if the
  ///   indices are not int64 or int32.
  func elementIndices(along axis: Int) throws(InfoldError) -> Shape? {
    let indices = try type(1, of: .indices).shape
    guard let data = types[0]?.shape else { return indices }
    let axis = try normalizedAxis(axis, rank: data.rank)
    guard let indices else { return Shape(unknownOfRank: data.rank) }
    let fits =
      indices.rank == data.rank
      && zip(indices, data).enumerated().allSatisfy { place, sizes in
        guard place != axis, let count = sizes.0.size, let limit = sizes.1.size else { return true }
        return count <= limit
      }
    guard fits else {
      throw InfoldError(
        .invalidModel, "shape mismatch: indices of shape \(indices) for data of shape \(data) along axis \(axis)")
    }
    return indices
  }
}

extension OperatorInputs {
  /// Returns the number of positions that the indices in input 1 may name along `axis` of input 0,
  /// if it is known.
  func positions(along axis: Int) -> [Int: Int] {
    guard let data = types.first??.shape, let axis = try? normalizedAxis(axis, rank: data.rank),
      let size = data[axis].size
    else { return [:] }
    return [1: size]
  }

  /// Returns the number of positions that every index in input 1 may name. The last dimension of
  /// input 1 lists one index for each dimension of input 0 after the first `batchRank`.
  func positions(batchRank: Int) -> [Int: Int] {
    guard types.count > 1, let data = types[0]?.shape, let depth = types[1]?.shape?.last?.size,
      batchRank + depth <= data.rank
    else { return [:] }
    let sizes = data.dimensions[batchRank..<(batchRank + depth)].compactMap(\.size)
    return sizes.min().map { [1: $0] } ?? [:]
  }
}

/// Throws an error if an index is out of bounds for an axis of `shape`. Negative indices count from
/// the end.
package func requireIndex(_ index: Int, along axis: Int, of shape: [Int]) throws(InfoldError) {
  guard index >= -shape[axis], index < shape[axis] else {
    throw InfoldError(
      .invalidModel, "the index \(index) is out of bounds for axis \(axis) of the shape \(Shape(shape))")
  }
}

/// Returns, for each of `indices`, the offset of the element that it names in a tensor of `shape`.
/// The index applies to `axis`; along the other axes, the position is that of the index itself.
/// Negative indices count from the end.
/// - Precondition: `OperatorInputs.elementIndices` has accepted the shapes.
/// - Throws: `InfoldError.Code.invalidModel` if an index is out of bounds.
func elementOffsets(_ indices: Tensor, along axis: Int, in shape: [Int]) throws(InfoldError) -> [Int] {
  let axis = try normalizedAxis(axis, rank: shape.count)
  let strides = rowMajorStrides(shape)
  var position = indices.shape.map { _ in 0 }
  var places: [Int] = []
  places.reserveCapacity(indices.count)
  for value in try indices.integers() {
    try requireIndex(value, along: axis, of: shape)
    var place = (value < 0 ? value + shape[axis] : value) * strides[axis]
    for other in position.indices where other != axis { place += position[other] * strides[other] }
    places.append(place)
    for back in position.indices.reversed() {
      position[back] += 1
      if position[back] < indices.shape[back] { break }
      position[back] = 0
    }
  }
  return places
}
