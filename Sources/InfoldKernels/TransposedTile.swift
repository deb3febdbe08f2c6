/// Transposes a tile that is as high and wide as a vector, or a part of one.
@inline(always)
func transposeTile<Row: MovedRow>(
  by _: Row.Type, _ input: UnsafePointer<Row.Element>, _ inputStride: Int, _ output: UnsafeMutablePointer<Row.Element>,
  _ outputStride: Int, rows: Int, columns: Int
) {
  let side = Row.count
  var tile = InlineArray<16, Row> { _ in Row() }
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

/// Interleaves each row with the row half a tile later. Repeating this log₂(side) times turns rows
/// into columns.
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
