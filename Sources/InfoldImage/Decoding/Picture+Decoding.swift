import InfoldFiles
import InfoldGraph

extension Picture {
  /// Decodes the JPEG or PNG file at `path`; its first bytes tell which one it is.
  ///
  /// The picture is turned upright as its Exif orientation says. What is not 8-bit RGB becomes it:
  /// - grey is repeated in all three channels, and a palette is looked up;
  /// - alpha and transparent colors are dropped, the colors under them stay (Pillow's `convert("RGB")` does the same);
  /// - 16-bit samples are rounded to v / 257;
  /// - CMYK and YCCK are taken as Adobe writes them, inverted, whether or not an Adobe marker says so;
  /// - gamma, color profiles and significant-bits chunks are not applied.
  ///
  /// - Throws: `InfoldError` that names the file: `.fileAccess` when it cannot be read or is not a regular file,
  ///   `.limitExceeded` when it goes beyond `limits`, `.malformedData` when it is cut off or damaged, `.unsupported`
  ///   for another format.
  public init(path: String, limits: ImageLimits = ImageLimits()) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) -> Picture in
      try Picture(bytes: try RegularFile.contents(ofFile: path, limit: limits.maximumFileSize), limits: limits)
    }
  }

  /// Decodes a JPEG or PNG file that is in memory, like `init(path:limits:)`.
  /// - Throws: `InfoldError` with `.limitExceeded`, `.malformedData` or `.unsupported`.
  public init(bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(InfoldError) {
    guard bytes.count <= limits.maximumFileSize else {
      throw InfoldError(
        .limitExceeded, "has \(bytes.count) bytes, and at most \(limits.maximumFileSize) are allowed")
    }
    if bytes.starts(with: JPEGSegments.signature) {
      self = try decodeJPEG(bytes, limits: limits)
    } else if bytes.starts(with: PNGStream.signature) {
      self = try decodePNG(bytes, limits: limits)
    } else {
      throw InfoldError(
        .unsupported, bytes.isEmpty ? "is empty" : "is neither a JPEG nor a PNG picture",
        hint: "convert the picture to JPEG or PNG")
    }
  }
}
