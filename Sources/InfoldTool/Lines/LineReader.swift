import InfoldSystem

/// A line of standard input.
struct InputLine: Sendable {
  /// Its number, from 1.
  let number: Int
  /// Its bytes without the line's end; `nil` for a line that is longer than the limit.
  let bytes: [UInt8]?
  /// The most bytes of a line.
  let limit: Int
}

/// Standard input, line by line. It keeps no more than a line, and of one that is too long nothing.
struct LineReader: ~Copyable {
  private let limit: Int
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  /// What of the chunk is still to be read.
  private var rest = 0..<0
  private var isAtEnd = false
  private var number = 0

  /// - Parameter limit: The most bytes of a line.
  init(limit: Int) {
    self.limit = limit
  }

  /// The next line, which ends with a line feed, with a carriage return before it or not, or with the input; `nil` behind the last.
  /// - Throws: `InfoldError` when the input cannot be read.
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
      // One more may be the carriage return.
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
