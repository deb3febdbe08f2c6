import CPNG
import InfoldSystem

extension Picture {
  /// Encodes the picture as a PNG file with 8 bits per channel, in sRGB.
  /// - Throws: `InfoldError` with `.limitExceeded` if the picture exceeds the limits of PNG or
  ///   libpng.
  public func pngBytes() throws(InfoldError) -> [UInt8] {
    // libpng stores the bytes per row in 31 bits.
    guard width * Picture.channels <= Int(Int32.max), height <= Int(Int32.max) else {
      throw InfoldError(.limitExceeded, "a picture of \(width)×\(height) pixels is too large for a PNG file")
    }
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    // Most files are smaller than their pixels. For larger ones, libpng reports the required size.
    var byteCount = pixels.count + 1024
    for _ in 0..<2 {
      var isWritten = false
      let file = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
        isWritten = png_image_write_to_memory(&image, buffer.baseAddress, &byteCount, 0, pixels, 0, nil) != 0
        count = isWritten ? byteCount : 0
      }
      if isWritten { return file }
      guard byteCount > file.capacity else { break }
    }
    throw InfoldError(.limitExceeded, "libpng cannot encode \(self)")
  }
}
