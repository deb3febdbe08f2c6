import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func transpose(_ arguments: TransposeArguments, units: Range<Int>) {
    switch arguments.elementByteCount {
    case 1: transpose(arguments, units, by: ByteRow.self)
    case 8: transpose(arguments, units, by: WordRow.self)
    default: transpose(arguments, units, by: FloatRow.self)
    }
  }

  /// Transposes by tiles that are as high and as wide as a vector.
  @inline(never)
  private static func transpose<Row: MovedRow>(
    _ arguments: TransposeArguments, _ units: Range<Int>, by _: Row.Type
  ) {
    let (rows, columns, block, side) = (arguments.rows, arguments.columns, TransposeArguments.block, Row.count)
    let blocks = (max(rows, columns) + block - 1) / block
    for unit in units {
      let (matrix, index) = divide(unit, by: blocks)
      let part = (index * block)..<min(index * block + block, max(rows, columns))
      let input =
        arguments.input.assumingMemoryBound(to: Row.Element.self) + matrix * arguments.inputMatrixStride
      let output =
        arguments.output.assumingMemoryBound(to: Row.Element.self) + matrix * arguments.outputMatrixStride
      if rows > columns {
        for column in stride(from: 0, to: columns, by: side) {
          for row in stride(from: part.lowerBound, to: part.upperBound, by: side) {
            transposeTile(
              by: Row.self, input + row * arguments.inputStride + column, arguments.inputStride,
              output + column * arguments.outputStride + row, arguments.outputStride,
              rows: min(side, part.upperBound - row), columns: min(side, columns - column))
          }
        }
      } else {
        for row in stride(from: 0, to: rows, by: side) {
          for column in stride(from: part.lowerBound, to: part.upperBound, by: side) {
            transposeTile(
              by: Row.self, input + row * arguments.inputStride + column, arguments.inputStride,
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
private func transposeTile<Row: MovedRow>(
  by _: Row.Type, _ input: UnsafePointer<Row.Element>, _ inputStride: Int, _ output: UnsafeMutablePointer<Row.Element>,
  _ outputStride: Int, rows: Int, columns: Int
) {
  let side = Row.count
  var tile = InlineArray<16, Row>(repeating: Row())
  if rows == side && columns == side {
    for row in 0..<side { tile[row] = Row(from: input + row * inputStride, count: side) }
    transpose(&tile)
    for column in 0..<side { tile[column].store(at: output + column * outputStride, count: side) }
  } else {
    for row in 0..<side where row < rows { tile[row] = Row(from: input + row * inputStride, count: columns) }
    transpose(&tile)
    for column in 0..<side where column < columns {
      tile[column].store(at: output + column * outputStride, count: rows)
    }
  }
}

/// A row and the one that lies half a tile behind it are joined in turns; after as many times as the side has factors
/// 2, rows have become columns.
@inline(always)
private func transpose<Row: MovedRow>(_ tile: inout InlineArray<16, Row>) {
  join(&tile)
  if Row.count >= 4 { join(&tile) }
  if Row.count >= 8 { join(&tile) }
  if Row.count >= 16 { join(&tile) }
}

@inline(always)
private func join<Row: MovedRow>(_ tile: inout InlineArray<16, Row>) {
  let rows = tile
  let half = Row.count / 2
  for row in 0..<half {
    (tile[2 * row], tile[2 * row + 1]) = Row.interleaved(rows[row], rows[row + half])
  }
}
