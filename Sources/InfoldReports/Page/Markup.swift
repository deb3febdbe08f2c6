import InfoldSystem

/// Text that a page may hold.
package enum Markup {
  /// `text` with everything escaped that HTML or SVG would take for markup, and control characters made visible.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // XML has neither these nor most control characters, however they are written.
      case "\u{FFFE}", "\u{FFFF}": result += "\\u{" + String(scalar.value, radix: 16) + "}"
      case _ where scalar.properties.generalCategory == .control && scalar != "\n":
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A coordinate of a drawing.
  static func coordinate(_ value: Double) -> String {
    NumberText.fixed(value, digits: 1)
  }
}
