import InfoldSystem

/// A file of class names, one on each line.
enum LabelFile {
  /// The names.
  /// - Throws: `InfoldError` that names the file.
  static func read(_ path: String) throws(InfoldError) -> [String] {
    var lines = try RegularFile.text(ofFile: path, limit: 1 << 24)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    if lines.last == "" { lines.removeLast() }
    guard !lines.isEmpty else { throw InfoldError(.malformedData, "is empty", file: path) }
    return lines
  }

  /// The only text file in `folder` that has as many lines as there are classes.
  static func find(in folder: String, classes: Int) -> String? {
    let entries = (try? Folder.entries(folder)) ?? []
    let candidates = entries.lazy.filter { !$0.isFolder && $0.name.hasSuffix(".txt") }.map(\.name).prefix(50)
    let fitting = candidates.filter { name in (try? read(folder + "/" + name))?.count == classes }
    return fitting.count == 1 ? fitting.first : nil
  }
}
