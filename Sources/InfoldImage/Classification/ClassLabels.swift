import InfoldSystem

/// The names of a classifier's classes, in the order of its scores.
public struct ClassLabels: Sendable, Hashable {
  /// The name of each class.
  public let names: [String]
  /// The file that they were read from.
  private let file: String?

  /// These names.
  public init(_ names: [String]) {
    self.names = names
    file = nil
  }

  /// Reads a UTF-8 text file of at most 16 MiB with a name on each line.
  /// - Throws: `InfoldError` that names the file: `.fileAccess`, `.limitExceeded`, or `.malformedData` when it is empty or no UTF-8.
  public init(path: String) throws(InfoldError) {
    var lines = try RegularFile.text(ofFile: path, limit: 1 << 24)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    if lines.last == "" { lines.removeLast() }
    guard !lines.isEmpty else { throw InfoldError(.malformedData, "is empty", file: path) }
    names = lines
    file = path
  }

  /// - Throws: `InfoldError` with `.invalidArgument` unless there is a name for each of so many scores.
  package func requireCount(_ scoreCount: Int) throws(InfoldError) {
    guard names.count == scoreCount else {
      let model = "the model gives \(counted(scoreCount, "score"))"
      guard let file else {
        throw InfoldError(.invalidArgument, "\(counted(names.count, "class name")) are given, and \(model)")
      }
      throw InfoldError(.invalidArgument, "has \(counted(names.count, "class name")), and \(model)", file: file)
    }
  }

  /// The only text file in `folder` that has as many lines as there are classes.
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
