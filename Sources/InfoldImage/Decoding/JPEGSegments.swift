import InfoldSystem

/// The marker segments of a JPEG file (ITU-T T.81, Annex B), from the start of the image to its
/// end.
///
/// libjpeg parses the same segments again and decides whether they are valid. This type provides
/// properties that TurboJPEG does not expose.
struct JPEGSegments {
  /// The start-of-image marker, and the first byte of the next marker.
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// The marker of the first frame header, 0xC0 to 0xCF, which determines the coding process.
  private(set) var frameMarker: UInt8?
  /// Whether scans are divided into intervals by restart markers.
  private(set) var hasRestartMarkers = false
  private(set) var scanCount = 0
  /// The payload of the first Exif segment, from its TIFF header.
  private(set) var exif: ArraySlice<UInt8>?

  /// Parses the segments. Bytes after the end of the image are ignored.
  /// - Throws: `InfoldError` with `.malformedData` if the end is missing, or if invalid data
  ///   precedes it.
  init(_ bytes: [UInt8]) throws(InfoldError) {
    let reader = ByteReader(bytes: bytes[...])
    var offset = 2
    while let prefix = reader.integer(at: offset, as: UInt8.self),
      let marker = reader.integer(at: offset + 1, as: UInt8.self)
    {
      guard prefix == 0xFF else { break }
      switch marker {
      case 0xFF: offset += 1  // a fill byte
      case 0x01, 0xD0...0xD7: offset += 2  // nothing belongs to these
      case 0xD9: return
      default:
        guard let length = reader.integer(at: offset + 2, as: UInt16.self).map(Int.init), length >= 2,
          let body = reader.slice(at: offset + 4, count: length - 2)
        else { throw InfoldError(.malformedData, "the JPEG picture is cut off or damaged at byte \(offset)") }
        note(marker, body)
        offset += 2 + length
        if marker == 0xDA { offset = bytes.endOfScan(from: offset) }
      }
    }
    throw InfoldError(.malformedData, "the JPEG picture is cut off or damaged at byte \(offset)")
  }

  private mutating func note(_ marker: UInt8, _ body: ArraySlice<UInt8>) {
    let exifPrefix = Array("Exif\0\0".utf8)
    switch marker {
    case 0xC4, 0xC8, 0xCC: break  // Huffman tables, reserved, arithmetic conditioning
    case 0xC0...0xCF: frameMarker = frameMarker ?? marker
    case 0xDA: scanCount += 1
    case 0xDD: hasRestartMarkers = hasRestartMarkers || body.contains { $0 != 0 }
    case 0xE1 where body.starts(with: exifPrefix): exif = exif ?? body.dropFirst(exifPrefix.count)
    default: break
    }
  }
}

extension [UInt8] {
  /// The offset of the marker that ends the entropy-coded data at `start`. Stuffed bytes and
  /// restart markers are skipped.
  fileprivate func endOfScan(from start: Int) -> Int {
    var offset = start
    while let marker = self[offset...].firstIndex(of: 0xFF), marker + 1 < count {
      switch self[marker + 1] {
      case 0x00, 0xD0...0xD7: offset = marker + 2
      default: return marker
      }
    }
    return count
  }
}

extension JPEGSegments {
  /// Throws unless the coding process is Huffman-coded DCT: baseline, extended or progressive.
  func checkCodingProcess() throws(InfoldError) {
    let process: String
    switch frameMarker {
    case 0xC0, 0xC1, 0xC2: return
    case nil: throw InfoldError(.malformedData, "the JPEG picture has no frame header")
    case 0xC3, 0xC7: process = "lossless"
    case 0xC5, 0xC6: process = "hierarchical"
    default: process = "arithmetic-coded"
    }
    throw InfoldError(
      .unsupported, "\(process) JPEG pictures are not supported", hint: "save the picture as baseline or progressive")
  }

  /// Throws if the file is too short for its size. A Huffman-coded picture needs at least one bit
  /// per block of 8×8 samples, and the coarsest subsampling has one block per 32×32 pixels.
  static func checkDataSize(byteCount: Int, width: Int, height: Int) throws(InfoldError) {
    guard byteCount >= width * height / (32 * 32 * 8) else {
      throw InfoldError(
        .malformedData, "\(byteCount) bytes are too few for a JPEG picture of \(width)×\(height) pixels")
    }
  }
}
