import InfoldSystem

/// A file of choices that were measured, of one processor and one version of the kernels: lines of a kind, a problem and a way, with tabs in
/// between, behind a heading.
///
/// Whatever else stands there counts as nothing. What an entry says is looked up among the ways that are right, so that nobody
/// who writes the file can choose anything else.
struct TuningFile {
  let path: String
  private let folder: String
  private let name: String
  /// The first lines, which say what the choices hold for.
  private let heading: String

  /// The most bytes that are read or written.
  static let largestByteCount = 1 << 22

  /// The file of this machine in a folder.
  init(in folder: String, _ kernels: KernelChoice) {
    heading =
      "infold \(InfoldVersion.current), tuning\n\(ProcessorName.current), \(kernels.products.name), "
      + "\(kernels.others.name), \(kernels.bytes.name), \(kernels.machine.secondLevelCache)\n"
    // Fowler, Noll and Vo's hash.
    let hash = heading.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    name = "\(String(hash, radix: 16)).txt"
    self.folder = folder
    path = folder + "/" + name
  }

  /// What the file says; nothing where it cannot be read or is another one.
  var ways: [Choice.Key: String] {
    guard let text = try? text, text.hasPrefix(heading) else { return [:] }
    var ways: [Choice.Key: String] = [:]
    for line in text.dropFirst(heading.count).split(separator: "\n") {
      let fields = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 3, let kind = Choice.Kind(rawValue: String(fields[0])) else { continue }
      ways[Choice.Key(kind: kind, problem: String(fields[1]))] = String(fields[2])
    }
    return ways
  }

  private var text: String? {
    get throws {
      // No link is followed: somebody else may have put it there.
      let file = try RegularFile(adopting: OpenFolder(folder).open([name]))
      try file.require(atMost: Self.largestByteCount)
      return String(validating: try file.bytes(at: 0, count: file.size), as: UTF8.self)
    }
  }

  /// Adds choices to those in the file, in the place of what it says of the same. Of two processes that do so at once, one may undo what the
  /// other has added, which then is measured again.
  /// - Throws: `InfoldError` with `.fileAccess`.
  func add(_ new: [Choice.Key: String]) throws(InfoldError) {
    try Folder.create(folder)
    var bytes = Self.bytes(heading, ways.merging(new) { $1 })
    if bytes.count > Self.largestByteCount { bytes = Self.bytes(heading, new) }
    guard bytes.count <= Self.largestByteCount else { return }
    try writeReplacing(path, followsLinks: false) { file throws(InfoldError) in try file.write(bytes) }
  }

  private static func bytes(_ heading: String, _ ways: [Choice.Key: String]) -> [UInt8] {
    let lines = ways.map { "\($0.key.kind.rawValue)\t\($0.key.problem)\t\($0.value)\n" }.sorted()
    return Array((heading + lines.joined()).utf8)
  }
}
