/// A product of up to 16 · `rows` output positions with up to 16 · `columns` columns, one or two
/// of each, in the registers of a matrix unit. The unit's registers have the shapes of the tails.
///
/// The compiler specializes it for each size.
enum UnitTile<let rows: Int, let columns: Int> {
  /// Sums the products of rounded factors.
  @inline(never)
  static func multiplyRounded(_ unit: Unit, _ product: UnitProduct) {
    var (first, second, weights) = (product.first, product.second, product.weights)
    let (halfCount, stride) = (product.halfCount, 2 &* product.rowStride)
    zero(unit)
    for _ in 0..<product.steps {
      loadPixels(unit, first, second, stride)
      loadWeights(unit, weights, halfCount)
      multiply(unit)
      first += product.stepStride
      second += product.stepStride
      weights += 2 &* halfCount
    }
    store(unit, to: product.sums)
  }

  /// Sums the products of split factors.
  @inline(never)
  static func multiplySplit(_ unit: Unit, _ product: UnitProduct) {
    var (first, second, weights) = (product.first, product.second, product.weights)
    let (halfCount, stride) = (product.halfCount, 2 &* product.rowStride)
    zero(unit)
    for _ in 0..<product.steps {
      loadPixels(unit, first, second, stride)
      loadWeights(unit, weights + 2 &* halfCount, halfCount)
      multiply(unit)
      loadWeights(unit, weights, halfCount)
      multiply(unit)
      loadPixels(unit, first + UnitInputs.tileCount, second + UnitInputs.tileCount, stride)
      multiply(unit)
      first += product.stepStride
      second += product.stepStride
      weights += 4 &* halfCount
    }
    store(unit, to: product.sums)
  }

  /// Stores the sums in rows of 32.
  @inline(always)
  static func store(_ unit: Unit, to sums: UnsafeMutableRawPointer) {
    let (target, stride) = (sums, UnitSums.rowByteCount)
    unit.store(0, to: target, stride: stride)
    if columns > 1 { unit.store(1, to: target + 64, stride: stride) }
    if rows > 1 { unit.store(2, to: target + 16 &* stride, stride: stride) }
    if rows > 1, columns > 1 { unit.store(3, to: target + (16 &* stride &+ 64), stride: stride) }
  }

  /// Sets the sums to zero.
  @inline(always)
  static func zero(_ unit: Unit) {
    unit.zero(0)
    if columns > 1 { unit.zero(1) }
    if rows > 1 { unit.zero(2) }
    if rows > 1, columns > 1 { unit.zero(3) }
  }

  @inline(always)
  private static func loadPixels(
    _ unit: Unit, _ first: UnitProduct.Numbers, _ second: UnitProduct.Numbers, _ stride: Int
  ) {
    unit.load(4, from: first, stride: stride)
    if rows > 1 { unit.load(5, from: second, stride: stride) }
  }

  @inline(always)
  private static func loadWeights(_ unit: Unit, _ weights: UnitProduct.Numbers, _ halfCount: Int) {
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
