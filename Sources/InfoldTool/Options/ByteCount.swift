import ArgumentParser

/// A number of bytes such as `1000000`, `512K`, `64M` or `2G`. The suffixes are powers of 1024.
struct ByteCount: ExpressibleByArgument {
  /// The number of bytes, at least 1.
  let bytes: Int

  init?(argument: String) {
    let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
    let shift = argument.last.flatMap { shifts[$0] }
    let digits = shift == nil ? argument[...] : argument.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(digits)
    else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (shift ?? 0))
    guard !overflow, bytes > 0 else { return nil }
    self.bytes = bytes
  }
}
