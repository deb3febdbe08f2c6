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
        reduceColumns(source, input.pixelStride, pixels, channels, start: -.infinity, divisor: 1, target, largest)
      case .minimum:
        reduceColumns(source, input.pixelStride, pixels, channels, start: .infinity, divisor: 1, target, least)
      case .sum:
        reduceColumns(source, input.pixelStride, pixels, channels, start: 0, divisor: 1, target) { $0 + $1 }
      case .mean:
        reduceColumns(source, input.pixelStride, pixels, channels, start: 0, divisor: Float(pixels), target) {
          $0 + $1
        }
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
        case .sum: rowSum(x, arguments.columns)
        case .mean: rowSum(x, arguments.columns) / Float(arguments.columns)
        }
      arguments.output[row * arguments.outputStride] = result
    }
  }
}

/// Numbers that are added one after the other before their sum is added to the sum of all: it keeps the error of long
/// sums small.
private let segment = 64

/// Reduces up to 32 columns of a matrix.
@inline(always)
private func reduceColumns(
  _ input: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int, start: Float, divisor: Float,
  _ output: UnsafeMutablePointer<Float>, _ combine: (Vector, Vector) -> Vector
) {
  let start = Vector(repeating: start)
  let divisor = Vector(repeating: divisor)
  var column = 0
  while columns - column >= 4 * Vector.scalarCount {
    var totals = InlineArray<4, Vector>(repeating: start)
    var row = 0
    while row < rows {
      let end = min(row + segment, rows)
      var partial = InlineArray<4, Vector>(repeating: start)
      while row < end {
        let x = input + row * stride + column
        for index in 0..<4 { partial[index] = combine(partial[index], Vector(at: x + index * Vector.scalarCount)) }
        row += 1
      }
      for index in 0..<4 { totals[index] = combine(totals[index], partial[index]) }
    }
    for index in 0..<4 { (totals[index] / divisor).store(at: output + column + index * Vector.scalarCount) }
    column += 4 * Vector.scalarCount
  }
  while column < columns {
    let count = min(Vector.scalarCount, columns - column)
    var total = start
    var row = 0
    while row < rows {
      let end = min(row + segment, rows)
      var partial = start
      while row < end {
        partial = combine(partial, Vector(at: input + row * stride + column, count: count))
        row += 1
      }
      total = combine(total, partial)
    }
    (total / divisor).store(at: output + column, count: count)
    column += Vector.scalarCount
  }
}

/// The sum of the lanes, always in the same order.
@inline(always)
func sum(_ x: Vector) -> Float {
  var sum = x[0]
  for lane in 1..<Vector.scalarCount { sum += x[lane] }
  return sum
}

/// Reduces a row to a vector by four independent chains, which are joined at the end. `transform` gets every vector
/// once; behind the last number stands `fill`.
@inline(always)
func reduceRow(
  _ x: UnsafePointer<Float>, _ columns: Int, start: Float, fill: Float, _ combine: (Vector, Vector) -> Vector,
  _ transform: (Vector) -> Vector
) -> Vector {
  var results = InlineArray<4, Vector>(repeating: Vector(repeating: start))
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

@inline(always)
func rowSum(_ x: UnsafePointer<Float>, _ columns: Int) -> Float {
  sum(reduceRow(x, columns, start: 0, fill: 0, { $0 + $1 }, { $0 }))
}

/// The largest number of a row, NaN if any is NaN.
@inline(always)
func rowMaximum(_ x: UnsafePointer<Float>, _ columns: Int) -> Float {
  let lanes = reduceRow(x, columns, start: -.infinity, fill: -.infinity, largest, { $0 })
  var result = lanes[0]
  for lane in 1..<Vector.scalarCount where !(lanes[lane] <= result) && result == result { result = lanes[lane] }
  return result
}

/// The smallest number of a row, NaN if any is NaN.
@inline(always)
func rowMinimum(_ x: UnsafePointer<Float>, _ columns: Int) -> Float {
  let lanes = reduceRow(x, columns, start: .infinity, fill: .infinity, least, { $0 })
  var result = lanes[0]
  for lane in 1..<Vector.scalarCount where !(lanes[lane] >= result) && result == result { result = lanes[lane] }
  return result
}
