import InfoldGraph

/// What the marker segments before the first scan of a JPEG file (ITU-T T.81, Annex B) say.
///
/// libjpeg reads the same segments again and has the last word; this is for what TurboJPEG does not tell.
struct JPEGHeader {
  /// The start-of-image marker, and the first byte of the marker behind it.
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// The marker of the frame header, 0xC0 to 0xCF: it names the coding process.
  private(set) var frameMarker: UInt8?
  /// Whether the scans are cut into intervals by restart markers.
  private(set) var hasRestartMarkers = false
  /// The body of the first Exif segment, from its TIFF header on.
  private(set) var exif: ArraySlice<UInt8>?

  /// Reads segments up to the first scan, or to the first thing that is no segment.
  init(_ bytes: [UInt8]) {
    let reader = ByteReader(bytes: bytes[...])
    let exifPrefix = Array("Exif\0\0".utf8)
    var offset = 2
    while reader.integer(at: offset, as: UInt8.self) == 0xFF,
      let marker = reader.integer(at: offset + 1, as: UInt8.self)
    {
      if marker == 0xFF {  // a fill byte
        offset += 1
        continue
      }
      let startOfScan: UInt8 = 0xDA
      guard marker != startOfScan, let length = reader.integer(at: offset + 2, as: UInt16.self).map(Int.init),
        length >= 2, let body = reader.slice(at: offset + 4, count: length - 2)
      else { return }
      switch marker {
      case 0xC4, 0xC8, 0xCC: break  // Huffman tables, reserved, arithmetic conditioning
      case 0xC0...0xCF: frameMarker = frameMarker ?? marker
      case 0xDD: hasRestartMarkers = body.contains { $0 != 0 }
      case 0xE1 where body.starts(with: exifPrefix): exif = exif ?? body.dropFirst(exifPrefix.count)
      default: break
      }
      offset += 2 + length
    }
  }

  /// Refuses the coding processes that are not Huffman-coded DCT: baseline, extended and progressive remain.
  func checkCodingProcess() throws(InfoldError) {
    let process: String
    switch frameMarker {
    case 0xC0, 0xC1, 0xC2: return
    case nil: throw InfoldError(.malformedData, "the JPEG picture has no frame header before its first scan")
    case 0xC3, 0xC7: process = "lossless"
    case 0xC5, 0xC6: process = "hierarchical"
    default: process = "arithmetic-coded"
    }
    throw InfoldError(
      .unsupported, "\(process) JPEG pictures are not supported", hint: "save the picture as baseline or progressive")
  }

  /// Refuses a file too short for its size: a Huffman-coded picture spends at least a bit on each block of 8×8
  /// samples, and the coarsest sampling leaves one block to 32×32 pixels.
  static func checkDataSize(byteCount: Int, width: Int, height: Int) throws(InfoldError) {
    guard byteCount >= width * height / (32 * 32 * 8) else {
      throw InfoldError(
        .malformedData, "\(byteCount) bytes are too few for a JPEG picture of \(width)×\(height) pixels")
    }
  }
}
