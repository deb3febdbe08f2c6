import InfoldSystem

/// The blocks of a GIF file (GIF89a specification) that make up its first frame.
struct GIFStream {
  /// Whether the bytes have the signature of a GIF file.
  static func begins(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8)
  }

  /// A frame on the logical screen.
  struct Frame {
    let x: Int
    let y: Int
    let width: Int
    let height: Int
    let isInterlaced: Bool
    /// Red, green and blue of each color.
    let colors: ArraySlice<UInt8>
    /// The minimum code size: one less than the bits of the shortest code.
    let codeSize: Int
    /// The compressed pixels.
    let data: [UInt8]
  }

  let frame: Frame
  /// The size of the picture: that of the logical screen, or larger if the frame exceeds it.
  let width: Int
  let height: Int
  /// The color outside the frame: the transparent color, or the background color, or black if there
  /// is neither.
  let background: (UInt8, UInt8, UInt8)

  /// Parses the blocks up to the required trailer. Bytes after the trailer and frames after the
  /// first are ignored.
  /// - Throws: `InfoldError` with `.malformedData`.
  init(_ bytes: [UInt8]) throws(InfoldError) {
    var blocks = GIFBlocks(bytes)
    try blocks.skip(6)
    let screen = (width: try blocks.number(), height: try blocks.number())
    let flags = try blocks.byte()
    let backgroundIndex = Int(try blocks.byte())
    try blocks.skip(1)
    let globalColors = try blocks.colors(flags)

    var frame: Frame?
    var transparent: Int?
    var isAtEnd = false
    while !isAtEnd {
      let block = try blocks.byte()
      switch block {
      case 0x21:
        let label = try blocks.byte()
        let body = try blocks.subBlocks()
        if label == 0xF9, frame == nil, body.count >= 4 { transparent = body[0] & 1 == 1 ? Int(body[3]) : nil }
      case 0x2C:
        let next = try blocks.frame(globalColors)
        frame = frame ?? next
      case 0x3B: isAtEnd = true
      default: throw InfoldError(.malformedData, "the GIF picture has an unknown block at byte \(blocks.offset - 1)")
      }
    }
    guard let frame else { throw InfoldError(.malformedData, "the GIF picture has no frame") }
    self.frame = frame
    width = max(screen.width, frame.x + frame.width)
    height = max(screen.height, frame.y + frame.height)
    let free = transparent.map { (frame.colors, $0) } ?? (globalColors ?? [], backgroundIndex)
    background = Self.color(free.1, of: free.0) ?? (0, 0, 0)
  }

  /// The color with this index.
  static func color(_ index: Int, of colors: ArraySlice<UInt8>) -> (UInt8, UInt8, UInt8)? {
    let first = colors.startIndex + 3 * index
    guard first + 2 < colors.endIndex else { return nil }
    return (colors[first], colors[first + 1], colors[first + 2])
  }

  /// Throws if the file is too short for its pixels: a code of 12 bits represents at most 4096
  /// pixels.
  func checkDataSize(byteCount: Int) throws(InfoldError) {
    guard byteCount >= width * height / 2731 else {
      throw InfoldError(
        .malformedData, "\(byteCount) bytes are too few for a GIF picture of \(width)×\(height) pixels")
    }
  }
}

/// Reads the parts of a GIF file in order.
private struct GIFBlocks {
  private let reader: ByteReader
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { reader = ByteReader(bytes: bytes[...]) }

  private var cutOff: InfoldError { InfoldError(.malformedData, "the GIF picture is cut off") }

  mutating func skip(_ count: Int) throws(InfoldError) { _ = try slice(count) }

  mutating func byte() throws(InfoldError) -> UInt8 { try slice(1).first! }

  mutating func number() throws(InfoldError) -> Int {
    let bytes = try slice(2)
    return Int(bytes.first!) | Int(bytes.last!) << 8
  }

  private mutating func slice(_ count: Int) throws(InfoldError) -> ArraySlice<UInt8> {
    guard let slice = reader.slice(at: offset, count: count) else { throw cutOff }
    offset += count
    return slice
  }

  /// The color table, if `flags` announce one.
  mutating func colors(_ flags: UInt8) throws(InfoldError) -> ArraySlice<UInt8>? {
    flags & 0x80 == 0 ? nil : try slice(3 << (Int(flags & 7) + 1))
  }

  /// The bytes of sub-blocks up to the empty one.
  mutating func subBlocks() throws(InfoldError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let count = Int(try byte())
      if count == 0 { return bytes }
      bytes += try slice(count)
    }
  }

  /// The frame after its image separator.
  mutating func frame(_ globalColors: ArraySlice<UInt8>?) throws(InfoldError) -> GIFStream.Frame {
    let (x, y, width, height) = (try number(), try number(), try number(), try number())
    let flags = try byte()
    let colors = try colors(flags) ?? globalColors
    let codeSize = Int(try byte())
    let data = try subBlocks()
    guard let colors else { throw InfoldError(.malformedData, "the GIF picture has no color table") }
    guard (1...8).contains(codeSize) else {
      throw InfoldError(.malformedData, "the GIF picture has codes of \(codeSize) bits, but must have 1 to 8")
    }
    return GIFStream.Frame(
      x: x, y: y, width: width, height: height, isInterlaced: flags & 0x40 != 0, colors: colors, codeSize: codeSize,
      data: data)
  }
}
