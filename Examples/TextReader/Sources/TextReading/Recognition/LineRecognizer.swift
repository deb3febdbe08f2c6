import Infold
import InfoldImage

/// Recognizes the text of lines.
struct LineRecognizer: Sendable {
  private static let batchSize = 6
  /// The minimum aspect ratio (width ÷ height) of the network's input.
  private static let leastAspect = 320.0 / 48

  private let session: Session
  private let alphabet: Alphabet

  init(model path: String) throws(InfoldError) {
    let model = try Model(path: path)
    alphabet = try Alphabet(model)
    session = try Session(model)
  }

  /// The text of each line with its confidence, from 0 to 1.
  func read(_ lines: [Picture]) throws(InfoldError) -> [(text: String, confidence: Float)] {
    var texts = [(text: String, confidence: Float)](repeating: ("", 0), count: lines.count)
    // Lines of similar aspect ratio share a batch, so that there is little padding.
    let sorted = lines.indices.sorted { lines[$0].aspect < lines[$1].aspect }
    for start in stride(from: 0, to: sorted.count, by: Self.batchSize) {
      let batch = sorted[start..<min(start + Self.batchSize, sorted.count)]
      let aspect = max(Self.leastAspect, lines[batch.last!].aspect)
      let output = try session.run(Tensor(lines: batch.map { lines[$0] }, width: Int(48 * aspect)))
      for (index, text) in zip(batch, try alphabet.decode(output)) { texts[index] = text }
    }
    return texts
  }
}

extension Picture {
  fileprivate var aspect: Double { Double(width) / Double(height) }
}
