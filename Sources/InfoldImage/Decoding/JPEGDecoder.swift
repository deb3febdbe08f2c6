import CTurboJPEG
import InfoldSystem

/// Decodes a JPEG file through the TurboJPEG API, which reports errors by return values.
///
/// A warning of libjpeg (data that ends early, a damaged scan) is an error here. One is not: some cameras pad the last
/// scan.
func decodeJPEG(_ bytes: [UInt8], limits: ImageLimits) throws(InfoldError) -> Picture {
  let segments = try JPEGSegments(bytes)
  try segments.checkCodingProcess()
  guard let decompressor = JPEGDecompressor() else {
    throw InfoldError(.limitExceeded, "libjpeg-turbo could not start a decompressor")
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

/// A TurboJPEG handle, freed at the end of its life.
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
    // A sampling ratio without a name fails this call, after it has told everything else, and decodes all the same.
    let onlySamplingUnknown = subsampling < 0 && colorspace >= 0
    guard status == 0 || onlySamplingUnknown else { throw error() }
    let isCMYK = colorspace == Int32(TJCS_CMYK.rawValue) || colorspace == Int32(TJCS_YCCK.rawValue)
    return Frame(width: Int(width), height: Int(height), isCMYK: isCMYK)
  }

  /// - Parameter toleratesPadding: Whether bytes in front of the end-of-image marker may be ignored. Without restart
  ///   markers libjpeg looks for a marker only behind a complete scan, and there they cost no pixel.
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

  /// Whether there was no warning and no error.
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

  /// Whether the first warning of the last call was of bytes in front of the end-of-image marker, and no error came.
  private var warnedOfPadding: Bool {
    tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
      && message.hasSuffix("extraneous bytes before marker 0xd9")
  }

  private func error() -> InfoldError {
    InfoldError(.malformedData, "libjpeg-turbo cannot decode it: " + String(printable: message))
  }
}

/// Turns inverted CMYK, four bytes a pixel, into RGB, three bytes a pixel: each color is what its ink and the black
/// ink leave, in 255ths, rounded.
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
