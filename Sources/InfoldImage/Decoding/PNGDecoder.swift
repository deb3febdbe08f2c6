import CPNG
import InfoldSystem

/// Decodes a PNG file with libpng's simplified API, which reports errors by return values.
func decodePNG(_ bytes: [UInt8], limits: ImageLimits) throws(InfoldError) -> Picture {
  let stream = try PNGStream(bytes)
  try limits.check(width: stream.width, height: stream.height)
  try stream.checkDataSize()
  let picture = try PNGReader().decode(stream)
  return picture.upright(from: stream.exif.flatMap(Orientation.init(exif:)) ?? .topLeft)
}

/// A `png_image`, freed at the end of its lifetime. libpng keeps its address between calls, so it
/// must not move.
private struct PNGReader: ~Copyable {
  private let image: UnsafeMutablePointer<png_image>

  init() {
    image = .allocate(capacity: 1)
    image.initialize(to: png_image())
    image.pointee.version = png_uint_32(PNG_IMAGE_VERSION)
  }

  deinit {
    png_image_free(image)
    image.deallocate()
  }

  func decode(_ stream: PNGStream) throws(InfoldError) -> Picture {
    try stream.critical.withUnsafeBufferPointer { (file) throws(InfoldError) in
      guard png_image_begin_read_from_memory(image, file.baseAddress, file.count) != 0 else { throw error() }
      guard Int(image.pointee.width) == stream.width, Int(image.pointee.height) == stream.height else {
        throw InfoldError(.malformedData, "the PNG picture declares more than one size")
      }
      // With an alpha channel in the output, libpng keeps the colors. Without one, it would blend
      // them with a background.
      let channels = stream.hasAlpha ? 4 : 3
      image.pointee.format = png_uint_32(PNG_FORMAT_FLAG_COLOR | (stream.hasAlpha ? PNG_FORMAT_FLAG_ALPHA : 0))
      // Treats 16-bit samples as sRGB, like 8-bit samples, rather than as linear light.
      image.pointee.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
      var pixels = [UInt8](repeating: 0, count: stream.width * stream.height * channels)
      let status = pixels.withUnsafeMutableBufferPointer { buffer in
        png_image_finish_read(image, nil, buffer.baseAddress, png_int_32(stream.width * channels), nil)
      }
      guard status != 0 else { throw error() }
      if stream.hasAlpha { dropAlpha(&pixels) }
      return Picture(checkedWidth: stream.width, height: stream.height, pixels: pixels)
    }
  }

  private func error() -> InfoldError {
    let message = withUnsafeBytes(of: image.pointee.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return InfoldError(.malformedData, "libpng cannot decode it: " + String(printable: message))
  }
}

/// Converts RGBA to RGB, three bytes per pixel.
private func dropAlpha(_ pixels: inout [UInt8]) {
  let count = pixels.count / 4
  for pixel in 0..<count {
    for channel in 0..<3 { pixels[pixel * 3 + channel] = pixels[pixel * 4 + channel] }
  }
  pixels.removeLast(count)
}
