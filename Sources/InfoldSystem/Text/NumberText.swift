import Glibc

/// Numbers as people read them.
package enum NumberText {
  /// With `digits` digits behind the point.
  package static func fixed(_ value: Double, digits: Int) -> String {
    formatted("%.*f", digits, value)
  }

  /// With `digits` significant digits, and an exponent where that is shorter.
  package static func significant(_ value: Double, digits: Int = 6) -> String {
    formatted("%.*g", digits, value)
  }

  /// Three significant digits.
  package static func short(_ value: Double) -> String { significant(value, digits: 3) }

  /// A share of 1, like `38.5 %`.
  package static func percentage(_ share: Double) -> String {
    fixed(share * 100, digits: 1) + " %"
  }

  /// With a comma before every group of three digits.
  package static func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    let groups = stride(from: digits.count % 3 == 0 ? 0 : digits.count % 3 - 3, to: digits.count, by: 3).map {
      String(digits[max($0, 0)..<($0 + 3)])
    }
    return (number < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  /// With its noun, and a comma before every group of three digits: `1 node`, `1,024 nodes`.
  package static func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
    grouped(number) + " " + (number == 1 ? noun : plural ?? noun + "s")
  }

  /// With a prefix of the SI: `18.6 M` with the unit behind it.
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

/// A horizontal bar of eighths of a character.
package struct Bar {
  /// - Parameters:
  ///   - share: The filled part, 0 to 1.
  ///   - width: Characters of a full bar.
  /// - Returns: `width` characters.
  package static func text(_ share: Double, width: Int) -> String {
    let eighths = Int((min(max(share.isNaN ? 0 : share, 0), 1) * Double(width * 8)).rounded())
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let filled = String(repeating: "█", count: eighths / 8) + partial
    return filled + String(repeating: " ", count: width - filled.count)
  }
}
