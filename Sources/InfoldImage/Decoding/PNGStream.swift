import InfoldSystem

/// The chunks of a PNG file (ISO/IEC 15948), separated into those that determine the pixels and
/// others.
struct PNGStream {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  let width: Int
  let height: Int
  /// Whether pixels have an alpha sample.
  let hasAlpha: Bool
  /// The bits of a pixel, at least 1 even if the file declares 0.
  private let bitsPerPixel: Int
  /// The number of bytes of compressed pixels.
  private var dataSize = 0
  /// The file without its ancillary chunks, so that gamma, profiles, text and transparent colors
  /// neither change pixels nor take time.
  private(set) var critical: [UInt8]
  /// The payload of the Exif chunk.
  private(set) var exif: ArraySlice<UInt8>?

  /// Parses the chunks up to the end chunk. Bytes after it are ignored. libpng checks the contents
  /// of the chunks.
  /// - Throws: `InfoldError` with `.malformedData`.
  init(_ bytes: [UInt8]) throws(InfoldError) {
    let reader = ByteReader(bytes: bytes[...])
    guard reader.integer(at: 8, as: UInt32.self) == 13,
      reader.slice(at: 12, count: 4)?.elementsEqual("IHDR".utf8) == true,
      let width = reader.integer(at: 16, as: UInt32.self), let height = reader.integer(at: 20, as: UInt32.self),
      let depth = reader.integer(at: 24, as: UInt8.self), let color = reader.integer(at: 25, as: UInt8.self)
    else { throw InfoldError(.malformedData, "the PNG picture does not begin with a complete header chunk") }
    self.width = Int(width)
    self.height = Int(height)
    hasAlpha = color == 4 || color == 6
    let channels = [2: 3, 4: 2, 6: 4][color, default: 1]
    bitsPerPixel = max(1, Int(depth)) * channels
    critical = Self.signature

    var offset = Self.signature.count
    var ended = false
    while !ended {
      guard let length = reader.integer(at: offset, as: UInt32.self).map(Int.init),
        let type = reader.slice(at: offset + 4, count: 4),
        let chunk = reader.slice(at: offset, count: length + 12)
      else { throw InfoldError(.malformedData, "the PNG picture is cut off: it has no end chunk") }
      let isCritical = type.first! & 0x20 == 0
      if isCritical {
        critical += chunk
      } else if exif == nil, type.elementsEqual("eXIf".utf8) {
        exif = chunk.dropFirst(8).dropLast(4)
      }
      if type.elementsEqual("IDAT".utf8) { dataSize += length }
      ended = type.elementsEqual("IEND".utf8)
      offset += chunk.count
    }
  }

  /// Throws if the file is too short for its pixels. Deflate expands 2 bits to at most 258 bytes,
  /// so the output is at most 1032 times as long as the input.
  func checkDataSize() throws(InfoldError) {
    let needed = width * height * bitsPerPixel / 8
    guard dataSize >= needed / 1032 else {
      throw InfoldError(
        .malformedData, "\(dataSize) bytes of data are too few for a PNG picture of \(width)×\(height) pixels")
    }
  }
}
