import Infold

/// The characters that a recognizer knows, and how its output becomes text by connectionist temporal classification
/// (Graves et al., 2006): in each step the network names a character or the blank; a character that is named in several steps
/// without a blank between them is one.
package struct Alphabet: Sendable {
  private static let blank = 0
  private let characters: [String]

  /// The characters that a model lists in its metadata, one per line; a blank goes before them, a space behind.
  package init(_ model: Model) throws(InfoldError) {
    guard let list = model.metadata.first(where: { $0.key == "character" })?.value else {
      throw InfoldError(.unsupported, "has no list of characters in its metadata", file: model.path)
    }
    self.init(list.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }.map(String.init))
  }

  /// The alphabet of these characters, a blank before and a space behind them.
  package init(_ characters: [String]) {
    self.characters = [""] + characters + [" "]
  }

  /// The most probable text of every line, by always taking the most probable character, and the mean probability of its
  /// characters.
  /// - Parameter probabilities: [lines, steps, characters with blank and space].
  package func decode(_ probabilities: Tensor) throws(InfoldError) -> [(text: String, confidence: Float)] {
    guard probabilities.elementType == .float32, probabilities.shape.count == 3,
      probabilities.shape[2] == characters.count
    else {
      throw InfoldError(.invalidModel, "\(probabilities) does not fit an alphabet of \(characters.count) characters")
    }
    let (lines, steps) = (probabilities.shape[0], probabilities.shape[1])
    return try probabilities.withSpan(as: Float.self) { numbers in
      (0..<lines).map { line in
        var text = "", sum: Float = 0, count: Float = 0
        var previous = Self.blank
        for step in 0..<steps {
          let start = (line * steps + step) * characters.count
          var best = 0
          for index in 1..<characters.count where numbers[start + index] > numbers[start + best] { best = index }
          if best != previous, best != Self.blank {
            text += characters[best]
            sum += numbers[start + best]
            count += 1
          }
          previous = best
        }
        return (text, count == 0 ? 0 : sum / count)
      }
    }
  }
}
