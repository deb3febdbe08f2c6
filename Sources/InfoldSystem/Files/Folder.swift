import Glibc

/// Functions that create and list folders.
package enum Folder {
  /// One entry of a folder.
  package struct Entry: Sendable, Hashable {
    /// The name, without the folder.
    package var name: String
    /// Whether it is a folder, or a link to one.
    package var isFolder: Bool
  }

  /// Creates the folder at `path` and its missing parents.
  /// - Throws: `InfoldError` with `.fileAccess` that names the folder.
  package static func create(_ path: String) throws(InfoldError) {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      try checkPath(path)
      var made = path.hasPrefix("/") ? "/" : ""
      for part in path.utf8.split(separator: UInt8(ascii: "/")) {
        made += String(Substring(part)) + "/"
        guard mkdir(made, 0o777) != 0, errno != EEXIST else { continue }
        let text = systemErrorText()
        if FileStatus(made)?.kind == .folder { continue }
        throw InfoldError(.fileAccess, "the folder cannot be created: \(text)")
      }
      guard let status = FileStatus(path) else {
        throw InfoldError(.fileAccess, "the folder cannot be created: \(systemErrorText())")
      }
      guard status.kind == .folder else {
        throw InfoldError(.fileAccess, "is \(status.kind), not a folder")
      }
    }
  }

  /// Returns the entries of the folder at `path`, sorted by the bytes of their names. Names that
  /// are not UTF-8 are skipped.
  /// - Throws: `InfoldError` with `.fileAccess` that names the folder.
  package static func entries(_ path: String) throws(InfoldError) -> [Entry] {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      try checkPath(path)
      guard let stream = opendir(path) else {
        throw InfoldError(.fileAccess, "the folder cannot be opened: \(systemErrorText())")
      }
      defer { closedir(stream) }
      var entries: [Entry] = []
      while let entry = try next(of: stream) {
        guard let name = name(of: entry), name != ".", name != ".." else { continue }
        let isFolder = FileStatus(path + "/" + name)?.kind == .folder
        entries.append(Entry(name: name, isFolder: isFolder))
      }
      return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
  }

  private static func next(of stream: OpaquePointer) throws(InfoldError) -> UnsafeMutablePointer<dirent>? {
    errno = 0
    let entry = readdir(stream)
    guard entry != nil || errno == 0 else {
      throw InfoldError(.fileAccess, "the folder cannot be read: \(systemErrorText())")
    }
    return entry
  }

  /// Reads the name through a pointer, because the system allocates only as much of the last member
  /// as the name needs.
  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
    let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
    return String(validatingCString: start.assumingMemoryBound(to: CChar.self))
  }
}
