import InfoldSystem

/// Functions that convert text and numbers to markup.
package enum Markup {
  /// Returns `text` with HTML and SVG markup escaped and control characters made visible.
  package static func escaped(_ text: String) -> String {
    text.replacingScalars { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&#39;"
      // XML does not allow these and most control characters, even escaped.
      case "\u{FFFE}", "\u{FFFF}": "\\u{" + String(scalar.value, radix: 16) + "}"
      case _ where scalar.properties.generalCategory == .control && scalar != "\n":
        "\\u{" + String(scalar.value, radix: 16) + "}"
      default: nil
      }
    }
  }

  /// Returns a coordinate of a drawing as text.
  static func coordinate(_ value: Double) -> String {
    NumberText.fixed(value, digits: 1)
  }
}

extension String {
  /// Returns the string with each scalar replaced by the result of `replacement`, if that is not
  /// `nil`.
  func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = ""
    for scalar in unicodeScalars {
      if let other = replacement(scalar) { result += other } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
