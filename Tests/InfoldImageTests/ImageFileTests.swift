import Foundation
import InfoldImage
import TestSupport
import Testing

@Suite struct ImageFileTests {
  @Test func refusesWhatIsNoRegularFile() throws {
    try withTemporaryFolder { folder in
      expectError(.fileAccess, "is a folder, not a file") { _ = try Picture(path: folder) }
      let pipe = folder + "/pipe.png"
      try #require(mkfifo(pipe, 0o600) == 0)
      expectError(.fileAccess, "pipe.png: is a pipe, not a file") { _ = try Picture(path: pipe) }
    }
    expectError(.fileAccess, "/dev/zero: is a device, not a file") { _ = try Picture(path: "/dev/zero") }
  }

  @Test func refusesWhatCannotBeOpened() throws {
    try withTemporaryFolder { folder in
      let missing = folder + "/missing.png"
      expectError(.fileAccess, "missing.png: cannot be opened: no such file") { _ = try Picture(path: missing) }
    }
    expectError(.fileAccess, "NUL") { _ = try Picture(path: Fixture.path("decoding/rgb.png") + "\0.jpg") }
    expectError(.fileAccess, "the path is empty") { _ = try Picture(path: "") }
  }

  @Test func readsNoMoreThanTheLimit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/large.png"
      try Data().write(to: URL(fileURLWithPath: path))
      try #require(truncate(path, 1 << 40) == 0)
      expectError(.limitExceeded, "large.png: has 1099511627776 bytes") { _ = try Picture(path: path) }
    }
  }

  @Test func namesAnEmptyFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/empty.jpg"
      try Data().write(to: URL(fileURLWithPath: path))
      expectError(.unsupported, "empty.jpg: is empty") { _ = try Picture(path: path) }
    }
  }
}
