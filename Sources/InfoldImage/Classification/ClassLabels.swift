import InfoldSystem

/// The class names of a classifier, in the order of its scores.
public struct ClassLabels: Sendable, Hashable {
  /// The name of each class.
  public let names: [String]
  /// The file that contains the names.
  private let file: String?

  /// Creates labels from names.
  public init(_ names: [String]) {
    self.names = names
    file = nil
  }

  /// Reads a UTF-8 text file of at most 16 MiB with one name per line.
  /// - Throws: `InfoldError` with the path of the file: `.fileAccess`, `.limitExceeded`, or
  ///   `.malformedData` if it is empty or not UTF-8.
  public init(path: String) throws(InfoldError) {
    var lines = try RegularFile.text(ofFile: path, limit: 1 << 24)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    if lines.last == "" { lines.removeLast() }
    guard !lines.isEmpty else { throw InfoldError(.malformedData, "is empty", file: path) }
    names = lines
    file = path
  }

  /// - Throws: `InfoldError` with `.invalidArgument` unless the number of names equals the number
  ///   of scores.
  package func requireCount(_ scoreCount: Int) throws(InfoldError) {
    guard names.count == scoreCount else {
      let model = "the model outputs \(counted(scoreCount, "score"))"
      guard let file else {
        throw InfoldError(.invalidArgument, "\(counted(names.count, "class name")) given, but \(model)")
      }
      throw InfoldError(.invalidArgument, "has \(counted(names.count, "class name")), but \(model)", file: file)
    }
  }

  /// The name of the only text file in `folder` with as many lines as classes, or `nil`.
  package static func find(in folder: String, classes: Int) -> String? {
    let entries = (try? Folder.entries(folder)) ?? []
    let candidates = entries.lazy.filter { !$0.isFolder && $0.name.hasSuffix(".txt") }.map(\.name).prefix(50)
    let fitting = candidates.filter { name in (try? ClassLabels(path: folder + "/" + name))?.names.count == classes }
    return fitting.count == 1 ? fitting.first : nil
  }
}

extension ClassLabels: ExpressibleByArrayLiteral {
  public init(arrayLiteral names: String...) { self.init(names) }
}

extension ClassLabels: CustomStringConvertible {
  public var description: String { counted(names.count, "class name") }
}
