/// For every position along one side of the new picture, the source positions it is made of, and their weights.
///
/// Weights are fixed-point numbers with `fractionBits` bits behind the point. The same rounding as Pillow's 8-bit
/// resampling: with 8 bits for a sample and 2 for the overshoot of negative lobes, 22 are left of 32.
struct ResamplingWeights {
  static let fractionBits: Int32 = 22

  struct Window {
    /// The first source position.
    var start: Int
    /// Where its weights lie in `weights`.
    var weights: Range<Int>
  }

  private(set) var windows: [Window] = []
  private(set) var weights: [Int32] = []

  /// - Parameters:
  ///   - sourceSize: Pixels of the source along this side, at least 1.
  ///   - size: Pixels of the result along this side, at least 1.
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

  /// What a sum of weighted samples starts from: a half, so that dropping the fraction rounds.
  static let half: Int32 = 1 << (fractionBits - 1)

  /// The sample that a sum of weighted samples stands for.
  static func sample(_ sum: Int32) -> UInt8 {
    UInt8(clamping: sum >> fractionBits)
  }
}
