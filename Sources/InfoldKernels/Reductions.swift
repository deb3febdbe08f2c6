import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func globalPool(_ arguments: GlobalPoolArguments, units: Range<Int>) {
    let (input, block) = (arguments.input, GlobalPoolArguments.channelBlock)
    let pixels = input.height * input.width
    let blocks = (input.channels + block - 1) / block
    for unit in units {
      let (image, index) = divide(unit, by: blocks)
      let first = index * block
      let source = input.base + image * pixels * input.pixelStride + first
      let target = arguments.output + image * arguments.outputStride + first
      let channels = min(block, input.channels - first)
      switch arguments.reduction {
      case .maximum:
        reduceColumns(source, input.pixelStride, pixels, channels, start: -.infinity, target, largest)
      case .minimum:
        reduceColumns(source, input.pixelStride, pixels, channels, start: .infinity, target, least)
      case .sum:
        sumColumns(source, input.pixelStride, pixels, channels, target, { $0 }, { $0 }, finish: { $0 })
      case .mean:
        let factor = 1 / Double(pixels)
        sumColumns(source, input.pixelStride, pixels, channels, target, { $0 }, { $0 }, finish: { $0 * factor })
      case .magnitudes:
        sumColumns(
          source, input.pixelStride, pixels, channels, target, magnitude, { $0.magnitude }, finish: { $0 })
      case .squares:
        sumColumns(source, input.pixelStride, pixels, channels, target, square, square, isSquare: true) { $0 }
      case .norm:
        sumColumns(source, input.pixelStride, pixels, channels, target, square, square, isSquare: true) {
          $0.squareRoot()
        }
      case .product: multiplyColumns(source, input.pixelStride, pixels, channels, target)
      }
    }
  }

  @inline(never)
  public static func reduceRows(_ arguments: RowReductionArguments, rows: Range<Int>) {
    for row in rows {
      let x = arguments.input + row * arguments.inputStride
      let result =
        switch arguments.reduction {
        case .maximum: rowMaximum(x, arguments.columns)
        case .minimum: rowMinimum(x, arguments.columns)
        case .sum: Float(rowSum(x, arguments.columns))
        case .magnitudes: Float(rowSum(x, arguments.columns, magnitude) { $0.magnitude })
        case .squares: Float(rowSum(x, arguments.columns, square, isSquare: true, square))
        case .norm: Float(rowSum(x, arguments.columns, square, isSquare: true, square).squareRoot())
        case .product: rowProduct(x, arguments.columns)
        case .mean: Float(rowSum(x, arguments.columns) / Double(arguments.columns))
        }
      arguments.output[row * arguments.outputStride] = result
    }
  }
}

/// The number of vectors that are added in single precision before their sum is added to the total
/// in double precision. This keeps the error of long sums small.
private let segment = 32

/// Lane-wise sums in double precision.
struct LaneSums {
  private(set) var lanes = DoubleVector(repeating: 0)

  /// Adds a vector.
  @inline(always)
  mutating func add(_ x: Vector) {
    for lane in 0..<Vector.scalarCount { lanes[lane] += Double(x[lane]) }
  }

  /// The sum of the lanes, always in the same order.
  @inline(always)
  var total: Double {
    var (sums, width) = (lanes, Vector.scalarCount / 2)
    while width > 0 {
      for lane in 0..<width { sums[lane] += sums[lane + width] }
      width /= 2
    }
    return sums[0]
  }

  /// Writes the finished sum of each lane. If single precision overflowed or underflowed for a part
  /// of the sum, it is recomputed from the column that begins at `column` plus the lane.
  @inline(always)
  func store(
    at output: UnsafeMutablePointer<Float>, count: Int, of column: UnsafePointer<Float>, _ stride: Int, _ rows: Int,
    isSquare: Bool, _ term: (Double) -> Double, finish: (Double) -> Double
  ) {
    for lane in 0..<min(count, Vector.scalarCount) {
      let sum =
        isPrecise(lanes[lane], isSquare: isSquare) ? lanes[lane] : doubleSum(column + lane, stride, rows, term)
      output[lane] = Float(finish(sum))
    }
  }
}

/// Returns whether no partial sum left the range of single precision. Squares below 2⁻¹²⁶, which
/// lose digits, are negligible relative to a larger sum.
@inline(always)
private func isPrecise(_ sum: Double, isSquare: Bool) -> Bool {
  isSquare ? sum >= 0x1p-60 && sum < 0x1p+120 : sum.isFinite
}

@inline(always)
private func square(_ x: Vector) -> Vector { x * x }

@inline(always)
private func square(_ x: Double) -> Double { x * x }

/// Returns the sum of terms, accumulated one by one in double precision.
@inline(always)
private func doubleSum(
  _ x: UnsafePointer<Float>, _ stride: Int, _ count: Int, _ term: (Double) -> Double
) -> Double {
  var sum = 0.0
  for index in 0..<count { sum += term(Double(x[index * stride])) }
  return sum
}

/// Returns the product of some numbers, accumulated one by one in double precision.
@inline(never)
private func doubleProduct(_ x: UnsafePointer<Float>, _ stride: Int, _ count: Int) -> Double {
  var product = 1.0
  for index in 0..<count { product *= Double(x[index * stride]) }
  return product
}

/// Lane-wise products in double precision.
private struct LaneProducts {
  private var lanes = DoubleVector(repeating: 1)

  @inline(always)
  mutating func multiply(by x: Vector) {
    for lane in 0..<Vector.scalarCount { lanes[lane] *= Double(x[lane]) }
  }

  @inline(always)
  mutating func multiply(by other: LaneProducts) { lanes *= other.lanes }

  @inline(always)
  subscript(lane: Int) -> Double { lanes[lane] }

  /// The product of the lanes, always in the same order.
  @inline(always)
  var total: Double {
    var (products, width) = (lanes, Vector.scalarCount / 2)
    while width > 0 {
      for lane in 0..<width { products[lane] *= products[lane + width] }
      width /= 2
    }
    return products[0]
  }
}

/// Returns whether no partial product can have left the range of double precision, where the order
/// would matter.
@inline(always)
private func isInRange(_ product: Double) -> Bool { product.magnitude > 0x1p-900 && product.magnitude < 0x1p+900 }

/// Writes the products of up to 32 columns of a matrix.
@inline(always)
private func multiplyColumns(
  _ input: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int, _ output: UnsafeMutablePointer<Float>
) {
  forEachVector(of: columns) { column, count in
    var products = LaneProducts()
    for row in 0..<rows { products.multiply(by: Vector(at: input + row * stride + column, count: count)) }
    for lane in 0..<min(count, Vector.scalarCount) {
      let product = products[lane]
      output[column + lane] =
        Float(isInRange(product) ? product : doubleProduct(input + column + lane, stride, rows))
    }
  }
}

/// Returns the product of a row.
@inline(always)
private func rowProduct(_ x: UnsafePointer<Float>, _ columns: Int) -> Float {
  var products = InlineArray<4, LaneProducts> { _ in LaneProducts() }
  var column = 0
  while column <= columns - 4 * Vector.scalarCount {
    for index in 0..<4 { products[index].multiply(by: Vector(at: x + column + index * Vector.scalarCount)) }
    column += 4 * Vector.scalarCount
  }
  while column < columns {
    products[0].multiply(by: Vector(at: x + column, count: columns - column, fill: 1))
    column += Vector.scalarCount
  }
  for index in 1..<4 { products[0].multiply(by: products[index]) }
  let product = products[0].total
  return Float(isInRange(product) ? product : doubleProduct(x, 1, columns))
}

/// Writes the finished sums of terms of up to 32 columns of a matrix.
@inline(always)
private func sumColumns(
  _ input: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int, _ output: UnsafeMutablePointer<Float>,
  _ term: (Vector) -> Vector, _ doubleTerm: (Double) -> Double, isSquare: Bool = false, finish: (Double) -> Double
) {
  var column = 0
  while columns - column >= 4 * Vector.scalarCount {
    var totals = InlineArray<4, LaneSums> { _ in LaneSums() }
    var row = 0
    while row < rows {
      let end = min(row + segment, rows)
      var partial = InlineArray<4, Vector> { _ in Vector(repeating: 0) }
      while row < end {
        let x = input + row * stride + column
        for index in 0..<4 { partial[index] += term(Vector(at: x + index * Vector.scalarCount)) }
        row += 1
      }
      for index in 0..<4 { totals[index].add(partial[index]) }
    }
    for index in 0..<4 {
      let first = column + index * Vector.scalarCount
      totals[index].store(
        at: output + first, count: Vector.scalarCount, of: input + first, stride, rows, isSquare: isSquare, doubleTerm,
        finish: finish)
    }
    column += 4 * Vector.scalarCount
  }
  while column < columns {
    let count = min(Vector.scalarCount, columns - column)
    var totals = LaneSums()
    var row = 0
    while row < rows {
      let end = min(row + segment, rows)
      var partial = Vector(repeating: 0)
      while row < end {
        partial += term(Vector(at: input + row * stride + column, count: count))
        row += 1
      }
      totals.add(partial)
    }
    totals.store(
      at: output + column, count: count, of: input + column, stride, rows, isSquare: isSquare, doubleTerm,
      finish: finish)
    column += Vector.scalarCount
  }
}

/// Reduces up to 32 columns of a matrix by a function that does not depend on the order.
@inline(always)
private func reduceColumns(
  _ input: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int, start: Float,
  _ output: UnsafeMutablePointer<Float>, _ combine: (Vector, Vector) -> Vector
) {
  let start = Vector(repeating: start)
  var column = 0
  while columns - column >= 4 * Vector.scalarCount {
    var totals = InlineArray<4, Vector> { _ in start }
    for row in 0..<rows {
      let x = input + row * stride + column
      for index in 0..<4 { totals[index] = combine(totals[index], Vector(at: x + index * Vector.scalarCount)) }
    }
    for index in 0..<4 { totals[index].store(at: output + column + index * Vector.scalarCount) }
    column += 4 * Vector.scalarCount
  }
  while column < columns {
    let count = min(Vector.scalarCount, columns - column)
    var total = start
    for row in 0..<rows { total = combine(total, Vector(at: input + row * stride + column, count: count)) }
    total.store(at: output + column, count: count)
    column += Vector.scalarCount
  }
}

/// Reduces a row to a vector with four independent accumulators, which are combined at the end.
/// `transform` receives each vector once. Positions after the last number contain `fill`.
@inline(always)
func reduceRow(
  _ x: UnsafePointer<Float>, _ columns: Int, start: Float, fill: Float, _ combine: (Vector, Vector) -> Vector,
  _ transform: (Vector) -> Vector
) -> Vector {
  var results = InlineArray<4, Vector> { _ in Vector(repeating: start) }
  var column = 0
  while column <= columns - 4 * Vector.scalarCount {
    for index in 0..<4 {
      results[index] = combine(results[index], transform(Vector(at: x + column + index * Vector.scalarCount)))
    }
    column += 4 * Vector.scalarCount
  }
  while column < columns {
    results[0] = combine(results[0], transform(Vector(at: x + column, count: columns - column, fill: fill)))
    column += Vector.scalarCount
  }
  return combine(combine(results[0], results[1]), combine(results[2], results[3]))
}

/// Sums a term of each vector of a row with four independent accumulators. Groups of vectors are
/// added in single precision and their sums in double precision. Positions after the last number
/// contain `fill`.
@inline(always)
func sumRow(_ x: UnsafePointer<Float>, _ columns: Int, fill: Float, _ term: (Vector) -> Vector) -> Double {
  var totals = LaneSums()
  var column = 0
  while column < columns {
    let end = min(column + 4 * segment * Vector.scalarCount, columns)
    totals.add(reduceRow(x + column, end - column, start: 0, fill: fill, { $0 + $1 }, term))
    column = end
  }
  return totals.total
}

/// Returns the sum of a row, even if a partial sum leaves the range of single precision.
@inline(always)
func rowSum(_ x: UnsafePointer<Float>, _ columns: Int) -> Double { rowSum(x, columns, { $0 }) { $0 } }

/// Returns the sum of terms of a row in the same way.
@inline(always)
private func rowSum(
  _ x: UnsafePointer<Float>, _ columns: Int, _ term: (Vector) -> Vector, isSquare: Bool = false,
  _ doubleTerm: (Double) -> Double
) -> Double {
  let sum = sumRow(x, columns, fill: 0, term)
  return isPrecise(sum, isSquare: isSquare) ? sum : doubleSum(x, 1, columns, doubleTerm)
}

/// Returns the largest number of a row, or NaN if any is NaN.
@inline(always)
func rowMaximum(_ x: UnsafePointer<Float>, _ columns: Int) -> Float {
  joined(reduceRow(x, columns, start: -.infinity, fill: -.infinity, largest, { $0 }), largest)
}

/// Returns the smallest number of a row, or NaN if any is NaN.
@inline(always)
func rowMinimum(_ x: UnsafePointer<Float>, _ columns: Int) -> Float {
  joined(reduceRow(x, columns, start: .infinity, fill: .infinity, least, { $0 }), least)
}

/// Combines the lanes of a vector by repeatedly combining its halves.
@inline(always)
private func joined(_ x: Vector, _ combine: (Vector, Vector) -> Vector) -> Float {
  var (result, width) = (x, Vector.scalarCount / 2)
  while width > 0 {
    var other = result
    for lane in 0..<width { other[lane] = result[lane + width] }
    result = combine(result, other)
    width /= 2
  }
  return result[0]
}
