import InfoldSystem
import InfoldTensor

/// The mean and variance of the input of a batch normalization, over any number of mini-batches.
///
/// Per feature map, there is one mean and one variance for all samples and positions of a channel:
/// m·p·q values for a mini-batch of m samples with p × q positions. Per activation, each channel
/// and position has its own mean and variance, over m values (Ioffe and Szegedy, arXiv 1502.03167,
/// sections 3 and 3.2).
///
/// Each mini-batch is reduced in double precision, in two passes, and merged into the total (Chan,
/// Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances",
/// 1979). Except for rounding, the result does not depend on how the samples are divided into
/// mini-batches.
public struct BatchStatistics: Sendable {
  /// The order of the dimensions of a mini-batch.
  public enum Layout: Sendable, Hashable {
    /// [N, C, D1, …], or [N] with C = 1.
    case nchw
    /// [N, D1, …, C], or [N] with C = 1.
    case nhwc
  }

  /// The granularity of the statistics.
  public enum Granularity: Sendable, Hashable {
    /// One mean and variance for each channel. Their shape is [C].
    case featureMap
    /// One mean and variance for each channel and position. Their shape is [C, D1, …], or [D1, …,
    /// C] for `.nhwc`.
    case activation
  }

  /// The estimator of the variance.
  public enum Estimator: String, Sendable, Hashable, CaseIterable {
    /// The variance of the values themselves: the sum of squared deviations divided by their number
    /// M.
    case population
    /// An unbiased estimate for the distribution of the values: the sum of squared deviations
    /// divided by M − 1.
    case unbiased
    /// Algorithm 2 of arXiv 1502.03167: m′/(m′−1) · E[σ²], where E[σ²] is the mean of the
    /// population variances of mini-batches of m′ values each. It depends on the size of the
    /// mini-batches.
    case paper
  }

  /// The order of the dimensions.
  public let layout: Layout
  /// The granularity of the statistics.
  public let granularity: Granularity
  /// The shape of the mean and of the variance. `nil` before the first mini-batch.
  public private(set) var shape: [Int]?
  /// The sizes of a feature map, p and q for a picture. `nil` before the first mini-batch, and if
  /// mini-batches differ.
  public private(set) var positions: [Int]?
  /// The number of mini-batches.
  public private(set) var batches = 0
  /// The number of samples in all mini-batches.
  public private(set) var samples = 0
  /// The number of values of each mini-batch that share a mean, m·p·q or m. `nil` before the first
  /// mini-batch, and if mini-batches differ.
  public private(set) var valuesPerBatch: Int?

  private var moments = MomentSums()
  /// The sum of the population variances of the mini-batches.
  private var sumOfVariances: [Double] = []

  /// Creates statistics without any mini-batch.
  public init(layout: Layout, per granularity: Granularity) {
    self.layout = layout
    self.granularity = granularity
  }
}

extension BatchStatistics {
  /// The number of values of all mini-batches that share a mean, M.
  public var count: Int { moments.count }

  /// The means, in row-major order of `shape`. Empty before the first mini-batch.
  public var mean: [Double] { moments.mean }

  /// Returns the variances, in row-major order of `shape`.
  /// - Throws: `InfoldError` with `.invalidArgument` before the first mini-batch; for `.unbiased`
  ///   if there is only one value; for `.paper` if mini-batches have different numbers of values,
  ///   or only one value.
  public func variance(_ estimator: Estimator = .population) throws(InfoldError) -> [Double] {
    guard batches > 0 else {
      throw InfoldError(.invalidArgument, "the variance is undefined before the first mini-batch")
    }
    switch estimator {
    case .population:
      return moments.squares.map { $0 / Double(count) }
    case .unbiased:
      guard count > 1 else {
        throw InfoldError(.invalidArgument, "the unbiased variance of a single value is undefined")
      }
      return moments.squares.map { $0 / Double(count - 1) }
    case .paper:
      guard let valuesPerBatch else {
        throw InfoldError(
          .invalidArgument, "the paper's estimator needs mini-batches of equal size, but their sizes differ",
          hint: "choose a batch size that divides the number of samples, or another estimator")
      }
      guard valuesPerBatch > 1 else {
        throw InfoldError(
          .invalidArgument, "the paper's estimator m′/(m′−1) · E[σ²] is undefined for mini-batches of m′ = 1 values",
          hint: "choose a larger batch size")
      }
      let factor = Double(valuesPerBatch) / Double(valuesPerBatch - 1) / Double(batches)
      return sumOfVariances.map { $0 * factor }
    }
  }

  /// Adds one mini-batch.
  /// - Parameter batch: Floating-point numbers whose shape has the order of `layout`.
  /// - Throws: The errors of `add(pieces:)`. The statistics are then unchanged.
  public mutating func add(_ batch: Tensor) throws(InfoldError) {
    try add(pieces: [batch])
  }

  /// Adds one mini-batch that is divided into pieces along its first dimension.
  /// - Throws: `InfoldError` with `.invalidArgument` if the mini-batch has no elements, contains
  ///   NaN or an infinity, or has another number of channels (per activation also of positions)
  ///   than earlier mini-batches; `.unsupported` if its elements are not floating point;
  ///   `.limitExceeded` if squares of its numbers exceed the range of a double. The statistics are
  ///   then unchanged.
  public mutating func add(pieces: [Tensor]) throws(InfoldError) {
    var batch = MiniBatchStatistics(layout: layout, per: granularity)
    for piece in pieces { try batch.add(piece) }
    try add(batch)
  }

  /// Adds one mini-batch.
  /// - Throws: The errors of `add(pieces:)`.
  mutating func add(_ batch: MiniBatchStatistics) throws(InfoldError) {
    precondition(batch.layout == layout && batch.granularity == granularity)
    guard let batchShape = batch.shape else {
      throw InfoldError(.invalidArgument, "a mini-batch without elements has no statistics")
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
