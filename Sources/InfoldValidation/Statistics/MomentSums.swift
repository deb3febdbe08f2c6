import InfoldSystem
import InfoldTensor

/// The means of groups of values, and the sums of squared deviations from these means, in double
/// precision.
struct MomentSums: Sendable {
  /// The number of values in each group.
  private(set) var count = 0
  /// Σ x ÷ count, for each group.
  private(set) var mean: [Double] = []
  /// Σ (x − mean)², for each group.
  private(set) var squares: [Double] = []

  /// Creates the sums of no values.
  init() {}

  /// Computes the sums of a mini-batch.
  /// - Throws: `InfoldError` with `.invalidArgument` if it contains NaN or an infinity;
  ///   `.limitExceeded` if a sum exceeds the range of a double.
  init(of batch: Tensor, _ extents: Extents) throws(InfoldError) {
    let batch = batch.elementType == .float32 ? batch : try batch.widened()
    count = extents.blocks * extents.length
    if batch.elementType == .float32 {
      batch.withElements(as: Float.self) { sum($0, extents) }
    } else {
      batch.withElements(as: Double.self) { sum($0, extents) }
    }
    guard mean.allSatisfy(\.isFinite) else {
      let isFinite = try batch.numbers().allSatisfy(\.isFinite)
      throw isFinite ? Self.outOfRange : InfoldError(.invalidArgument, "a mini-batch contains NaN or an infinity")
    }
    try requireFinite()
  }

  private mutating func sum<Element: FloatingPointElement>(_ x: borrowing Span<Element>, _ extents: Extents) {
    let (groups, length) = (extents.groups, extents.length)
    var sums = [Double](repeating: 0, count: groups)
    for block in 0..<extents.blocks {
      for group in 0..<groups {
        let start = (block * groups + group) * length
        var sum = 0.0
        for index in start..<(start + length) { sum += Double(x[index]) }
        sums[group] += sum
      }
    }
    mean = sums.map { $0 / Double(count) }
    squares = [Double](repeating: 0, count: groups)
    for block in 0..<extents.blocks {
      for group in 0..<groups {
        let start = (block * groups + group) * length, mean = mean[group]
        var sum = 0.0
        for index in start..<(start + length) {
          let deviation = Double(x[index]) - mean
          sum += deviation * deviation
        }
        squares[group] += sum
      }
    }
  }

  /// Adds the sums of other values.
  /// - Precondition: One of the two has no values, or both have the same number of groups.
  mutating func merge(_ other: MomentSums) {
    guard count > 0 else {
      self = other
      return
    }
    precondition(mean.count == other.mean.count, "\(mean.count) and \(other.mean.count) groups")
    let total = count + other.count
    let share = Double(other.count) / Double(total)
    for group in mean.indices {
      let difference = other.mean[group] - mean[group]
      mean[group] += difference * share
      squares[group] += other.squares[group] + difference * difference * (Double(count) * share)
    }
    count = total
  }

  /// - Throws: `InfoldError` with `.limitExceeded` if a sum exceeds the range of a double.
  func requireFinite() throws(InfoldError) {
    guard mean.allSatisfy(\.isFinite), squares.allSatisfy(\.isFinite) else { throw Self.outOfRange }
  }

  private static let outOfRange = InfoldError(
    .limitExceeded, "the numbers of a mini-batch are too large: their sum or the sum of their squares is out of range")
}
