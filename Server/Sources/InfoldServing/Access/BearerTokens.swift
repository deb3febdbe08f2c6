import FoundationEssentials
public import Infold

/// The accepted bearer tokens.
public struct BearerTokens: Sendable {
  private let tokens: [[UInt8]]

  /// Creates a set of tokens.
  public init(_ tokens: [String]) {
    self.tokens = tokens.map { Array($0.utf8) }
  }

  /// Reads tokens from a file, one per line. Empty lines are ignored.
  /// - Throws: `InfoldError` with the path of the file if it cannot be read or contains no token.
  public init(path: String) throws(InfoldError) {
    guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20 else {
      throw InfoldError(.fileAccess, "cannot be read as a token file", file: path)
    }
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    guard !lines.isEmpty else { throw InfoldError(.malformedData, "contains no token", file: path) }
    self.init(lines)
  }

  /// Whether an `Authorization` header contains one of the tokens. The comparison takes constant
  /// time.
  public func allow(_ authorization: String?) -> Bool {
    guard let authorization, authorization.prefix(7).lowercased() == "bearer " else { return false }
    let shown = Array(authorization.utf8.dropFirst(7))
    var isAllowed = false
    for token in tokens {
      var difference = UInt8(truncatingIfNeeded: token.count ^ shown.count) | (token.count == shown.count ? 0 : 1)
      for (index, byte) in token.enumerated() { difference |= byte ^ (index < shown.count ? shown[index] : 0) }
      if difference == 0 { isAllowed = true }
    }
    return isAllowed
  }
}
