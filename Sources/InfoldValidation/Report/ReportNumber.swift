import Glibc

/// Numbers as reports show them.
enum ReportNumber {
  /// Three significant digits.
  static func short(_ value: Double) -> String { significant(value, digits: 3) }

  /// With an exponent where that is shorter.
  static func significant(_ value: Double, digits: Int32) -> String {
    formatted("%.*g", digits, value)
  }

  /// With digits behind the point.
  static func fixed(_ value: Double, digits: Int32) -> String {
    formatted("%.*f", digits, value)
  }

  private static func formatted(_ format: String, _ digits: Int32, _ value: Double) -> String {
    withVaList([digits, value]) { arguments in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
        vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
        return String(cString: buffer.baseAddress!)
      }
    }
  }
}
