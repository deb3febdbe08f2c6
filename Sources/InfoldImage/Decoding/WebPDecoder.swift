import CWebP
import InfoldSystem

/// Decodes a WebP file with libwebp, which reports errors by return values. Only the first frame of
/// an animation is decoded.
func decodeWebP(_ bytes: [UInt8], limits: ImageLimits) throws(InfoldError) -> Picture {
  let container = try WebPContainer(bytes)
  if let animation = container.animation {
    try limits.check(width: animation.width, height: animation.height)
    try container.checkDataSize(width: animation.width, height: animation.height)
  }
  let stored = try container.data.withUnsafeBufferPointer { (data) throws(InfoldError) in
    let (width, height) = try size(of: data)
    try limits.check(width: width, height: height)
    try container.checkDataSize(width: width, height: height)
    return try decode(data, width: width, height: height)
  }
  let picture = try container.animation.map { (animation) throws(InfoldError) in try animation.canvas(with: stored) }
  return (picture ?? stored).upright(from: container.exif.flatMap(Orientation.init(exif:)) ?? .topLeft)
}

private func size(of data: UnsafeBufferPointer<UInt8>) throws(InfoldError) -> (width: Int, height: Int) {
  var features = WebPBitstreamFeatures()
  try succeed(WebPGetFeatures(data.baseAddress, data.count, &features))
  // Frames of an animation are still pictures themselves.
  guard features.has_animation == 0 else {
    throw InfoldError(.malformedData, "the WebP picture is an animation without a frame")
  }
  return (Int(features.width), Int(features.height))
}

private func decode(
  _ data: UnsafeBufferPointer<UInt8>, width: Int, height: Int
) throws(InfoldError) -> Picture {
  var pixels = [UInt8](repeating: 0, count: width * height * Picture.channels)
  var config = WebPDecoderConfig()
  guard WebPInitDecoderConfig(&config) != 0 else {
    throw InfoldError(.unsupported, "the version of libwebp differs from the one that Infold was built with")
  }
  // Without alpha in the output, libwebp keeps the underlying colors.
  config.output.colorspace = MODE_RGB
  config.output.is_external_memory = 1
  let status = pixels.withUnsafeMutableBufferPointer { buffer in
    config.output.u.RGBA.rgba = buffer.baseAddress
    config.output.u.RGBA.stride = Int32(width * Picture.channels)
    config.output.u.RGBA.size = buffer.count
    defer { WebPFreeDecBuffer(&config.output) }
    return WebPDecode(data.baseAddress, data.count, &config)
  }
  try succeed(status)
  return Picture(checkedWidth: width, height: height, pixels: pixels)
}

private func succeed(_ status: VP8StatusCode) throws(InfoldError) {
  switch status {
  case VP8_STATUS_OK: return
  case VP8_STATUS_OUT_OF_MEMORY: throw InfoldError(.limitExceeded, "libwebp is out of memory")
  case VP8_STATUS_UNSUPPORTED_FEATURE:
    throw InfoldError(.unsupported, "libwebp cannot decode it: unsupported feature")
  case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED:
    throw InfoldError(.malformedData, "libwebp cannot decode it: the data is cut off")
  default: throw InfoldError(.malformedData, "libwebp cannot decode it: the data is damaged")
  }
}

extension WebPContainer.Animation {
  /// The canvas with its first frame. The rest is transparent black.
  fileprivate func canvas(with picture: Picture) throws(InfoldError) -> Picture {
    guard picture.width == frame.width, picture.height == frame.height else {
      throw InfoldError(.malformedData, "the first frame of the WebP picture does not have its declared size")
    }
    guard frame.x + frame.width <= width, frame.y + frame.height <= height else {
      throw InfoldError(
        .malformedData, "the first frame of the WebP picture exceeds its \(width)×\(height) pixels")
    }
    var canvas = Canvas(width: width, height: height, color: (0, 0, 0))
    canvas.place(picture, x: frame.x, y: frame.y)
    return canvas.picture
  }
}
