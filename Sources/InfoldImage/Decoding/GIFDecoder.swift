import InfoldSystem

/// Decodes the first frame of a GIF file. Transparent pixels keep the color that the color table
/// assigns to them.
func decodeGIF(_ bytes: [UInt8], limits: ImageLimits) throws(InfoldError) -> Picture {
  let stream = try GIFStream(bytes)
  let frame = stream.frame
  try limits.check(width: stream.width, height: stream.height)
  try limits.check(width: frame.width, height: frame.height)
  try stream.checkDataSize(byteCount: bytes.count)

  var indices = try GIFCodes(frame.data, codeSize: frame.codeSize).indices(count: frame.width * frame.height)
  if frame.isInterlaced { indices = deinterlaced(indices, width: frame.width, height: frame.height) }
  var pixels = [UInt8]()
  pixels.reserveCapacity(indices.count * Picture.channels)
  for index in indices {
    guard let color = GIFStream.color(Int(index), of: frame.colors) else {
      throw InfoldError(
        .malformedData, "a pixel of the GIF picture has color \(index) of a table of \(frame.colors.count / 3)")
    }
    pixels.append(color.0)
    pixels.append(color.1)
    pixels.append(color.2)
  }
  let picture = Picture(checkedWidth: frame.width, height: frame.height, pixels: pixels)
  guard (stream.width, stream.height) != (frame.width, frame.height) else { return picture }
  var canvas = Canvas(width: stream.width, height: stream.height, color: stream.background)
  canvas.place(picture, x: frame.x, y: frame.y)
  return canvas.picture
}

/// Reorders the rows of an interlaced frame, which are stored in four passes.
private func deinterlaced(_ indices: [UInt8], width: Int, height: Int) -> [UInt8] {
  var ordered = [UInt8](repeating: 0, count: indices.count)
  var source = 0
  for (first, step) in [(0, 8), (4, 8), (2, 4), (1, 2)] {
    for row in stride(from: first, to: height, by: step) {
      ordered.replaceSubrange(row * width..<(row + 1) * width, with: indices[source..<source + width])
      source += width
    }
  }
  return ordered
}

/// The compressed pixels of a frame: LZW codes (Lempel–Ziv–Welch) of growing length, least
/// significant bit first.
private struct GIFCodes {
  private let data: [UInt8]
  private let codeSize: Int

  init(_ data: [UInt8], codeSize: Int) {
    self.data = data
    self.codeSize = codeSize
  }

  /// Returns the first `count` indices and ignores the rest.
  /// - Throws: `InfoldError` with `.malformedData` if there are fewer, or if a code is undefined.
  func indices(count: Int) throws(InfoldError) -> [UInt8] {
    let (clear, end) = (1 << codeSize, 1 << codeSize + 1)
    // A code above `end` represents the string of a prefix code, followed by a last index.
    var prefixes = [Int](repeating: 0, count: 4096)
    var last = (0..<4096).map { UInt8(truncatingIfNeeded: $0) }
    var lengths = [Int](repeating: 1, count: 4096)
    var (next, bits) = (end + 1, codeSize + 1)
    var previous: Int?
    var indices = [UInt8](repeating: 0, count: count)
    var filled = 0
    var (buffer, bufferedBits, offset) = (0, 0, 0)

    while filled < count {
      while bufferedBits < bits {
        guard offset < data.count else {
          throw InfoldError(.malformedData, "the GIF picture has data for \(filled) of \(count) pixels")
        }
        buffer |= Int(data[offset]) << bufferedBits
        (bufferedBits, offset) = (bufferedBits + 8, offset + 1)
      }
      let code = buffer & (1 << bits - 1)
      (buffer, bufferedBits) = (buffer >> bits, bufferedBits - bits)
      if code == clear {
        (next, bits, previous) = (end + 1, codeSize + 1, nil)
        continue
      }
      guard code != end else {
        throw InfoldError(.malformedData, "the GIF picture has data for \(filled) of \(count) pixels")
      }
      guard code < next || code == next && previous != nil && next < 4096, previous != nil || code < clear else {
        throw InfoldError(.malformedData, "the GIF picture uses the code \(code) before it is defined")
      }
      if let previous, next < 4096 {
        // The code defined here may be the one just read. Its string then ends with its own first
        // index.
        var first = code == next ? previous : code
        while first > end { first = prefixes[first] }
        (prefixes[next], last[next], lengths[next]) = (previous, UInt8(first), lengths[previous] + 1)
        next += 1
        if next == 1 << bits, bits < 12 { bits += 1 }
      }
      var (place, part) = (filled + lengths[code] - 1, code)
      filled = place + 1
      while true {
        if place < count { indices[place] = last[part] }
        guard part > end else { break }
        (place, part) = (place - 1, prefixes[part])
      }
      previous = code
    }
    return indices
  }
}
