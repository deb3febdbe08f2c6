/// What the processor is called.
package enum ProcessorName {
  /// Name, family, model and the like in one line, as far as the system tells: what differs between processors that are not
  /// equally fast at the same things.
  package static let current: String = {
    let fields: Set<Substring> = [
      "vendor_id", "cpu family", "model", "model name", "stepping", "CPU implementer", "CPU variant", "CPU part",
    ]
    // The processors stand one behind the other, with an empty line between them.
    let lines = (SystemFile.text("/proc/cpuinfo") ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    let values = lines.prefix { !$0.isEmpty }.compactMap { line -> Substring? in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, fields.contains(trimmed(parts[0])) else { return nil }
      return trimmed(parts[1])
    }
    return values.isEmpty ? "unknown" : values.joined(separator: ", ")
  }()

  private static func trimmed(_ text: Substring) -> Substring {
    let begun = text.drop(while: \.isWhitespace)
    guard let last = begun.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return begun[...last]
  }
}
