import InfoldSystem

/// Escapes text for pages.
package enum Markup {
  /// `text` with HTML and SVG markup escaped and control characters made visible.
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

  /// A coordinate of a drawing.
  static func coordinate(_ value: Double) -> String {
    NumberText.fixed(value, digits: 1)
  }
}

extension String {
  /// Replaces scalars for which `replacement` returns a string.
  func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = ""
    for scalar in unicodeScalars {
      if let other = replacement(scalar) { result += other } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
