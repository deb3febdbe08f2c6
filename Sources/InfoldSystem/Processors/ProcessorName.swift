/// The name of the processor.
package enum ProcessorName {
  /// The processor's name, family, model and similar fields in one line, as far as the system
  /// reports them. They distinguish processors whose relative speeds differ.
  package static let current: String = {
    let fields: Set<Substring> = [
      "vendor_id", "cpu family", "model", "model name", "stepping", "CPU implementer", "CPU variant", "CPU part",
    ]
    // Processors are separated by an empty line.
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
