import InfoldSystem

extension Picture {
  /// Returns the rectangle of `width`×`height` pixels whose top left pixel is (`x`, `y`).
  /// - Throws: `InfoldError` with `.invalidArgument` if it is empty or exceeds the picture.
  public func cropped(x: Int, y: Int, width: Int, height: Int) throws(InfoldError) -> Picture {
    guard width > 0, height > 0, x >= 0, y >= 0, width <= self.width, height <= self.height,
      x <= self.width - width, y <= self.height - height
    else {
      throw InfoldError(.invalidArgument, "a crop of \(width)×\(height) at (\(x), \(y)) is not inside the \(self)")
    }
    var cropped = [UInt8]()
    cropped.reserveCapacity(width * height * Picture.channels)
    for row in y..<y + height {
      let start = (row * self.width + x) * Picture.channels
      cropped += pixels[start..<start + width * Picture.channels]
    }
    return Picture(checkedWidth: width, height: height, pixels: cropped)
  }

  /// Returns the largest centered rectangle of an aspect ratio, scaled by `fraction`.
  ///
  /// For a square: side = ⌊fraction · shorter side⌋, left = ⌊(width − side) / 2⌋, top = ⌊(height −
  /// side) / 2⌋. Each side has at least one pixel.
  /// - Parameters:
  ///   - fraction: Above 0, at most 1.
  ///   - aspect: The aspect ratio of the rectangle as width and height, each at least 1.
  /// - Throws: `InfoldError` with `.invalidArgument` if `fraction` or `aspect` is out of range.
  public func centerCropped(
    fraction: Double, aspect: (width: Int, height: Int) = (1, 1)
  ) throws(InfoldError) -> Picture {
    guard fraction > 0, fraction <= 1 else {
      throw InfoldError(.invalidArgument, "the crop fraction is \(fraction), but must be above 0 and at most 1")
    }
    guard aspect.width > 0, aspect.height > 0 else {
      throw InfoldError(.invalidArgument, "the aspect \(aspect.width):\(aspect.height) of a crop is not positive")
    }
    let (across, down) = (Double(width), Double(height))
    let ratio = Double(aspect.width) / Double(aspect.height)
    let isLimitedByWidth = across <= down * ratio
    let cropWidth = isLimitedByWidth ? fraction * across : min(fraction * down * ratio, across)
    let cropHeight = isLimitedByWidth ? min(fraction * across / ratio, down) : fraction * down
    let (newWidth, newHeight) = (max(1, Int(cropWidth)), max(1, Int(cropHeight)))
    return try cropped(
      x: (width - newWidth) / 2, y: (height - newHeight) / 2, width: newWidth, height: newHeight)
  }
}
