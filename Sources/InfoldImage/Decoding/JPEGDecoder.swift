import CTurboJPEG
import InfoldSystem

/// Decodes a JPEG file with the TurboJPEG API, which reports errors by return values.
///
/// Warnings of libjpeg, such as truncated data or a damaged scan, are treated as errors. The
/// exception is padding after the last scan, which some cameras write.
func decodeJPEG(_ bytes: [UInt8], limits: ImageLimits) throws(InfoldError) -> Picture {
  let segments = try JPEGSegments(bytes)
  try segments.checkCodingProcess()
  guard let decompressor = JPEGDecompressor() else {
    throw InfoldError(.limitExceeded, "libjpeg-turbo could not create a decompressor")
  }
  let picture = try bytes.withUnsafeBufferPointer { (file) throws(InfoldError) in
    let frame = try decompressor.readFrame(file)
    try limits.check(width: frame.width, height: frame.height)
    try limits.check(scanCount: segments.scanCount, width: frame.width, height: frame.height)
    try JPEGSegments.checkDataSize(byteCount: file.count, width: frame.width, height: frame.height)
    return try decompressor.decode(file, frame, toleratesPadding: !segments.hasRestartMarkers)
  }
  return picture.upright(from: segments.exif.flatMap(Orientation.init(exif:)) ?? .topLeft)
}

/// A TurboJPEG handle, destroyed at the end of its lifetime.
private struct JPEGDecompressor: ~Copyable {
  struct Frame {
    var width: Int
    var height: Int
    var isCMYK: Bool
    var channels: Int { isCMYK ? 4 : 3 }
  }

  private let handle: tjhandle

  init?() {
    guard let handle = tjInitDecompress() else { return nil }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  func readFrame(_ file: UnsafeBufferPointer<UInt8>) throws(InfoldError) -> Frame {
    var (width, height, subsampling, colorspace): (Int32, Int32, Int32, Int32) = (0, 0, 0, -1)
    let status = tjDecompressHeader3(
      handle, file.baseAddress, UInt(file.count), &width, &height, &subsampling, &colorspace)
    // A sampling ratio without a name makes this call fail after it has set all other results.
    // Decoding still works.
    let onlySamplingUnknown = subsampling < 0 && colorspace >= 0
    guard status == 0 || onlySamplingUnknown else { throw error() }
    let isCMYK = colorspace == Int32(TJCS_CMYK.rawValue) || colorspace == Int32(TJCS_YCCK.rawValue)
    return Frame(width: Int(width), height: Int(height), isCMYK: isCMYK)
  }

  /// - Parameter toleratesPadding: Whether to ignore bytes before the end-of-image marker. Without
  ///   restart markers, libjpeg searches for a marker only after a complete scan, where such bytes
  ///   affect no pixel.
  func decode(
    _ file: UnsafeBufferPointer<UInt8>, _ frame: Frame, toleratesPadding: Bool
  ) throws(InfoldError) -> Picture {
    var pixels = [UInt8](repeating: 0, count: frame.width * frame.height * frame.channels)
    let isComplete =
      decompress(file, frame, into: &pixels, flags: TJFLAG_LIMITSCANS | TJFLAG_STOPONWARNING)
      || toleratesPadding && warnedOfPadding
        && (decompress(file, frame, into: &pixels, flags: TJFLAG_LIMITSCANS) || warnedOfPadding)
    guard isComplete else { throw error() }
    if frame.isCMYK { convertInvertedCMYK(&pixels) }
    return Picture(checkedWidth: frame.width, height: frame.height, pixels: pixels)
  }

  /// Whether decoding succeeded without warnings.
  private func decompress(
    _ file: UnsafeBufferPointer<UInt8>, _ frame: Frame, into pixels: inout [UInt8], flags: Int32
  ) -> Bool {
    let format = frame.isCMYK ? TJPF_CMYK : TJPF_RGB
    return pixels.withUnsafeMutableBufferPointer { buffer in
      tjDecompress2(
        handle, file.baseAddress, UInt(file.count), buffer.baseAddress, Int32(frame.width),
        Int32(frame.width * frame.channels), Int32(frame.height), Int32(format.rawValue), flags)
    } == 0
  }

  private var message: String { String(cString: tjGetErrorStr2(handle)) }

  /// Whether the first warning of the last call was about bytes before the end-of-image marker, and
  /// there was no error.
  private var warnedOfPadding: Bool {
    tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
      && message.hasSuffix("extraneous bytes before marker 0xd9")
  }

  private func error() -> InfoldError {
    InfoldError(.malformedData, "libjpeg-turbo cannot decode it: " + String(printable: message))
  }
}

/// Converts inverted CMYK, four bytes per pixel, to RGB, three bytes per pixel. Each color is the
/// share of light that its ink and the black ink leave, in 255ths, rounded.
private func convertInvertedCMYK(_ pixels: inout [UInt8]) {
  let count = pixels.count / 4
  for pixel in 0..<count {
    let black = Int(pixels[pixel * 4 + 3])
    for channel in 0..<3 {
      let ink = 255 - Int(pixels[pixel * 4 + channel])
      pixels[pixel * 3 + channel] = UInt8(black - (ink * black + 127) / 255)
    }
  }
  pixels.removeLast(count)
}
