import Foundation
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct RegularFileTests {
  @Test func readsAWholeFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
      #expect(try RegularFile.contents(ofFile: path, limit: 3) == [1, 2, 3])
      expectError(.limitExceeded, path, "3 bytes", "limit of 2", "shorten it") {
        try RegularFile.contents(ofFile: path, limit: 2, hint: "shorten it")
      }
      try Data().write(to: URL(fileURLWithPath: path))
      #expect(try RegularFile.contents(ofFile: path, limit: 0) == [])
    }
  }

  @Test func followsALinkThatTheCallerNames() throws {
    try withTemporaryFolder { folder in
      try Data([7]).write(to: URL(fileURLWithPath: folder + "/file"))
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
      #expect(try RegularFile.contents(ofFile: folder + "/link", limit: 10) == [7])
    }
  }

  @Test func refusesWhatIsNoRegularFileWithoutWaiting() throws {
    try withTemporaryFolder { folder in
      expectError(.fileAccess, "is a folder") { try RegularFile(path: folder) }
      expectError(.fileAccess, "is a device") { try RegularFile(path: "/dev/zero") }
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      expectError(.fileAccess, "is a pipe") { try RegularFile(path: folder + "/pipe") }
      expectError(.fileAccess, "no such file") { try RegularFile(path: folder + "/missing") }
      expectError(.fileAccess, "not a directory") { try RegularFile(path: "/dev/zero/file") }
      expectError(.fileAccess, "NUL") { try RegularFile(path: folder + "\0") }
      expectError(.fileAccess, "path is empty") { try RegularFile(path: "") }
    }
  }

  @Test func noticesAFileThatBecameShorter() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
      let file = try RegularFile(path: path)
      #expect(truncate(path, 2) == 0)
      expectError(.fileAccess, "truncated") { try file.bytes(at: 0, count: file.size) }
    }
  }

  @Test func refusesMoreElementsThanMemory() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/sparse.npy"
      let count = 1 << 42
      let header = Array("{'descr': '|u1', 'fortran_order': False, 'shape': (\(count),), }".utf8)
      let start = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header
      try Data(start).write(to: URL(fileURLWithPath: path))
      guard truncate(path, count + start.count) == 0 else { return }  // No support for such large files.
      expectError(.limitExceeded, path, "memory") { try NumPyFile.read(path) }
    }
  }

  @Test func readsTextAsUTF8() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/text"
      try Data("é\n".utf8).write(to: URL(fileURLWithPath: path))
      #expect(try RegularFile.text(ofFile: path, limit: 100) == "é\n")
      try Data([0xC3]).write(to: URL(fileURLWithPath: path))
      expectError(.malformedData, path, "UTF-8") { try RegularFile.text(ofFile: path, limit: 100) }
    }
  }
}
