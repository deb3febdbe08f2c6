import InfoldGraph
import InfoldSystem

/// The headers of a BMP file, in the formats of Windows and OS/2, and its palette.
struct BMPHeader {
  static let signature = Array("BM".utf8)

  /// The encoding of pixels.
  enum Compression: UInt32 {
    case none = 0
    case runs8 = 1
    case runs4 = 2
    case masks = 3
    case masksWithAlpha = 6
  }

  let width: Int
  let height: Int
  /// Whether the first stored row is the top one.
  let isTopDown: Bool
  /// The bits per pixel: 1, 4, 8, 16, 24 or 32.
  let bitsPerPixel: Int
  let compression: Compression
  /// Red, green and blue of each color, if pixels are palette indices.
  let palette: [(UInt8, UInt8, UInt8)]
  /// The bit masks of red, green and blue, for pixels of 16 or 32 bits.
  let masks: [UInt32]
  /// The offset of the pixels.
  let dataOffset: Int

  /// Reads everything before the pixels.
  /// - Throws: `InfoldError` with `.malformedData`, or `.unsupported` for other compressions and
  ///   bit depths.
  init(_ bytes: [UInt8]) throws(InfoldError) {
    let reader = ByteReader(bytes: bytes[...])
    func number<Value: FixedWidthInteger & UnsignedInteger>(
      _ offset: Int, _: Value.Type
    ) throws(InfoldError) -> Value {
      guard let value = reader.integer(at: offset, .littleEndian, as: Value.self) else {
        throw InfoldError(.malformedData, "the BMP picture ends inside its header")
      }
      return value
    }
    dataOffset = Int(try number(10, UInt32.self))
    let headerSize = Int(try number(14, UInt32.self))
    guard [12, 40, 52, 56, 64, 108, 124].contains(headerSize) else {
      throw InfoldError(.unsupported, "BMP pictures with a header of \(headerSize) bytes are not supported")
    }
    let isCore = headerSize == 12
    let kind: UInt32
    if isCore {
      (width, height) = (Int(try number(18, UInt16.self)), Int(try number(20, UInt16.self)))
      (isTopDown, bitsPerPixel, kind) = (false, Int(try number(24, UInt16.self)), 0)
    } else {
      let rows = Int(Int32(bitPattern: try number(22, UInt32.self)))
      width = Int(Int32(bitPattern: try number(18, UInt32.self)))
      (height, isTopDown) = (abs(rows), rows < 0)
      (bitsPerPixel, kind) = (Int(try number(28, UInt16.self)), try number(30, UInt32.self))
    }
    // In the OS/2 header, the values 3 and 4 have other meanings.
    guard let compression = Compression(rawValue: kind), headerSize != 64 || kind < 3 else {
      throw InfoldError(.unsupported, "BMP pictures with the compression \(kind) are not supported")
    }
    self.compression = compression
    let depths: [Int] =
      switch compression {
      case .none: [1, 4, 8, 16, 24, 32]
      case .runs8: [8]
      case .runs4: [4]
      case .masks, .masksWithAlpha: [16, 32]
      }
    guard depths.contains(bitsPerPixel) else {
      throw InfoldError(.unsupported, "BMP pictures of \(bitsPerPixel) bits per pixel are not supported")
    }

    var end = 14 + headerSize
    switch (compression, bitsPerPixel) {
    case (.masks, _), (.masksWithAlpha, _):
      masks = [try number(54, UInt32.self), try number(58, UInt32.self), try number(62, UInt32.self)]
      if headerSize == 40 { end += compression == .masks ? 12 : 16 }
    case (_, 16): masks = [0x7C00, 0x03E0, 0x001F]
    default: masks = [0xFF_0000, 0xFF00, 0xFF]
    }
    guard masks.allSatisfy({ $0 != 0 && ($0 >> $0.trailingZeroBitCount) & ($0 >> $0.trailingZeroBitCount &+ 1) == 0 })
    else { throw InfoldError(.malformedData, "the BMP picture declares invalid color masks") }

    var palette: [(UInt8, UInt8, UInt8)] = []
    if bitsPerPixel <= 8 {
      let declared = isCore ? 0 : Int(try number(46, UInt32.self))
      let most = 1 << bitsPerPixel
      let entry = isCore ? 3 : 4
      // A palette before the pixels can have fewer entries than the bit depth allows, even if the
      // header does not declare it.
      let room = dataOffset > end ? (dataOffset - end) / entry : most
      for index in 0..<min(declared == 0 ? most : declared, most, room) {
        guard let color = reader.slice(at: end + index * entry, count: 3) else {
          throw InfoldError(.malformedData, "the BMP picture ends inside its palette")
        }
        palette.append((color[color.startIndex + 2], color[color.startIndex + 1], color[color.startIndex]))
      }
    }
    self.palette = palette
  }
}
