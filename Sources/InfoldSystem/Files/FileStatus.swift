import Glibc

/// The status of a file, with links followed.
package struct FileStatus: Sendable {
  /// The kind of a file.
  package enum Kind: Sendable {
    case regular
    case folder
    case pipe
    case link
    case socket
    case device
    case other
  }

  /// The kind of the file.
  package let kind: Kind
  /// The size of a regular file in bytes.
  package let size: Int
  /// The number of hard links to the file.
  package let linkCount: Int
  /// The permissions as an octal mode, such as 0o644.
  package let permissions: mode_t
  /// The identity of the file, which is the same for all of its names.
  package let identity: Identity

  /// An identity that is unique among files.
  package struct Identity: Sendable, Hashable {
    fileprivate let device: dev_t
    fileprivate let node: ino_t
  }

  /// Reads the status of the file at `path`. Returns `nil` if it cannot be found or examined.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Reads the status of an open file. Returns `nil` if it cannot be examined; `errno` holds the
  /// reason.
  package init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFIFO: .pipe
      case S_IFLNK: .link
      case S_IFSOCK: .socket
      case S_IFCHR, S_IFBLK: .device
      default: .other
      }
    size = Int(status.st_size)
    linkCount = Int(status.st_nlink)
    permissions = status.st_mode & 0o7777
    identity = Identity(device: status.st_dev, node: status.st_ino)
  }

  /// Returns whether both are the same file, possibly under different names.
  package func isSameFile(as other: FileStatus) -> Bool { identity == other.identity }
}

extension FileStatus.Kind: CustomStringConvertible {
  /// The kind, for messages.
  package var description: String {
    switch self {
    case .regular: "a file"
    case .folder: "a folder"
    case .pipe: "a pipe"
    case .link: "a symbolic link"
    case .socket: "a socket"
    case .device: "a device"
    case .other: "something else"
    }
  }
}
