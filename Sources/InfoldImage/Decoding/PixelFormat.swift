/// The order of the bytes of a pixel, one byte per channel.
public enum PixelFormat: Sendable, Hashable, CaseIterable {
  /// Red, green, blue.
  case rgb
  /// Blue, green, red, as in OpenCV.
  case bgr
  /// Red, green, blue, and a byte that is dropped: alpha or padding.
  case rgba
  /// Blue, green, red, and a byte that is dropped.
  case bgra
  /// A byte that is dropped, then red, green, blue.
  case argb
  /// One byte for all three colors.
  case grey

  /// The number of bytes of a pixel.
  public var bytesPerPixel: Int {
    switch self {
    case .grey: 1
    case .rgb, .bgr: 3
    case .rgba, .bgra, .argb: 4
    }
  }

  /// The positions of red, green and blue within a pixel.
  var places: (red: Int, green: Int, blue: Int) {
    switch self {
    case .rgb, .rgba: (0, 1, 2)
    case .bgr, .bgra: (2, 1, 0)
    case .argb: (1, 2, 3)
    case .grey: (0, 0, 0)
    }
  }
}
