import InfoldSystem
import InfoldTensor

extension Picture {
  /// The file name extensions that `init(path:limits:)` supports, in lowercase.
  package static let fileEndings = ["jpg", "jpeg", "png", "webp", "gif", "bmp"]

  /// Decodes a picture from a JPEG, PNG, WebP, GIF or BMP file. The format is detected by the first
  /// bytes. Only the first frame of an animation is decoded.
  ///
  /// The picture is turned upright as its Exif orientation demands, and converted to 8-bit RGB:
  /// - gray samples are repeated in all three channels, and palette colors are looked up;
  /// - alpha and transparent colors are dropped and the underlying colors are kept, like Pillow's
  ///   `convert("RGB")`;
  /// - 16-bit samples are rounded to v / 257;
  /// - CMYK and YCCK are treated as inverted, as Adobe writes them, with or without an Adobe
  ///   marker;
  /// - BMP samples of more or fewer than 8 bits are rounded to v · 255 / maximum;
  /// - gamma, color profiles and significant-bits chunks are not applied.
  ///
  /// - Throws: `InfoldError` with the path of the file: `.fileAccess` if it cannot be read or is
  ///   neither a file nor a pipe, `.limitExceeded` if it exceeds `limits`, `.malformedData` if it
  ///   is truncated or damaged, `.unsupported` for other formats.
  public init(path: String, limits: ImageLimits = ImageLimits()) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) -> Picture in
      try Picture(bytes: try ReadableFile.contents(of: path, limit: limits.maximumFileSize), limits: limits)
    }
  }

  /// Decodes a picture file in memory, like `init(path:limits:)`.
  /// - Throws: `InfoldError` with `.limitExceeded`, `.malformedData` or `.unsupported`.
  public init(bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(InfoldError) {
    guard bytes.count <= limits.maximumFileSize else {
      throw InfoldError(
        .limitExceeded, "the picture has \(counted(bytes.count, "byte")), but the limit is \(limits.maximumFileSize)")
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
      throw InfoldError(.malformedData, "the picture is empty")
    } else {
      throw InfoldError(
        .unsupported, "unsupported picture format; supported are JPEG, PNG, WebP, GIF and BMP",
        hint: "convert the picture to one of these")
    }
  }
}
