/// A product of up to 16 · `rows` output positions with up to 16 · `columns` columns, one or two
/// of each, in the registers of a matrix unit. The unit's registers have the shapes of the tails.
///
/// The compiler specializes it for each size.
enum UnitTile<let rows: Int, let columns: Int> {
  typealias Numbers = UnsafePointer<UInt16>

  /// Sums the products of rounded factors.
  ///
  /// - Parameters:
  ///   - first: The pixels of the first 16 positions: for each tap and block of channels, 16 rows
  ///     of 64 bytes.
  ///   - second: Those of the other positions.
  ///   - weights: A panel of weights.
  ///   - halfCount: The numbers of a block of 16 columns.
  ///   - steps: The number of taps times the number of blocks.
  @inline(never)
  static func multiplyRounded(
    _ unit: Unit, _ first: Numbers, _ second: Numbers, _ weights: Numbers, halfCount: Int, steps: Int
  ) {
    var (first, second, weights) = (first, second, weights)
    zero(unit)
    for _ in 0..<steps {
      loadPixels(unit, first, second)
      loadWeights(unit, weights, halfCount)
      multiply(unit)
      first += UnitInputs.tileCount
      second += UnitInputs.tileCount
      weights += 2 &* halfCount
    }
  }

  /// Sums the products of split factors. Each tile of pixels is followed by that of its second
  /// parts, and so are the weights.
  @inline(never)
  static func multiplySplit(
    _ unit: Unit, _ first: Numbers, _ second: Numbers, _ weights: Numbers, halfCount: Int, steps: Int
  ) {
    var (first, second, weights) = (first, second, weights)
    zero(unit)
    for _ in 0..<steps {
      loadPixels(unit, first, second)
      loadWeights(unit, weights + 2 &* halfCount, halfCount)
      multiply(unit)
      loadWeights(unit, weights, halfCount)
      multiply(unit)
      loadPixels(unit, first + UnitInputs.tileCount, second + UnitInputs.tileCount)
      multiply(unit)
      first += 2 &* UnitInputs.tileCount
      second += 2 &* UnitInputs.tileCount
      weights += 4 &* halfCount
    }
  }

  /// Stores the sums in rows of 32.
  @inline(never)
  static func store(_ unit: Unit, to sums: UnsafeMutablePointer<Float>) {
    let (target, stride) = (UnsafeMutableRawPointer(sums), UnitSums.rowByteCount)
    unit.store(0, to: target, stride: stride)
    if columns > 1 { unit.store(1, to: target + 64, stride: stride) }
    if rows > 1 { unit.store(2, to: target + 16 &* stride, stride: stride) }
    if rows > 1, columns > 1 { unit.store(3, to: target + (16 &* stride &+ 64), stride: stride) }
  }

  @inline(always)
  private static func zero(_ unit: Unit) {
    unit.zero(0)
    if columns > 1 { unit.zero(1) }
    if rows > 1 { unit.zero(2) }
    if rows > 1, columns > 1 { unit.zero(3) }
  }

  @inline(always)
  private static func loadPixels(_ unit: Unit, _ first: Numbers, _ second: Numbers) {
    unit.load(4, from: first, stride: 64)
    if rows > 1 { unit.load(5, from: second, stride: 64) }
  }

  @inline(always)
  private static func loadWeights(_ unit: Unit, _ weights: Numbers, _ halfCount: Int) {
    unit.load(6, from: weights, stride: 64)
    if columns > 1 { unit.load(7, from: weights + halfCount, stride: 64) }
  }

  @inline(always)
  private static func multiply(_ unit: Unit) {
    unit.multiply(into: 0, 4, 6)
    if columns > 1 { unit.multiply(into: 1, 4, 7) }
    if rows > 1 { unit.multiply(into: 2, 5, 6) }
    if rows > 1, columns > 1 { unit.multiply(into: 3, 5, 7) }
  }
}

/// The sums of up to 32 positions and 32 columns, in rows of 32.
enum UnitSums {
  @inline(always)
  static var rowCount: Int { 32 }

  @inline(always)
  static var rowByteCount: Int { rowCount &* MemoryLayout<Float>.stride }

  @inline(always)
  static var byteCount: Int { 32 &* rowByteCount }
}
