/// Mean and population variance of some elements, computed in `Double` in two passes.
struct Moments {
  /// Σ x ÷ M; NaN for no elements.
  private(set) var mean: Double
  /// Σ (x − mean)² ÷ M; NaN for no elements.
  private(set) var variance: Double

  /// The moments of `blocks` blocks of `length` elements each, which begin `stride` apart, the first at `start`.
  init<Element: FloatingPointElement>(
    _ x: borrowing Span<Element>, from start: Int, blocks: Int = 1, stride: Int = 0, length: Int
  ) {
    let count = Double(blocks * length)
    mean = 0
    for block in 0..<blocks {
      let first = start + block * stride
      for index in first..<(first + length) { mean += Double(x[index]) }
    }
    mean /= count
    variance = 0
    for block in 0..<blocks {
      let first = start + block * stride
      for index in first..<(first + length) {
        let deviation = Double(x[index]) - mean
        variance += deviation * deviation
      }
    }
    variance /= count
  }
}
