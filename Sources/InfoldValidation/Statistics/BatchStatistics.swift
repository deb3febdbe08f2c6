import InfoldSystem
import InfoldTensor

/// Mean and variance of what a batch normalization sees, over any number of mini-batches.
///
/// Per feature map there is one mean and one variance for all samples and positions of a channel: over a mini-batch of m
/// samples with p × q positions, m·p·q values. Per activation each channel and position has its own, over m values
/// (Ioffe and Szegedy, arXiv 1502.03167, sections 3 and 3.2).
///
/// Each mini-batch is reduced in double precision, in two passes, and merged into the whole (Chan, Golub and LeVeque,
/// "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979): the result does not depend on how
/// the samples are cut into mini-batches, but for rounding.
public struct BatchStatistics: Sendable {
  /// The order of the dimensions of a mini-batch.
  public enum Layout: Sendable, Hashable {
    /// [N, C, D1, …]; or [N], where C is 1.
    case nchw
    /// [N, D1, …, C]; or [N], where C is 1.
    case nhwc
  }

  /// What has a mean and a variance of its own.
  public enum Granularity: Sendable, Hashable {
    /// Each channel: a shape of [C].
    case featureMap
    /// Each channel at each position: a shape of [C, D1, …], in `.nhwc` of [D1, …, C].
    case activation
  }

  /// Which variance is wanted.
  public enum Estimator: String, Sendable, Hashable, CaseIterable {
    /// That of the values seen: the squared deviations divided by their number M.
    case population
    /// An estimate for where the values come from: the squared deviations divided by M − 1.
    case unbiased
    /// Algorithm 2 of arXiv 1502.03167: m′/(m′−1) · E[σ²], the mean of the population variances of mini-batches of m′
    /// values each. It depends on the size of the mini-batches.
    case paper
  }

  /// The order of the dimensions.
  public let layout: Layout
  /// What has a mean and a variance of its own.
  public let granularity: Granularity
  /// The shape of a mean and a variance; `nil` before the first mini-batch.
  public private(set) var shape: [Int]?
  /// The positions of a feature map, p and q in a picture; `nil` before the first mini-batch, and when mini-batches
  /// differ.
  public private(set) var positions: [Int]?
  /// The number of mini-batches.
  public private(set) var batches = 0
  /// The number of samples in all mini-batches.
  public private(set) var samples = 0
  /// The values of each mini-batch that share a mean, m·p·q or m; `nil` before the first mini-batch, and when
  /// mini-batches differ.
  public private(set) var valuesPerBatch: Int?

  private var moments = MomentSums()
  /// The sum of the population variances of the mini-batches.
  private var sumOfVariances: [Double] = []

  /// Statistics of nothing yet.
  public init(layout: Layout, per granularity: Granularity) {
    self.layout = layout
    self.granularity = granularity
  }
}

extension BatchStatistics {
  /// The number of values that each mean and variance are taken over, M: that of all mini-batches together.
  public var count: Int { moments.count }

  /// The means, in row-major order of `shape`; empty before the first mini-batch.
  public var mean: [Double] { moments.mean }

  /// The variances, in row-major order of `shape`.
  /// - Throws: `InfoldError` with `.invalidArgument` before the first mini-batch; for `.unbiased` when there is only one
  ///   value; for `.paper` when mini-batches have different numbers of values, or only one.
  public func variance(_ estimator: Estimator = .population) throws(InfoldError) -> [Double] {
    guard batches > 0 else { throw InfoldError(.invalidArgument, "there is no variance without a mini-batch") }
    switch estimator {
    case .population:
      return moments.squares.map { $0 / Double(count) }
    case .unbiased:
      guard count > 1 else { throw InfoldError(.invalidArgument, "one value has no unbiased variance") }
      return moments.squares.map { $0 / Double(count - 1) }
    case .paper:
      guard let valuesPerBatch else {
        throw InfoldError(
          .invalidArgument, "the paper's estimator needs mini-batches of one size, and these differ",
          hint: "choose a batch size that divides the number of samples, or another estimator")
      }
      guard valuesPerBatch > 1 else {
        throw InfoldError(
          .invalidArgument, "the paper's estimator m′/(m′−1) · E[σ²] has no value for mini-batches of m′ = 1 values",
          hint: "choose a larger batch size")
      }
      let factor = Double(valuesPerBatch) / Double(valuesPerBatch - 1) / Double(batches)
      return sumOfVariances.map { $0 * factor }
    }
  }

  /// Takes in one mini-batch.
  /// - Parameter batch: Floating-point numbers, of the shape that `layout` says.
  /// - Throws: As `add(pieces:)`. Nothing is then changed.
  public mutating func add(_ batch: Tensor) throws(InfoldError) {
    try add(pieces: [batch])
  }

  /// Takes in one mini-batch that comes in pieces, cut along its first dimension.
  /// - Throws: `InfoldError` with `.invalidArgument` for a mini-batch without elements or with another number of
  ///   channels (per activation also of positions) than those before, and for one that holds NaN or an infinity;
  ///   `.unsupported` for elements that are not floating point; `.limitExceeded` for numbers whose squares are out of a
  ///   double's range. Nothing is then changed.
  public mutating func add(pieces: [Tensor]) throws(InfoldError) {
    var batch = MiniBatchStatistics(layout: layout, per: granularity)
    for piece in pieces { try batch.add(piece) }
    try add(batch)
  }

  /// Takes in one mini-batch.
  /// - Throws: As `add(pieces:)`.
  mutating func add(_ batch: MiniBatchStatistics) throws(InfoldError) {
    precondition(batch.layout == layout && batch.granularity == granularity)
    guard let batchShape = batch.shape else {
      throw InfoldError(.invalidArgument, "a mini-batch has no elements to take statistics of")
    }
    if let shape { try requireSameShape(batchShape, as: shape) }
    var merged = moments
    merged.merge(batch.moments)
    try merged.requireFinite()
    moments = merged
    let count = batch.moments.count
    let variances = batch.moments.squares.map { $0 / Double(count) }
    sumOfVariances = batches == 0 ? variances : zip(sumOfVariances, variances).map { $0 + $1 }
    valuesPerBatch = batches == 0 || valuesPerBatch == count ? count : nil
    positions = batches == 0 || positions == batch.positions ? batch.positions : nil
    shape = batchShape
    samples += batch.samples
    batches += 1
  }
}
