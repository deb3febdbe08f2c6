import InfoldSystem

/// A file of tuning results for one processor and one version of the kernels. After a heading, each
/// line has a kind, a problem and an option, separated by tabs.
///
/// Any other content is ignored. Entries are looked up among the correct options, so the file
/// cannot select anything else.
struct TuningFile {
  let path: String
  private let folder: String
  private let name: String
  /// The first lines, which identify the processor and the kernels.
  private let heading: String

  /// The maximum size of the file in bytes, for reading and writing.
  static let largestByteCount = 1 << 22

  /// Creates a reference to this machine's file in a folder.
  init(in folder: String, _ kernels: KernelChoice) {
    heading =
      "infold \(InfoldVersion.current), tuning\n\(ProcessorName.current), \(kernels.name), "
      + "\(kernels.others.name), \(kernels.bytes.name), \(kernels.machine.secondLevelCache)\n"
    // The Fowler–Noll–Vo hash FNV-1a.
    let hash = heading.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    name = "\(String(hash, radix: 16)).txt"
    self.folder = folder
    path = folder + "/" + name
  }

  /// The results in the file; empty if it is unreadable or its heading differs.
  var fastestOptions: [Choice.Key: String] {
    guard let text = try? text, text.hasPrefix(heading) else { return [:] }
    var fastestOptions: [Choice.Key: String] = [:]
    for line in text.dropFirst(heading.count).split(separator: "\n") {
      let fields = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 3, let kind = Choice.Kind(rawValue: String(fields[0])) else { continue }
      fastestOptions[Choice.Key(kind: kind, problem: String(fields[1]))] = String(fields[2])
    }
    return fastestOptions
  }

  private var text: String? {
    get throws {
      // Symbolic links are not followed, because someone else may have put one there.
      let file = try RegularFile(adopting: OpenFolder(folder).open([name]))
      try file.require(atMost: Self.largestByteCount)
      return String(validating: try file.bytes(at: 0, count: file.size), as: UTF8.self)
    }
  }

  /// Adds results to the file and replaces earlier results of the same choices. If two processes do
  /// so at the same time, one may undo the additions of the other. Those are then measured again.
  ///
  /// - Throws: `InfoldError.Code.fileAccess` if the file cannot be written.
  func add(_ new: [Choice.Key: String]) throws(InfoldError) {
    try Folder.create(folder)
    var bytes = Self.bytes(heading, fastestOptions.merging(new) { $1 })
    if bytes.count > Self.largestByteCount { bytes = Self.bytes(heading, new) }
    guard bytes.count <= Self.largestByteCount else { return }
    try writeReplacing(path, followsLinks: false) { file throws(InfoldError) in try file.write(bytes) }
  }

  private static func bytes(_ heading: String, _ fastestOptions: [Choice.Key: String]) -> [UInt8] {
    let lines = fastestOptions.map { "\($0.key.kind.rawValue)\t\($0.key.problem)\t\($0.value)\n" }.sorted()
    return Array((heading + lines.joined()).utf8)
  }
}
