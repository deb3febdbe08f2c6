import InfoldSystem
import InfoldTensor

/// The folder of a model, which contains the external data of its tensors.
///
/// File names in models are untrusted. Only regular files inside the model's own folder are opened.
/// Symbolic links are refused, so that no path leaves the folder, and so are files with several
/// hard links, since another name may be outside. The caller may pass a larger folder in which
/// links are followed. Files are read and never memory-mapped, so that truncating a file while it
/// is read causes an error rather than a crash.
final class ExternalDataFolder {
  private let folder: OpenFolder
  /// The folder in which links may be followed, and the model's folder, both with links resolved.
  /// `nil` if no links are followed.
  private let linked: (root: String, folder: String)?
  /// The file read last. Most models keep all data in one file.
  private var last: (location: String, file: RegularFile)?
  private var bytesRead = 0
  private let byteLimit: Int

  /// Opens the folder of the model at `path`.
  /// - Parameters:
  ///   - root: A parent folder in which links are followed, or `nil` for none.
  ///   - byteLimit: The maximum number of bytes that all tensors together read. Tensors may share
  ///     bytes of a file, so its size is not a limit.
  /// - Throws: `InfoldError` with `.fileAccess`.
  init(
    ofModel path: String, root: String? = nil, byteLimit: Int = MachineMemory.defaultLimit
  ) throws(InfoldError) {
    self.byteLimit = byteLimit
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "."
    if let root {
      linked = try annotatingErrors({ $0.inFile(root) }) { () throws(InfoldError) in
        (try withoutLinks(root), try withoutLinks(folder))
      }
    } else {
      linked = nil
    }
    self.folder = try OpenFolder(linked?.root ?? folder)
  }

  /// Reads the bytes of `reference` into `buffer`.
  /// - Throws: `InfoldError` with `.fileAccess` if the file may not or cannot be read,
  ///   `.malformedData` if the range exceeds the file or does not match the buffer, or
  ///   `.limitExceeded`.
  func read(_ reference: ExternalDataReference, into buffer: UnsafeMutableRawBufferPointer) throws(InfoldError) {
    let file = try file(at: reference.location)
    try file.read(into: buffer, at: reference.offset)
  }

  /// Checks that `reference` refers to `byteCount` bytes of a file that may be read.
  /// - Throws: The errors of `read(_:into:)`.
  func check(_ reference: ExternalDataReference, byteCount: Int) throws(InfoldError) {
    if let length = reference.length, length != byteCount {
      throw InfoldError(
        .malformedData, "the external data has \(counted(length, "byte")), but the shape needs \(byteCount)"
      )
    }
    let file = try file(at: reference.location)
    let (end, overflow) = reference.offset.addingReportingOverflow(byteCount)
    guard !overflow, end <= file.size else {
      throw InfoldError(
        .malformedData,
        "the external data, \(counted(byteCount, "byte")) at offset \(reference.offset), exceeds the file "
          + "\(String(quoting: reference.location)) of \(file.size)")
    }
    let (sum, sumOverflow) = bytesRead.addingReportingOverflow(byteCount)
    guard !sumOverflow, sum <= byteLimit else {
      throw InfoldError(
        .limitExceeded, "the model's external data exceeds the limit of \(byteLimit) bytes")
    }
    bytesRead = sum
  }

  private func file(at location: String) throws(InfoldError) -> RegularFile {
    if let last, last.location == location { return last.file }
    last = nil
    let file = try annotatingErrors({ failure in
      var failure = failure
      failure.reason = "the external data file \(String(quoting: location)) " + failure.reason
      return failure
    }) { () throws(InfoldError) in try open(location) }
    last = (location, file)
    return file
  }

  private func open(_ location: String) throws(InfoldError) -> RegularFile {
    guard let linked else {
      let file = try openStrictly(location)
      guard file.linkCount <= 1 else {
        throw InfoldError(
          .fileAccess, "has \(counted(file.linkCount, "hard link")), which may be outside the folder; \(Self.rule)",
          hint: Self.hint)
      }
      return file
    }
    guard !location.isEmpty, location.utf8.first != UInt8(ascii: "/") else {
      throw InfoldError(.fileAccess, "has an empty or absolute path")
    }
    let target = try withoutLinks(linked.folder + "/" + location)
    let prefix = linked.root == "/" ? "/" : linked.root + "/"
    guard target.hasPrefix(prefix) else {
      throw InfoldError(
        .fileAccess, "is outside \(String(quoting: linked.root)), the folder that data may come from")
    }
    // Links have been resolved. A link created since then is refused.
    return try openStrictly(String(target.dropFirst(prefix.count)))
  }

  /// Opens each component of the path relative to its parent, without following links.
  private func openStrictly(_ location: String) throws(InfoldError) -> RegularFile {
    guard !location.isEmpty else { throw InfoldError(.fileAccess, "has an empty path") }
    guard !location.utf8.contains(0) else { throw InfoldError(.fileAccess, "has a NUL character in its path") }
    guard location.utf8.first != UInt8(ascii: "/") else {
      throw InfoldError(.fileAccess, "is an absolute path; \(Self.rule)")
    }
    let parts = location.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { String($0)! }
    for part in parts {
      guard !part.isEmpty else { throw InfoldError(.fileAccess, "has an empty component in its path") }
      guard part != ".." else { throw InfoldError(.fileAccess, "has \"..\" in its path; \(Self.rule)") }
    }
    let opened: Int32
    do throws(OpenFolder.Failure) {
      opened = try folder.open(parts)
    } catch {
      switch error {
      case .isLink(let part):
        throw InfoldError(
          .fileAccess,
          "is reached through the symbolic link \(String(quoting: part)), which is not followed; \(Self.rule)")
      case .refused(let part, let reason):
        throw InfoldError(.fileAccess, "cannot be opened at \(String(quoting: part)): \(reason)")
      }
    }
    return try RegularFile(adopting: opened)
  }

  private static let rule = "data is read only from the model's own folder"
  private static let hint = "pass a folder in which links may be followed, with dataRoot or --data-root"
}
