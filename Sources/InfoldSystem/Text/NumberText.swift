import Glibc

/// Formatting of numbers for people.
package enum NumberText {
  /// Formats with `digits` decimal places.
  package static func fixed(_ value: Double, digits: Int) -> String {
    formatted("%.*f", digits, value)
  }

  /// Formats with `digits` significant digits, and with an exponent if that is shorter.
  package static func significant(_ value: Double, digits: Int = 6) -> String {
    formatted("%.*g", digits, value)
  }

  /// Formats with three significant digits.
  package static func short(_ value: Double) -> String { significant(value, digits: 3) }

  /// Formats a fraction of 1 as a percentage: `38.5 %`.
  package static func percentage(_ share: Double) -> String {
    fixed(share * 100, digits: 1) + " %"
  }

  /// Formats with a comma before every group of three digits.
  package static func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    let groups = stride(from: digits.count % 3 == 0 ? 0 : digits.count % 3 - 3, to: digits.count, by: 3).map {
      String(digits[max($0, 0)..<($0 + 3)])
    }
    return (number < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  /// Formats a grouped number followed by its noun: `1 node`, `1,024 nodes`.
  package static func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
    grouped(number) + " " + (number == 1 ? noun : plural ?? noun + "s")
  }

  /// Formats with an SI prefix and a unit: `18.6 M` followed by the unit.
  package static func scaled(_ number: Int, unit: String) -> String {
    var value = Double(number)
    var prefix = ""
    for next in ["k", "M", "G", "T", "P", "E"] where value >= 999.5 {
      value /= 1000
      prefix = next
    }
    return prefix.isEmpty ? "\(number) \(unit)" : significant(value, digits: 3) + " \(prefix)\(unit)"
  }

  private static func formatted(_ format: String, _ digits: Int, _ value: Double) -> String {
    withVaList([Int32(digits), value]) { arguments in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
        vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
        return String(cString: buffer.baseAddress!)
      }
    }
  }
}

/// A horizontal bar with a resolution of one eighth of a character.
package struct Bar {
  /// Returns a bar.
  /// - Parameters:
  ///   - share: The filled fraction, 0 to 1.
  ///   - width: The width of a full bar in characters.
  /// - Returns: `width` characters.
  package static func text(_ share: Double, width: Int) -> String {
    let eighths = Int((min(max(share.isNaN ? 0 : share, 0), 1) * Double(width * 8)).rounded())
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let filled = String(repeating: "█", count: eighths / 8) + partial
    return filled + String(repeating: " ", count: width - filled.count)
  }
}
