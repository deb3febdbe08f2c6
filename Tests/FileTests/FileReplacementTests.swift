import Foundation
import InfoldSystem
import TestSupport
import Testing

@Suite struct FileReplacementTests {
  private func entries(_ folder: String) throws -> [String] { try Folder.entries(folder).map(\.name) }

  @Test func writesAndReplaces() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      for content: [UInt8] in [[1, 2, 3], [], [4]] {
        try writeReplacing(path) { (file) throws(InfoldError) in try file.write(content) }
        #expect(try contents(path) == content)
      }
      #expect(try entries(folder) == ["file"])
    }
  }

  @Test func keepsTheOldFileWhenWritingFails() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try Data([1]).write(to: URL(fileURLWithPath: path))
      expectError(.invalidArgument, path, "enough") {
        try writeReplacing(path) { (file) throws(InfoldError) in
          try file.write([2, 3])
          throw InfoldError(.invalidArgument, "enough")
        }
      }
      #expect(try contents(path) == [1])
      #expect(try entries(folder) == ["file"])
    }
  }

  /// However the process ends while it writes, no temporary file is left.
  @Test func hasNoNameBeforeItIsComplete() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try Data([1]).write(to: URL(fileURLWithPath: path))
      try writeReplacing(path) { (file) throws(InfoldError) in
        try file.write([2, 3])
        #expect(try! entries(folder) == ["file"])
        #expect(try! contents(path) == [1])
      }
      #expect(try entries(folder) == ["file"])
      #expect(try contents(path) == [2, 3])
    }
  }

  @Test func replacesALinkItself() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try Data([1]).write(to: URL(fileURLWithPath: path))
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
      try writeReplacing(folder + "/link", followsLinks: false) { (file) throws(InfoldError) in try file.write([2]) }
      #expect(try contents(path) == [1])
      #expect(try contents(folder + "/link") == [2])
      #expect(try entries(folder) == ["file", "link"])
      expectError(.fileAccess, folder) {
        try writeReplacing(folder, followsLinks: false) { (file) throws(InfoldError) in try file.write([2]) }
      }
    }
  }

  @Test func keepsPermissionsAndFollowsLinks() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try Data([1]).write(to: URL(fileURLWithPath: path))
      #expect(chmod(path, 0o640) == 0)
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
      try writeReplacing(folder + "/link") { (file) throws(InfoldError) in try file.write([2]) }
      #expect(try contents(path) == [2])
      #expect(FileStatus(path)!.permissions & 0o777 == 0o640)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "file")
    }
  }

  @Test func refusesWhatCannotBeReplaced() throws {
    func write(_ path: String) throws {
      try writeReplacing(path) { (file) throws(InfoldError) in try file.write([1]) }
    }
    try withTemporaryFolder { folder in
      expectError(.fileAccess, folder, "is a folder") { try write(folder) }
      expectError(.fileAccess, "/dev/full: ", "no space") { try write("/dev/full") }
      expectError(.fileAccess, "no such file") { try write(folder + "/missing/file") }
      expectError(.fileAccess, "NUL") { try write(folder + "/a\0b") }
      expectError(.fileAccess, "name too long") { try write(folder + "/" + String(repeating: "a", count: 256)) }
      let left = try entries(folder)
      #expect(left.isEmpty)
    }
  }
}

@Suite struct FolderTests {
  @Test func makesAndLists() throws {
    try withTemporaryFolder { folder in
      try Folder.create(folder + "/b/c/")
      try Folder.create(folder + "/b/c")
      try Data().write(to: URL(fileURLWithPath: folder + "/a"))
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "b")
      try FileManager.default.createSymbolicLink(atPath: folder + "/nowhere", withDestinationPath: "missing")
      let entries = try Folder.entries(folder)
      #expect(entries.map(\.name) == ["a", "b", "link", "nowhere"])
      #expect(entries.map(\.isFolder) == [false, true, true, false])
      expectError(.fileAccess, "is a file, not a folder") { try Folder.create(folder + "/a") }
      expectError(.fileAccess, "cannot be created") { try Folder.create(folder + "/a/b") }
      expectError(.fileAccess, "not a directory") { try Folder.entries(folder + "/a") }
      expectError(.fileAccess, folder + "/missing", "no such file") { try Folder.entries(folder + "/missing") }
    }
  }
}
