import InfoldSystem

/// A path that exists and is like `path`, which does not: every part of it that is missing is looked for among its neighbors.
func nearestFile(to path: String) -> String? {
  guard !path.utf8.contains(0) else { return nil }
  var found = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    if FileStatus(found + part) != nil {
      found += part + "/"
      continue
    }
    guard let entries = try? Folder.entries(found.isEmpty ? "." : found),
      let name = nearestNames(to: String(part), among: entries.lazy.map(\.name)).first
    else { return nil }
    found += name + "/"
  }
  let candidate = String(found.dropLast())
  return candidate != path && FileStatus(candidate) != nil ? candidate : nil
}

extension InfoldError {
  /// The same error, where the file is known from elsewhere.
  var withoutFile: InfoldError {
    var copy = self
    copy.file = nil
    return copy
  }

  /// The same error; where its file does not exist, and has a neighbor of a similar name, the hint asks for that.
  var suggestingFile: InfoldError {
    guard code == .fileAccess, hint == nil, let file, FileStatus(file) == nil, let nearest = nearestFile(to: file)
    else {
      return self
    }
    var copy = self
    copy.hint = "did you mean \(String(quoting: nearest))?"
    return copy
  }
}
