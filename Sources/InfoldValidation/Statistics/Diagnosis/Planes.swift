import InfoldSystem

/// Pictures of three channels in channels-first order.
struct Planes {
  let count: Int
  let rows: Int
  let columns: Int
  private var values: [Float] = []

  private static let channels = 3
  private var area: Int { rows * columns }

  init(count: Int, rows: Int, columns: Int) {
    self.count = count
    self.rows = rows
    self.columns = columns
  }

  /// Reads numbers in channels-last or channels-first order.
  mutating func read(_ numbers: [Float], isInterleaved: Bool) {
    values = isInterleaved ? reordered(numbers, toInterleaved: false) : numbers
  }

  /// All numbers in channels-last or channels-first order.
  func numbers(isInterleaved: Bool) -> [Float] {
    isInterleaved ? reordered(values, toInterleaved: true) : values
  }

  private func reordered(_ numbers: [Float], toInterleaved: Bool) -> [Float] {
    var result = [Float](repeating: 0, count: numbers.count)
    for picture in 0..<count {
      let start = picture * Self.channels * area
      for channel in 0..<Self.channels {
        for pixel in 0..<area {
          let planar = start + channel * area + pixel, interleaved = start + pixel * Self.channels + channel
          if toInterleaved { result[interleaved] = numbers[planar] } else { result[planar] = numbers[interleaved] }
        }
      }
    }
    return result
  }

  /// Applies a function to a channel of all pictures.
  mutating func map(_ channel: Int, _ function: (Float) -> Float) {
    for picture in 0..<count {
      let start = (picture * Self.channels + channel) * area
      for index in start..<(start + area) { values[index] = function(values[index]) }
    }
  }

  /// Swaps the first channel and the last.
  mutating func reverseChannels() {
    for picture in 0..<count {
      let first = picture * Self.channels * area, last = first + 2 * area
      for pixel in 0..<area { values.swapAt(first + pixel, last + pixel) }
    }
  }

  /// Returns the pictures at twice the size, by bilinear interpolation. The center of each new
  /// pixel is a quarter of an old pixel away from the nearest old center.
  /// - Throws: `InfoldError` with `.limitExceeded` if the pictures would take more than 1 GiB.
  func doubled() throws(InfoldError) -> Planes {
    guard values.count <= 1 << 26 else {
      throw InfoldError(.limitExceeded, "the pictures are too large to enlarge: they would take more than 1 GiB")
    }
    var result = Planes(count: count, rows: 2 * rows, columns: 2 * columns)
    result.values = [Float](repeating: 0, count: 4 * values.count)
    for plane in 0..<(count * Self.channels) {
      for row in 0..<result.rows {
        let (y0, y1) = Self.neighbors(row, rows)
        for column in 0..<result.columns {
          let (x0, x1) = Self.neighbors(column, columns)
          func value(_ y: Int, _ x: Int) -> Float { values[plane * area + y * columns + x] }
          result.values[plane * result.area + row * result.columns + column] =
            0.5625 * value(y0, x0) + 0.1875 * (value(y0, x1) + value(y1, x0)) + 0.0625 * value(y1, x1)
        }
      }
    }
    return result
  }

  /// Returns the old pixel that contains a new one, and the nearest one next to it.
  private static func neighbors(_ index: Int, _ count: Int) -> (Int, Int) {
    let near = index / 2
    return (near, min(max(index % 2 == 0 ? near - 1 : near + 1, 0), count - 1))
  }

  /// Returns the pictures at half the size: means of four pixels.
  func halved() -> Planes {
    var result = Planes(count: count, rows: rows / 2, columns: columns / 2)
    result.values.reserveCapacity(values.count / 4)
    for plane in 0..<(count * Self.channels) {
      for row in 0..<result.rows {
        for column in 0..<result.columns {
          let start = plane * area + 2 * row * columns + 2 * column
          result.values.append(
            (values[start] + values[start + 1] + values[start + columns] + values[start + columns + 1]) / 4)
        }
      }
    }
    return result
  }
}
