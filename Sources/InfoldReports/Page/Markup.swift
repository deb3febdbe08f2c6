import InfoldSystem

/// Text that a page may hold.
package enum Markup {
  /// `text` with everything escaped that HTML or SVG would take for markup, and control characters made visible.
  package static func escaped(_ text: String) -> String {
    text.replacingScalars { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&#39;"
      // XML has neither these nor most control characters, however they are written.
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
  /// The text with what `replacement` gives in the place of a character; where that is `nil`, the character stays.
  func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = ""
    for scalar in unicodeScalars {
      if let other = replacement(scalar) { result += other } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
