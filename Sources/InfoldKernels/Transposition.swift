import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func transpose(_ arguments: TransposeArguments, units: Range<Int>) {
    switch arguments.elementByteCount {
    case 1: transpose(arguments, units, by: ByteRow.self)
    case 2: transpose(arguments, units, by: ShortRow.self)
    case 8: transpose(arguments, units, by: WordRow.self)
    default: transpose(arguments, units, by: FloatRow.self)
    }
  }

  /// Transposes tile by tile. Tiles are as high and wide as a vector.
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
        forEach(from: 0, to: columns, by: side) { column in
          forEach(from: part.lowerBound, to: part.upperBound, by: side) { row in
            transposeTile(
              by: Row.self, input + row * arguments.inputStride + column, arguments.inputStride,
              output + column * arguments.outputStride + row, arguments.outputStride,
              rows: min(side, part.upperBound - row), columns: min(side, columns - column))
          }
        }
      } else {
        forEach(from: 0, to: rows, by: side) { row in
          forEach(from: part.lowerBound, to: part.upperBound, by: side) { column in
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
