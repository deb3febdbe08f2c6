import InfoldSystem
import InfoldTensor

extension Picture {
  /// How the names of files end that `init(path:limits:)` may read, in small letters.
  package static let fileEndings = ["jpg", "jpeg", "png", "webp", "gif", "bmp"]

  /// Decodes the picture in a file, JPEG, PNG, WebP, GIF or BMP; its first bytes tell which one it is. Of an animation, this is
  /// the first frame.
  ///
  /// The picture is turned upright as its Exif orientation says. What is not 8-bit RGB becomes it:
  /// - grey is repeated in all three channels, and a palette is looked up;
  /// - alpha and transparent colors are dropped, the colors under them stay (Pillow's `convert("RGB")` does the same);
  /// - 16-bit samples are rounded to v / 257;
  /// - CMYK and YCCK are taken as Adobe writes them, inverted, whether or not an Adobe marker says so;
  /// - samples of BMP that have more or fewer than 8 bits are rounded to v · 255 / largest;
  /// - gamma, color profiles and significant-bits chunks are not applied.
  ///
  /// - Throws: `InfoldError` that names the file: `.fileAccess` when it cannot be read or is neither a file nor a pipe,
  ///   `.limitExceeded` when it goes beyond `limits`, `.malformedData` when it is cut off or damaged, `.unsupported`
  ///   for another format.
  public init(path: String, limits: ImageLimits = ImageLimits()) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) -> Picture in
      try Picture(bytes: try ReadableFile.contents(of: path, limit: limits.maximumFileSize), limits: limits)
    }
  }

  /// Decodes a picture file that is in memory, like `init(path:limits:)`.
  /// - Throws: `InfoldError` with `.limitExceeded`, `.malformedData` or `.unsupported`.
  public init(bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(InfoldError) {
    guard bytes.count <= limits.maximumFileSize else {
      throw InfoldError(
        .limitExceeded, "has \(counted(bytes.count, "byte")), and at most \(limits.maximumFileSize) are allowed")
    }
    if bytes.starts(with: JPEGSegments.signature) {
      self = try decodeJPEG(bytes, limits: limits)
    } else if bytes.starts(with: PNGStream.signature) {
      self = try decodePNG(bytes, limits: limits)
    } else if WebPContainer.begins(bytes) {
      self = try decodeWebP(bytes, limits: limits)
    } else if GIFStream.begins(bytes) {
      self = try decodeGIF(bytes, limits: limits)
    } else if bytes.starts(with: BMPHeader.signature) {
      self = try decodeBMP(bytes, limits: limits)
    } else if bytes.isEmpty {
      throw InfoldError(.malformedData, "is empty")
    } else {
      throw InfoldError(
        .unsupported, "is not a picture that Infold reads: JPEG, PNG, WebP, GIF or BMP",
        hint: "convert the picture to one of these")
    }
  }
}
