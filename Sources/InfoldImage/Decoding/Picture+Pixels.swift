import InfoldSystem
import InfoldTensor

extension Picture {
  /// A picture of pixels that lie in memory, like a frame of a camera or a video.
  ///
  /// Colors are taken as they are; alpha is dropped, and the colors under it stay. Nothing outside of `bytes` is read, whatever the
  /// sizes say.
  /// - Parameters:
  ///   - width: Pixels in a row, at least 1.
  ///   - height: Rows, at least 1, from top to bottom.
  ///   - format: How the bytes of a pixel lie.
  ///   - bytesPerRow: From the first byte of a row to that of the next one; by default rows follow each other without padding.
  ///   - bytes: The pixels. Behind those of the last row there may be more.
  ///   - limits: The most pixels, and the largest sides.
  /// - Throws: `InfoldError`: `.invalidArgument` for a size below 1, rows that overlap, and fewer bytes than the sizes say;
  ///   `.limitExceeded` for a size beyond `limits`.
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
        .invalidArgument, "rows of \(rowLength) bytes would overlap with \(bytesPerRow) bytes from one to the next")
    }
    guard let start = checkedProduct([bytesPerRow, height - 1]), bytes.count >= rowLength,
      start <= bytes.count - rowLength
    else {
      throw InfoldError(
        .invalidArgument,
        "\(counted(bytes.count, "byte")) are too few for \(height) rows of \(rowLength) bytes, \(bytesPerRow) from one to the next"
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
