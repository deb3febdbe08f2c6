import InfoldSystem
import InfoldTensor

/// The statistics of one mini-batch, which may consist of pieces.
struct MiniBatchStatistics {
  let layout: BatchStatistics.Layout
  let granularity: BatchStatistics.Granularity
  /// The shape of the mean. `nil` before the first piece.
  private(set) var shape: [Int]?
  /// The positions of a feature map. `nil` before the first piece, and if pieces differ.
  private(set) var positions: [Int]?
  private(set) var samples = 0
  private(set) var moments = MomentSums()

  init(layout: BatchStatistics.Layout, per granularity: BatchStatistics.Granularity) {
    self.layout = layout
    self.granularity = granularity
  }

  /// Adds a piece.
  /// - Throws: The errors of `BatchStatistics.add(pieces:)`. The statistics are then unchanged.
  mutating func add(_ piece: Tensor) throws(InfoldError) {
    let extents = try Extents(piece, layout, granularity)
    if let shape { try requireSameShape(extents.parameterShape, as: shape) }
    var merged = moments
    merged.merge(try MomentSums(of: piece, extents))
    try merged.requireFinite()
    moments = merged
    positions = shape == nil || positions == extents.positions ? extents.positions : nil
    shape = extents.parameterShape
    samples += extents.samples
  }
}

/// - Throws: `InfoldError` with `.invalidArgument` if the statistics of a mini-batch have a
///   different shape than those of earlier ones.
func requireSameShape(_ shape: [Int], as earlier: [Int]) throws(InfoldError) {
  guard shape == earlier else {
    throw InfoldError(
      .invalidArgument,
      "shape mismatch: the statistics of a mini-batch have the shape \(shape), those of earlier ones \(earlier)")
  }
}
