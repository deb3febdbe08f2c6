import InfoldSystem
import InfoldTensor

extension Picture {
  /// Creates a picture from pixels in memory, such as a frame of a camera or a video.
  ///
  /// Colors are copied unchanged; alpha is dropped and the underlying colors are kept. Nothing
  /// outside `bytes` is read, whatever the sizes.
  /// - Parameters:
  ///   - width: The number of pixels in a row, at least 1.
  ///   - height: The number of rows, at least 1, from top to bottom.
  ///   - format: The order of the bytes of a pixel.
  ///   - bytesPerRow: The distance between the first bytes of consecutive rows; by default rows are
  ///     not padded.
  ///   - bytes: The pixels. There may be more bytes after the last row.
  ///   - limits: The maximum number of pixels, and the maximum sides.
  /// - Throws: `InfoldError`: `.invalidArgument` if a size is below 1, rows overlap, or there are
  ///   too few bytes; `.limitExceeded` if the size exceeds `limits`.
  public init(
    width: Int, height: Int, format: PixelFormat, bytesPerRow: Int? = nil, bytes: Span<UInt8>,
    limits: ImageLimits = ImageLimits()
  ) throws(InfoldError) {
    guard width > 0, height > 0 else {
      throw InfoldError(.invalidArgument, "a picture cannot have \(width)×\(height) pixels")
    }
    try limits.check(width: width, height: height)
    let rowLength = width * format.bytesPerPixel
    let bytesPerRow = bytesPerRow ?? rowLength
    guard bytesPerRow >= rowLength else {
      throw InfoldError(
        .invalidArgument, "rows of \(rowLength) bytes would overlap at a distance of \(bytesPerRow) bytes")
    }
    guard let start = checkedProduct([bytesPerRow, height - 1]), bytes.count >= rowLength,
      start <= bytes.count - rowLength
    else {
      throw InfoldError(
        .invalidArgument,
        "\(counted(bytes.count, "byte")) are too few for \(height) rows of \(rowLength) bytes at a distance of \(bytesPerRow)"
      )
    }
    let places = format.places
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * Picture.channels)
    for row in 0..<height {
      for pixel in 0..<width {
        let place = row * bytesPerRow + pixel * format.bytesPerPixel
        pixels.append(bytes[place + places.red])
        pixels.append(bytes[place + places.green])
        pixels.append(bytes[place + places.blue])
      }
    }
    self.init(checkedWidth: width, height: height, pixels: pixels)
  }
}
