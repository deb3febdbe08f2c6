/// The source positions and weights of every position along one side of the resized picture.
///
/// Weights are fixed-point numbers with `fractionBits` fractional bits, rounded as in Pillow's
/// 8-bit resampling. Of 32 bits, 8 hold a sample and 2 the overshoot of negative lobes, which
/// leaves 22.
struct ResamplingWeights {
  static let fractionBits: Int32 = 22

  struct Window {
    /// The first source position.
    var start: Int
    /// The range of its weights in `weights`.
    var weights: Range<Int>
  }

  private(set) var windows: [Window] = []
  private(set) var weights: [Int32] = []

  /// - Parameters:
  ///   - sourceSize: The number of source pixels along this side, at least 1.
  ///   - size: The number of result pixels along this side, at least 1.
  init(from sourceSize: Int, to size: Int, _ filter: ResizeFilter) {
    let scale = Double(sourceSize) / Double(size)
    let widening = max(scale, 1)
    let support = filter.support * widening
    windows.reserveCapacity(size)
    for position in 0..<size {
      let center = (Double(position) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(sourceSize, Int(center + support + 0.5))
      let raw = (start..<end).map { filter.weight(at: (Double($0) - center + 0.5) * (1 / widening)) }
      let sum = raw.reduce(0, +)
      let first = weights.count
      weights += raw.map { Self.fixedPoint(sum == 0 ? $0 : $0 / sum) }
      windows.append(Window(start: start, weights: first..<weights.count))
    }
  }

  private static func fixedPoint(_ weight: Double) -> Int32 {
    Int32((weight * Double(1 << fractionBits)).rounded(.toNearestOrAwayFromZero))
  }

  /// The initial value of a weighted sum: one half, so that truncating the fraction rounds.
  static let half: Int32 = 1 << (fractionBits - 1)

  /// The sample for a weighted sum.
  static func sample(_ sum: Int32) -> UInt8 {
    UInt8(clamping: sum >> fractionBits)
  }
}
