/// Estimates of the width of text. The font that a browser uses is unknown.
enum TextMeasure {
  /// Returns the estimated width of `text` in a sans-serif font of this size. It usually exceeds
  /// the real width.
  static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
    text.unicodeScalars.reduce(0.0) { $0 + units($1) } * size * (isBold ? 1.1 : 1)
  }

  private static func units(_ scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!": 0.32
    case " ", "f", "t", "r", "(", ")", "[", "]", "/", "-": 0.42
    case "m", "w", "M", "W", "@", "%", "…", "×", "→": 0.9
    case "A"..."Z", "_": 0.69
    case _ where scalar.value >= 0x1100: 1.05
    default: 0.62
    }
  }
}
