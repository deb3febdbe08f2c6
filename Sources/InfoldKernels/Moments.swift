import InfoldKernelInterface

/// Mean and variance of some numbers, derived from sums of their differences from a number near the
/// mean.
///
/// The sums are computed in single precision and accumulated in double precision. The differences
/// are exact where they are small relative to the numbers. Neither a large mean nor a long row
/// therefore loses precision. If the sums exceed the range of single precision, `isPrecise` is
/// false, and `DoubleMoments` has the correct values.
struct Moments {
  /// A number close to the mean.
  let near: Float
  /// 1 ÷ √(variance + epsilon).
  let factor: Float
  /// (near − mean) · factor.
  let offset: Float
  /// Whether these values are accurate.
  let isPrecise: Bool

  /// Creates the moments from sums.
  /// - Parameters:
  ///   - near: The mean, rounded to single precision.
  ///   - difference: Σ (x − near).
  ///   - squares: Σ (x − near)².
  @inline(always)
  init(near: Float, difference: Double, squares: Double, count: Double, epsilon: Float) {
    let correction = difference / count
    let variance = squares / count - correction * correction
    let sum = (variance < 0 ? 0 : variance) + Double(epsilon)
    let inverse = 1 / sum.squareRoot()
    self.near = near
    factor = Float(inverse)
    offset = Float(-correction * inverse)
    // False for NaN. Squares below 2⁻¹²⁶, which lose digits, are negligible here.
    isPrecise = sum >= 0x1p-100 && squares < 0x1p+120 && correction * correction <= 4 * sum
  }
}

/// The same moments, accumulated in double precision element by element.
struct DoubleMoments {
  let mean: Double
  /// 1 ÷ √(variance + epsilon).
  let factor: Double

  /// Computes the moments of a matrix.
  /// - Parameters:
  ///   - rows: The number of rows, each of `columns` contiguous numbers, `stride` apart.
  ///   - subtractsMean: Whether to compute the variance. Otherwise the mean counts as zero, and the
  ///     result is the mean of the squares.
  @inline(never)
  init(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int, epsilon: Float, subtractsMean: Bool = true
  ) {
    let count = Double(rows) * Double(columns)
    var sum = 0.0
    for row in 0..<(subtractsMean ? rows : 0) {
      for column in 0..<columns { sum += Double(x[row * stride + column]) }
    }
    let near = sum / count
    var (difference, squares) = (0.0, 0.0)
    for row in 0..<rows {
      for column in 0..<columns {
        let deviation = Double(x[row * stride + column]) - near
        difference += deviation
        squares += deviation * deviation
      }
    }
    let correction = subtractsMean ? difference / count : 0
    let variance = squares / count - correction * correction
    mean = near + correction
    factor = 1 / ((variance < 0 ? 0 : variance) + Double(epsilon)).squareRoot()
  }

  @inline(always)
  func normalized(_ x: Float) -> Double { (Double(x) - mean) * factor }
}

extension Moments {
  /// Computes the moments of a row.
  @inline(always)
  init(row x: UnsafePointer<Float>, columns: Int, epsilon: Float) {
    let near = Float(rowSum(x, columns) / Double(columns))
    let (difference, squares) = deviations(x, columns, from: near)
    self.init(near: near, difference: difference, squares: squares, count: Double(columns), epsilon: epsilon)
  }

  /// Computes the moments of a row whose mean counts as zero.
  @inline(always)
  init(squaresOf x: UnsafePointer<Float>, columns: Int, epsilon: Float) {
    let squares = deviations(x, columns, from: 0).squares
    self.init(near: 0, difference: 0, squares: squares, count: Double(columns), epsilon: epsilon)
  }
}

/// Returns the sums over a row of the differences from `near` and of their squares.
@inline(always)
private func deviations(
  _ x: UnsafePointer<Float>, _ columns: Int, from near: Float
) -> (differences: Double, squares: Double) {
  let center = Vector(repeating: near)
  let limit = 64 * Vector.scalarCount
  var differences = LaneSums(), squares = LaneSums()
  var column = 0
  while column < columns {
    let end = min(column + limit, columns)
    var difference = InlineArray<2, Vector>(repeating: Vector(repeating: 0)), square = difference
    while column <= end - 2 * Vector.scalarCount {
      for chain in 0..<2 {
        let deviation = Vector(at: x + column + chain * Vector.scalarCount) - center
        difference[chain] += deviation
        square[chain] = Vector.multiplyAdd(deviation, deviation, square[chain])
      }
      column += 2 * Vector.scalarCount
    }
    while column < end {
      let deviation = Vector(at: x + column, count: end - column, fill: near) - center
      difference[0] += deviation
      square[0] = Vector.multiplyAdd(deviation, deviation, square[0])
      column += Vector.scalarCount
    }
    column = end
    differences.add(difference[0] + difference[1])
    squares.add(square[0] + square[1])
  }
  return (differences.total, squares.total)
}
