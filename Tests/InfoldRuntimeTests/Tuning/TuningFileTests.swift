import Foundation
import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// The file that stores measured choices.
@Suite struct TuningFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func session(
    _ times: MadeUpTimes, seed: UInt64 = 1, scope: SessionOptions.Tuning.Scope = .sameBits, in path: String? = nil
  ) throws -> Session {
    try Self.session(times, seed: seed, scope: scope, in: path ?? folder.path("choices"))
  }

  private static func session(
    _ times: MadeUpTimes, seed: UInt64, scope: SessionOptions.Tuning.Scope = .sameBits, in path: String
  ) throws -> Session {
    let tuning = SessionOptions.Tuning(scope: scope, timeLimit: .seconds(60), store: .folder(path))
    return try Session(
      networkWithChoices(seed: seed), SessionOptions(threads: 2, tuning: tuning), timer: times.timer)
  }

  private var files: [String] { get throws { try Folder.entries(folder.path("choices")).map(\.name) } }

  /// The results of a session without tuning.
  private func expected() throws -> (x: Tensor, bits: [UInt32]) {
    let session = try Session(networkWithChoices(seed: 1), SessionOptions(threads: 1), timer: nil)
    let x = try Tensor(repeating: 0.5 as Float, shape: session.inputs[0].type!.shape!.sizes!)
    return (x, try session.bits(x))
  }

  @Test func theNextSessionMeasuresNothing() throws {
    let first = MadeUpTimes(seed: 5), second = MadeUpTimes(seed: 6)
    let choices = try session(first).measuredChoices()
    #expect(first.count > 0 && choices.contains { !$0.isEmpty })
    #expect(try files.count == 1)
    #expect(try session(second).measuredChoices() == choices)
    #expect(second.count == 0)
    // Layers of other sizes are added to the same file.
    let others = MadeUpTimes(seed: 7)
    _ = try session(others, seed: 2)
    #expect(others.count > 0)
    #expect(try files.count == 1)
    #expect(try session(second).measuredChoices() == choices)
    #expect(second.count == 0)
  }

  @Test func algorithmsCountForFreeTuningAlone() throws {
    let free = try session(MadeUpTimes(seed: 5), scope: .free).measuredChoices().flatMap(\.self)
    #expect(free.contains { $0.hasPrefix("algorithm") })
    let (x, bits) = try expected()
    let sameBits = try session(MadeUpTimes(seed: 5))
    #expect(!(try sameBits.measuredChoices().flatMap(\.self).contains { $0.hasPrefix("algorithm") }))
    #expect(try sameBits.bits(x) == bits)
  }

  /// Invalid contents are ignored; entries select only among valid choices.
  @Test func nonsenseIsIgnored() throws {
    _ = try session(MadeUpTimes(seed: 5))
    let path = folder.path("choices/") + (try files[0])
    let right = try Data(contentsOf: URL(fileURLWithPath: path))
    let text = String(decoding: right, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let heading = lines.prefix(2).joined(separator: "\n") + "\n"
    func entries(_ way: String) -> String {
      lines.dropFirst(2).filter { !$0.isEmpty }.map { line in
        let fields = line.split(separator: "\t")
        return "\(fields[0])\t\(fields[1])\t\(way)\n"
      }.joined()
    }
    let (x, bits) = try expected()
    let contents: [Data] = [
      Data(), Data([0]), Data([0xff, 0xfe, 0x80]), right.prefix(10), right.prefix(right.count / 2),
      Data(repeating: 10, count: 1000), Data(repeating: 65, count: 5 << 20), Data(text.dropFirst(3).utf8),
      Data((heading + "\t\t\n\n\tbands\na\tb\tc\nbands\t\u{0}\t\u{0}\n" + String(repeating: "\t", count: 10_000)).utf8),
    ]
    let ways = [
      "", "nonsense", "0 rows", "-1 rows", "1000000 rows", "positions by 0", "channels by 65536", "winograd 99",
    ]
    for content in contents + ways.map({ Data((heading + entries($0)).utf8) }) {
      try content.write(to: URL(fileURLWithPath: path))
      let times = MadeUpTimes(seed: 5)
      let session = try session(times)
      #expect(times.count > 0, "\(String(decoding: content.prefix(200), as: UTF8.self))")
      #expect(try session.bits(x) == bits)
      #expect(session.warnings.isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).starts(with: Data(heading.utf8)))
    }
  }

  /// A symbolic link is not followed, neither to read nor to write.
  @Test func linksAreReplaced() throws {
    _ = try session(MadeUpTimes(seed: 5))
    let path = folder.path("choices/") + (try files[0])
    let elsewhere = try folder.write("elsewhere", Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    let before = try Data(contentsOf: URL(fileURLWithPath: elsewhere))
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: elsewhere)
    let times = MadeUpTimes(seed: 6)
    let session = try session(times)
    #expect(times.count > 0 && session.warnings.isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: elsewhere)) == before)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeRegular)
  }

  @Test func pipesDoNotMakeItWait() throws {
    _ = try session(MadeUpTimes(seed: 5))
    let path = folder.path("choices/") + (try files[0])
    try FileManager.default.removeItem(atPath: path)
    #expect(mkfifo(path, 0o600) == 0)
    let times = MadeUpTimes(seed: 6)
    #expect(try session(times).warnings.isEmpty)
    #expect(times.count > 0)
  }

  /// If nothing can be stored, the session works, and says so.
  @Test func whatCannotBeWrittenIsAWarning() throws {
    let (x, bits) = try expected()
    let file = try folder.write("file", [1])
    for path in [file, file + "/below", "", "a\u{0}b", folder.path("choices/") + String(repeating: "x", count: 300)] {
      let session = try session(MadeUpTimes(seed: 5), in: path)
      #expect(session.warnings.map(\.code) == [.tuningNotKept], "\(path)")
      #expect(try session.bits(x) == bits)
    }
    // A folder in place of the file.
    _ = try session(MadeUpTimes(seed: 5))
    let path = folder.path("choices/") + (try files[0])
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(try session(MadeUpTimes(seed: 5)).warnings.map(\.code) == [.tuningNotKept])
  }

  /// Several sessions that write at once leave one complete file.
  @Test func sessionsAtOnce() async throws {
    let path = folder.path("choices")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<6 as Range<UInt64> {
        group.addTask {
          for _ in 0..<3 { _ = try Self.session(MadeUpTimes(seed: number), seed: number % 2 + 1, in: path) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try files.count == 1)
    // A session whose threads were busy has not measured anything.
    let times = MadeUpTimes(seed: 9)
    let choices = try session(times).measuredChoices()
    #expect(choices.contains { !$0.isEmpty })
    let again = MadeUpTimes(seed: 10)
    #expect(try session(again).measuredChoices() == choices)
    #expect(again.count == 0)
  }
}
