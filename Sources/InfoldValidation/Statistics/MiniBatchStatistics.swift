import InfoldSystem
import InfoldTensor

/// The sums of one mini-batch, which may come in pieces.
struct MiniBatchStatistics {
  let layout: BatchStatistics.Layout
  let granularity: BatchStatistics.Granularity
  /// The shape of a mean; `nil` before the first piece.
  private(set) var shape: [Int]?
  /// The positions of a feature map; `nil` before the first piece, and when pieces differ.
  private(set) var positions: [Int]?
  private(set) var samples = 0
  private(set) var moments = MomentSums()

  init(layout: BatchStatistics.Layout, per granularity: BatchStatistics.Granularity) {
    self.layout = layout
    self.granularity = granularity
  }

  /// Takes in a piece.
  /// - Throws: As `BatchStatistics.add(pieces:)`. Nothing is then changed.
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

/// - Throws: `InfoldError` with `.invalidArgument` when the statistics of a mini-batch have another shape than those
///   before.
func requireSameShape(_ shape: [Int], as earlier: [Int]) throws(InfoldError) {
  guard shape == earlier else {
    throw InfoldError(
      .invalidArgument,
      "a mini-batch has statistics of the shape \(shape), and those before it have \(earlier)")
  }
}
