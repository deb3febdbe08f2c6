import Glibc

/// What a path names, links followed.
package struct FileStatus: Sendable {
  /// The kinds of files.
  package enum Kind: Sendable {
    case regular
    case folder
    case pipe
    case link
    case socket
    case device
    case other
  }

  /// The kind.
  package let kind: Kind
  /// The bytes of a regular file.
  package let size: Int
  /// The names that it has in the file system.
  package let linkCount: Int
  /// Who may read, write and execute it, as the system writes it: 0o644.
  package let permissions: mode_t
  /// What tells it from every other file, by whatever names.
  package let identity: Identity

  /// What tells a file from every other.
  package struct Identity: Sendable, Hashable {
    fileprivate let device: dev_t
    fileprivate let node: ino_t
  }

  /// The status of what is at `path`; `nil` when it cannot be found or examined.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// The status of what is open; `nil` when it cannot be examined, and `errno` tells why.
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

  /// Whether both are the same file, by whatever names.
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
