import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func transpose(_ arguments: TransposeArguments, units: Range<Int>) {
    let (rows, columns, block) = (arguments.rows, arguments.columns, TransposeArguments.block)
    let blocks = (max(rows, columns) + block - 1) / block
    for unit in units {
      let (matrix, index) = divide(unit, by: blocks)
      let part = (index * block)..<min(index * block + block, max(rows, columns))
      let input = arguments.input + matrix * arguments.inputMatrixStride
      let output = arguments.output + matrix * arguments.outputMatrixStride
      if rows > columns {
        for column in stride(from: 0, to: columns, by: side) {
          for row in stride(from: part.lowerBound, to: part.upperBound, by: side) {
            transposeTile(
              input + row * arguments.inputStride + column, arguments.inputStride,
              output + column * arguments.outputStride + row, arguments.outputStride,
              rows: min(side, part.upperBound - row), columns: min(side, columns - column))
          }
        }
      } else {
        for row in stride(from: 0, to: rows, by: side) {
          for column in stride(from: part.lowerBound, to: part.upperBound, by: side) {
            transposeTile(
              input + row * arguments.inputStride + column, arguments.inputStride,
              output + column * arguments.outputStride + row, arguments.outputStride,
              rows: min(side, rows - row), columns: min(side, part.upperBound - column))
          }
        }
      }
    }
  }
}

/// Transposes a tile that is as high and as wide as a vector, or what there is of it.
@inline(always)
private func transposeTile(
  _ input: UnsafePointer<Float>, _ inputStride: Int, _ output: UnsafeMutablePointer<Float>, _ outputStride: Int,
  rows: Int, columns: Int
) {
  var tile = InlineArray<16, Vector>(repeating: Vector(repeating: 0))
  if rows == side && columns == side {
    for row in 0..<side { tile[row] = Vector(at: input + row * inputStride) }
    transpose(&tile)
    for column in 0..<side { tile[column].store(at: output + column * outputStride) }
  } else {
    for row in 0..<side where row < rows { tile[row] = Vector(at: input + row * inputStride, count: columns) }
    transpose(&tile)
    for column in 0..<side where column < columns {
      tile[column].store(at: output + column * outputStride, count: rows)
    }
  }
}

/// A row and the one that lies half a tile behind it are joined in turns; after as many times as the side has factors
/// 2, rows have become columns.
@inline(always)
private func transpose(_ tile: inout InlineArray<16, Vector>) {
  join(&tile)
  join(&tile)
  if side >= 8 { join(&tile) }
  if side >= 16 { join(&tile) }
}

@inline(always)
private func join(_ tile: inout InlineArray<16, Vector>) {
  let rows = tile
  for row in 0..<(side / 2) {
    (tile[2 * row], tile[2 * row + 1]) = Vector.interleaved(rows[row], rows[row + side / 2])
  }
}

/// The rows and columns of a tile.
private var side: Int { Vector.scalarCount }
