import InfoldSystem

/// An existing path similar to the missing `path`. Every missing component is replaced by the most
/// similar entry of its folder.
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
  /// The same error without its file, for contexts that name the file already.
  var withoutFile: InfoldError {
    var copy = self
    copy.file = nil
    return copy
  }

  /// The same error. If its file does not exist but a file with a similar name does, the hint
  /// suggests it.
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
