import InfoldSystem
import InfoldTensor

extension SlidingWindow {
  /// Creates the window of a pool. Its size is the attribute `kernel_shape`.
  /// - Throws: `InfoldError.Code.invalidModel` if the attribute is missing; `.unsupported` for more
  ///   than 3 dimensions.
  init(pooling attributes: Attributes) throws(InfoldError) {
    guard let kernel = attributes.kernel, !kernel.isEmpty else {
      throw InfoldError(.invalidModel, "missing or empty attribute \"kernel_shape\"")
    }
    guard kernel.count <= 3 else {
      throw InfoldError(
        .unsupported, "unsupported kernel_shape with \(counted(kernel.count, "dimension")); supported are 1 to 3")
    }
    try self.init(attributes, kernel: kernel, mayHaveNoPosition: true)
  }

  /// Returns the output shape of a pool: [N, C, D1, …] → [N, C, O1, …].
  func pooled(_ shape: Shape?) throws(InfoldError) -> Shape {
    var output = shape ?? Shape(unknownOfRank: rank + 2)
    guard output.rank == rank + 2 else {
      throw InfoldError(
        .invalidModel,
        "the input has the shape \(output); with a kernel_shape of \(counted(rank, "value")) it must have "
          + "\(counted(rank + 2, "dimension"))")
    }
    for axis in 0..<rank { output[axis + 2] = try outputDimension(axis, input: output[axis + 2]) }
    return output
  }
}
