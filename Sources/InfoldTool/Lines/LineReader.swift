import InfoldSystem

/// A line of standard input.
struct InputLine: Sendable {
  /// The line number, from 1.
  let number: Int
  /// The bytes without the line ending, or `nil` if the line exceeds the limit.
  let bytes: [UInt8]?
  /// The maximum length of a line in bytes.
  let limit: Int
}

/// Reads standard input line by line. It stores one line at a time, and nothing of a line that is
/// too long.
struct LineReader: ~Copyable {
  private let limit: Int
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  /// The unread part of the chunk.
  private var rest = 0..<0
  private var isAtEnd = false
  private var number = 0

  /// - Parameter limit: The maximum length of a line in bytes.
  init(limit: Int) {
    self.limit = limit
  }

  /// Returns the next line, or `nil` at the end of the input. Lines end with a line feed,
  /// optionally preceded by a carriage return, or with the input.
  /// - Throws: `InfoldError` if the input cannot be read.
  mutating func next() throws(InfoldError) -> InputLine? {
    var line: [UInt8] = []
    var isTooLong = false
    while true {
      if rest.isEmpty {
        if !isAtEnd { try fill() }
        if isAtEnd {
          guard !line.isEmpty || isTooLong else { return nil }
          break
        }
      }
      let end = chunk[rest].firstIndex(of: UInt8(ascii: "\n"))
      let part = rest.lowerBound..<(end ?? rest.upperBound)
      // The extra byte may be the carriage return.
      if part.count > limit + 1 - line.count { isTooLong = true }
      if isTooLong { line = [] } else { line += chunk[part] }
      rest = (end.map { $0 + 1 } ?? rest.upperBound)..<rest.upperBound
      if end != nil { break }
    }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    if line.count > limit { isTooLong = true }
    number += 1
    return InputLine(number: number, bytes: isTooLong ? nil : line, limit: limit)
  }

  private mutating func fill() throws(InfoldError) {
    let count = try chunk.withUnsafeMutableBufferPointer { (buffer) throws(InfoldError) -> Int in
      try annotatingErrors({ $0.inFile(StandardInput.name) }) { () throws(InfoldError) in
        try StandardStream.input.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
    rest = 0..<count
    isAtEnd = count == 0
  }
}
