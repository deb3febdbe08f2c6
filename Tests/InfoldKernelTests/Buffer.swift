/// Heights and widths of one and two, where windows reach the border on both sides.
let smallSizes = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 7), (7, 1), (2, 5), (5, 2)]

/// Memory that a kernel reads or writes, with guard elements before and after it that the kernel must not touch.
final class Buffer {
  private static let margin = 16
  private static let guardValue: Float = -12345.5
  private let storage: UnsafeMutableBufferPointer<Float>
  let count: Int

  var base: UnsafeMutablePointer<Float> { storage.baseAddress! + Self.margin }
  var input: UnsafePointer<Float> { UnsafePointer(base) }
  var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
  /// Whether the guard elements are unchanged.
  var isIntact: Bool {
    storage[..<Self.margin].allSatisfy { $0 == Self.guardValue }
      && storage[(Self.margin + count)...].allSatisfy { $0 == Self.guardValue }
  }

  init(_ count: Int) {
    self.count = count
    storage = .allocate(capacity: count + 2 * Self.margin)
    storage.initialize(repeating: Self.guardValue)
  }

  convenience init(_ values: [Float]) {
    self.init(values.count)
    for (index, value) in values.enumerated() { base[index] = value }
  }

  /// Random numbers between −`bound` and `bound`.
  convenience init(random count: Int, seed: UInt64, bound: Float = 1) {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    self.init(
      (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return (Float(state >> 40) / Float(1 << 23) - 1) * bound
      })
  }

  deinit { storage.deallocate() }
}

/// Whether two lists agree up to `tolerance` times the larger of 1 and the expected number; NaN equals NaN.
func agree(_ results: [Float], _ expected: [Double], tolerance: Double) -> Bool {
  results.count == expected.count
    && zip(results, expected).allSatisfy { result, expected in
      Double(result) == expected || (result.isNaN && expected.isNaN)
        || abs(Double(result) - expected) <= tolerance * max(1, abs(expected))
    }
}

/// Runs a kernel over all units at once and in parts, and returns whether the results have the same bits.
func isIndependentOfRange(units: Int, output: Buffer, _ run: (Range<Int>) -> Void) -> Bool {
  run(0..<units)
  let whole = output.values
  for index in 0..<output.count { output.base[index] = -12345.5 }
  var first = 0
  var size = 1
  while first < units {
    let end = min(units, first + size)
    run(first..<end)
    first = end
    size = size % 3 + 1
  }
  return zip(whole, output.values).allSatisfy { $0.bitPattern == $1.bitPattern } && output.isIntact
}
