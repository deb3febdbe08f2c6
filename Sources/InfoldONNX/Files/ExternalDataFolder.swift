import InfoldSystem
import InfoldTensor

/// The folder of a model, from whose files the data of its tensors may be read.
///
/// A model is not trusted to name files: only regular files inside its own folder are opened, a symbolic link on the way is
/// refused, so that no path leads out, and so is a file that has other names, for one of them may be outside. The caller may
/// name a larger folder, in which links are followed. Files are read, never mapped: one that is cut meanwhile is an error, not
/// a crash.
final class ExternalDataFolder {
  private let folder: OpenFolder
  /// Where links may lead, and the model's folder, both without links; `nil` where no link is followed.
  private let linked: (root: String, folder: String)?
  /// The file that was read last: most models keep all data in one.
  private var last: (location: String, file: RegularFile)?
  private var bytesRead = 0
  private let byteLimit: Int

  /// Opens the folder that `path`, a model's, lies in.
  /// - Parameters:
  ///   - root: A folder above, inside of which links are followed; `nil` for none.
  ///   - byteLimit: The most that all tensors together may read. Tensors may share bytes of a file, so its size is no limit.
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

  /// Fills `buffer` with the bytes that `reference` names.
  /// - Throws: `InfoldError` with `.fileAccess` for a file that may not or cannot be read, `.malformedData` when the
  ///   place does not lie in the file or its length is not the buffer's, `.limitExceeded`.
  func read(_ reference: ExternalDataReference, into buffer: UnsafeMutableRawBufferPointer) throws(InfoldError) {
    let file = try file(at: reference.location)
    try file.read(into: buffer, at: reference.offset)
  }

  /// Checks that `reference` names `byteCount` bytes of a file that may be read.
  /// - Throws: As `read(_:into:)`.
  func check(_ reference: ExternalDataReference, byteCount: Int) throws(InfoldError) {
    if let length = reference.length, length != byteCount {
      throw InfoldError(
        .malformedData, "its external data has a length of \(counted(length, "byte")), and its shape needs \(byteCount)"
      )
    }
    let file = try file(at: reference.location)
    let (end, overflow) = reference.offset.addingReportingOverflow(byteCount)
    guard !overflow, end <= file.size else {
      throw InfoldError(
        .malformedData,
        "its external data, \(counted(byteCount, "byte")) from \(reference.offset) on, reaches past the end of "
          + "\(String(quoting: reference.location)), which has \(file.size)")
    }
    let (sum, sumOverflow) = bytesRead.addingReportingOverflow(byteCount)
    guard !sumOverflow, sum <= byteLimit else {
      throw InfoldError(
        .limitExceeded, "the model's external data needs more than the \(byteLimit) bytes that are allowed")
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
          .fileAccess, "has \(counted(file.linkCount, "name")), of which others may be elsewhere; \(Self.rule)",
          hint: Self.hint)
      }
      return file
    }
    guard !location.isEmpty, location.utf8.first != UInt8(ascii: "/") else {
      throw InfoldError(.fileAccess, "has no name, or an absolute path")
    }
    let target = try withoutLinks(linked.folder + "/" + location)
    let prefix = linked.root == "/" ? "/" : linked.root + "/"
    guard target.hasPrefix(prefix) else {
      throw InfoldError(
        .fileAccess, "lies outside of \(String(quoting: linked.root)), the folder that data may come from")
    }
    // There was no link when it was resolved. One that has come since is refused.
    return try openStrictly(String(target.dropFirst(prefix.count)))
  }

  /// Opens each part of the path inside the one before, and no link.
  private func openStrictly(_ location: String) throws(InfoldError) -> RegularFile {
    guard !location.isEmpty else { throw InfoldError(.fileAccess, "has no name") }
    guard !location.utf8.contains(0) else { throw InfoldError(.fileAccess, "has a NUL character in its path") }
    guard location.utf8.first != UInt8(ascii: "/") else {
      throw InfoldError(.fileAccess, "is an absolute path; \(Self.rule)")
    }
    let parts = location.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { String($0)! }
    for part in parts {
      guard !part.isEmpty else { throw InfoldError(.fileAccess, "has an empty part in its path") }
      guard part != ".." else { throw InfoldError(.fileAccess, "has \"..\" in its path; \(Self.rule)") }
    }
    let opened: Int32
    do throws(OpenFolder.Failure) {
      opened = try folder.open(parts)
    } catch {
      switch error {
      case .isLink(let part):
        throw InfoldError(
          .fileAccess, "is behind the symbolic link \(String(quoting: part)), which is not followed; \(Self.rule)")
      case .refused(let part, let reason):
        throw InfoldError(.fileAccess, "cannot be opened at \(String(quoting: part)): \(reason)")
      }
    }
    return try RegularFile(adopting: opened)
  }

  private static let rule = "data is read only from the model's own folder"
  private static let hint = "name a folder inside of which links may be followed: dataRoot, or --data-root"
}
