import InfoldSystem

/// The chunks of a WebP file (RFC 9649) that contain the first picture and the orientation.
///
/// libwebp parses the chunks of a still picture again and decides whether they are valid. This type
/// finds the frames of animations, which libwebp's decoder does not support, and metadata that the
/// decoder does not expose.
struct WebPContainer {
  /// Whether the bytes have the signature of a WebP file.
  static func begins(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: "RIFF".utf8) && bytes.count >= 12 && bytes[8..<12].elementsEqual("WEBP".utf8)
  }

  /// The canvas of an animation and the position of its first frame, or `nil` for a still picture.
  struct Animation {
    var width = 0
    var height = 0
    var frame: (x: Int, y: Int, width: Int, height: Int) = (0, 0, 0, 0)
  }

  /// The bytes that libwebp decodes: the file without trailing bytes, or the chunks of the first
  /// frame.
  private(set) var data: ArraySlice<UInt8>
  private(set) var animation: Animation?
  /// The payload of the Exif chunk, from its TIFF header.
  private(set) var exif: ArraySlice<UInt8>?

  /// Parses the chunks. Bytes after the declared end of the file are ignored.
  /// - Throws: `InfoldError` with `.malformedData`.
  init(_ bytes: [UInt8]) throws(InfoldError) {
    let cutOff = InfoldError(.malformedData, "the WebP picture is cut off or damaged")
    let file = ByteReader(bytes: bytes[...])
    guard let size = file.integer(at: 4, .littleEndian, as: UInt32.self).map(Int.init), size >= 4,
      let whole = file.slice(at: 0, count: size + 8)
    else { throw cutOff }
    data = whole
    let reader = ByteReader(bytes: whole)
    var canvas: Animation?
    var offset = 12
    while offset < whole.count {
      guard let type = reader.slice(at: offset, count: 4),
        let length = reader.integer(at: offset + 4, .littleEndian, as: UInt32.self).map(Int.init),
        let body = reader.slice(at: offset + 8, count: length)
      else { throw cutOff }
      switch String(decoding: type, as: UTF8.self) {
      case "VP8X": canvas = canvas ?? Self.canvas(body)
      case "EXIF": exif = exif ?? Self.tiff(body)
      case "ANMF" where animation == nil:
        guard var animation = canvas, let frame = Self.frame(body) else { throw cutOff }
        animation.frame = frame
        self.animation = animation
        data = body.dropFirst(16)
      default: break
      }
      offset += 8 + length + length % 2
    }
    guard offset > 12 else { throw cutOff }
    // Chunks are padded to an even number of bytes. A file without the padding of its last chunk is
    // one byte short.
    guard offset == whole.count else { throw cutOff }
  }

  /// The size that the extended header declares, for animations and still pictures.
  private static func canvas(_ body: ArraySlice<UInt8>) -> Animation? {
    let reader = ByteReader(bytes: body)
    guard let width = reader.integer24(at: 4), let height = reader.integer24(at: 7) else { return nil }
    return Animation(width: width + 1, height: height + 1)
  }

  private static func frame(_ body: ArraySlice<UInt8>) -> (x: Int, y: Int, width: Int, height: Int)? {
    let reader = ByteReader(bytes: body)
    guard body.count >= 16, let x = reader.integer24(at: 0), let y = reader.integer24(at: 3),
      let width = reader.integer24(at: 6), let height = reader.integer24(at: 9)
    else { return nil }
    return (x * 2, y * 2, width + 1, height + 1)
  }

  /// Some writers keep the prefix that the block has in JPEG files.
  private static func tiff(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let prefix = Array("Exif\0\0".utf8)
    return body.starts(with: prefix) ? body.dropFirst(prefix.count) : body
  }

  /// Throws if the file is too short for its size. A picture of one color compresses to almost
  /// nothing at any size, so this check allows up to 65,536 pixels per byte.
  func checkDataSize(width: Int, height: Int) throws(InfoldError) {
    guard data.count >= width * height / 65_536 else {
      throw InfoldError(
        .malformedData, "\(data.count) bytes are too few for a WebP picture of \(width)×\(height) pixels")
    }
  }
}

extension ByteReader {
  /// The 24-bit little-endian integer at `offset`.
  fileprivate func integer24(at offset: Int) -> Int? {
    slice(at: offset, count: 3).map { $0.reversed().reduce(0) { $0 << 8 | Int($1) } }
  }
}
