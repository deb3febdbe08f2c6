import Glibc

/// Folders: making and listing them.
package enum Folder {
  /// One entry of a folder.
  package struct Entry: Sendable, Hashable {
    /// The name, without the folder.
    package var name: String
    /// Whether it is a folder, or a link to one.
    package var isFolder: Bool
  }

  /// Makes the folder at `path` and those above it, where they are missing.
  /// - Throws: `InfoldError` with `.fileAccess`, naming the folder.
  package static func create(_ path: String) throws(InfoldError) {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      try checkPath(path)
      var made = path.hasPrefix("/") ? "/" : ""
      for part in path.utf8.split(separator: UInt8(ascii: "/")) {
        made += String(Substring(part)) + "/"
        guard mkdir(made, 0o777) != 0, errno != EEXIST else { continue }
        let text = systemErrorText()
        if FileStatus(made)?.kind == .folder { continue }
        throw InfoldError(.fileAccess, "the folder cannot be made: \(text)")
      }
      guard let status = FileStatus(path) else {
        throw InfoldError(.fileAccess, "the folder cannot be made: \(systemErrorText())")
      }
      guard status.kind == .folder else {
        throw InfoldError(.fileAccess, "is \(status.kind), not a folder")
      }
    }
  }

  /// The entries of the folder at `path`, in the order of their names' bytes. Names that are not UTF-8 are left out.
  /// - Throws: `InfoldError` with `.fileAccess`, naming the folder.
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

  /// The system gives no more bytes of the last member than the name has.
  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
    let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
    return String(validatingCString: start.assumingMemoryBound(to: CChar.self))
  }
}
