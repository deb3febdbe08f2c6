import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The division of a mini-batch into groups of elements, each with its own mean. In row-major
/// order, the mini-batch has the shape [blocks, groups, length].
struct Extents {
  let samples: Int
  let positions: [Int]
  let parameterShape: [Int]
  let blocks: Int
  let groups: Int
  let length: Int

  /// - Throws: `InfoldError` with `.unsupported` if elements are not floating point,
  ///   `.invalidArgument` for a tensor without dimensions or elements.
  init(
    _ batch: Tensor, _ layout: BatchStatistics.Layout, _ granularity: BatchStatistics.Granularity
  ) throws(InfoldError) {
    guard batch.elementType.isFloatingPoint else {
      throw InfoldError(.unsupported, "statistics need floating-point elements, not \(batch.elementType)")
    }
    guard let samples = batch.shape.first, batch.count > 0 else {
      throw InfoldError(
        .invalidArgument, "a mini-batch of shape \(batch.shape) has no elements, and thus no statistics")
    }
    self.samples = samples
    let features = Array(batch.shape.dropFirst())
    let channels = (layout == .nchw ? features.first : features.last) ?? 1
    positions = Array(layout == .nchw ? features.dropFirst() : features.dropLast())
    let area = positions.reduce(1, *)
    switch (granularity, layout) {
    case (.activation, _):
      parameterShape = features.isEmpty ? [1] : features
      (blocks, groups, length) = (samples, channels * area, 1)
    case (.featureMap, .nchw):
      parameterShape = [channels]
      (blocks, groups, length) = (samples, channels, area)
    case (.featureMap, .nhwc):
      parameterShape = [channels]
      (blocks, groups, length) = (samples * area, channels, 1)
    }
  }
}
