/// A product of up to 16 · `rows` output positions with up to 16 · `columns` columns, one or two
/// of each, by vector instructions.
///
/// The compiler specializes it for each size.
enum UnitTile<let rows: Int, let columns: Int> {
  /// Sums the products of rounded factors.
  @inline(always)
  static func multiplyRounded(_ unit: Unit, _ product: UnitProduct) { multiply(product, isSplit: false) }

  /// Sums the products of split factors.
  @inline(always)
  static func multiplySplit(_ unit: Unit, _ product: UnitProduct) { multiply(product, isSplit: true) }

  @inline(always)
  private static func multiply(_ product: UnitProduct, isSplit: Bool) {
    forEachPart(of: product) { part, pixels, sums in
      switch part {
      case 5...: PairTile<8, columns>.multiply(pixels, product, isSplit: isSplit, sums)
      case 3...: PairTile<4, columns>.multiply(pixels, product, isSplit: isSplit, sums)
      case 2: PairTile<2, columns>.multiply(pixels, product, isSplit: isSplit, sums)
      default: PairTile<1, columns>.multiply(pixels, product, isSplit: isSplit, sums)
      }
    }
  }

  /// Calls `body` for each eight positions, with the number of those that exist.
  @inline(always)
  private static func forEachPart(
    of product: UnitProduct, _ body: (Int, UnitProduct.Numbers, UnsafeMutablePointer<Float>) -> Void
  ) {
    forEach(from: 0, to: product.rows, by: 8) { row in
      let pixels = rows > 1 && row >= 16 ? product.second : product.first
      body(product.rows &- row, pixels + row % 16 &* product.rowStride, product.sums + row &* UnitSums.rowCount)
    }
  }
}

/// A product of `rows` output positions with up to 16 · `columns` columns, whose sums are in
/// registers. Rows beyond the last position are computed as well.
enum PairTile<let rows: Int, let columns: Int> {
  @inline(always)
  static func multiply(
    _ pixels: UnitProduct.Numbers, _ product: UnitProduct, isSplit: Bool, _ target: UnsafeMutablePointer<Float>
  ) {
    if isSplit { multiplySplit(pixels, product, target) } else { multiplyRounded(pixels, product, target) }
  }

  @inline(never)
  private static func multiplyRounded(
    _ pixels: UnitProduct.Numbers, _ product: UnitProduct, _ target: UnsafeMutablePointer<Float>
  ) {
    var sums = Self.zero
    var (pixels, weights) = (pixels, product.weights)
    for _ in 0..<product.steps {
      var pair = 0
      while pair < product.halfCount {
        add(&sums, pixels + pair / 16, weights + pair, product)
        pair &+= 32
      }
      pixels += product.stepStride
      weights += 2 &* product.halfCount
    }
    store(sums, to: target)
  }

  @inline(never)
  private static func multiplySplit(
    _ pixels: UnitProduct.Numbers, _ product: UnitProduct, _ target: UnsafeMutablePointer<Float>
  ) {
    var sums = Self.zero
    var (pixels, weights) = (pixels, product.weights)
    for _ in 0..<product.steps {
      var pair = 0
      while pair < product.halfCount {
        let (first, column) = (pixels + pair / 16, weights + pair)
        add(&sums, first, column + 2 &* product.halfCount, product)
        add(&sums, first, column, product)
        add(&sums, first + UnitInputs.tileCount, column, product)
        pair &+= 32
      }
      pixels += product.stepStride
      weights += 4 &* product.halfCount
    }
    store(sums, to: target)
  }

  private typealias Sums = InlineArray<columns, InlineArray<rows, PairSums>>

  @inline(always)
  private static var zero: Sums { InlineArray { _ in InlineArray { _ in PairSums() } } }

  /// Adds the products of a pair of channels.
  @inline(always)
  private static func add(
    _ sums: inout Sums, _ pixels: UnitProduct.Numbers, _ weights: UnitProduct.Numbers, _ product: UnitProduct
  ) {
    let weights = InlineArray<columns, WeightPairs> {
      UnsafeRawPointer(weights + $0 &* product.halfCount).loadUnaligned(as: WeightPairs.self)
    }
    for row in 0..<rows {
      let pair = UnsafeRawPointer(pixels + row &* product.rowStride).loadUnaligned(as: UInt32.self)
      for column in 0..<columns { sums[column][row] = addPairProducts(to: sums[column][row], pair, weights[column]) }
    }
  }

  @inline(always)
  private static func store(_ sums: Sums, to target: UnsafeMutablePointer<Float>) {
    for row in 0..<rows {
      for column in 0..<columns {
        UnsafeMutableRawPointer(target + (row &* UnitSums.rowCount &+ column &* 16)).storeBytes(
          of: sums[column][row], as: PairSums.self)
      }
    }
  }
}
