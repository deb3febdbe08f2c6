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
      expectError(.fileAccess, "pipe.png: is a pipe without a writer") { _ = try Picture(path: pipe) }
    }
    expectError(.fileAccess, "/dev/zero: is a device, not a file") { _ = try Picture(path: "/dev/zero") }
  }

  @Test func readsAPipe() throws {
    try withTemporaryFolder { folder in
      let pipe = folder + "/pipe"
      try #require(mkfifo(pipe, 0o600) == 0)
      let original = Fixture.path("decoding/rgb.png")
      let writer = Process()
      writer.executableURL = URL(fileURLWithPath: "/bin/sh")
      writer.arguments = ["-c", "sleep 0.1; cat '\(original)' > '\(pipe)'"]
      try writer.run()
      #expect(try Picture(path: pipe) == Picture(path: original))
      writer.waitUntilExit()
    }
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
      expectError(.malformedData, "empty.jpg: the picture is empty") { _ = try Picture(path: path) }
    }
  }
}
