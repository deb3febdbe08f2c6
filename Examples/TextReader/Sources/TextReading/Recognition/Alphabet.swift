import Infold

/// The characters of a recognizer, and the decoder of its output. Connectionist temporal
/// classification (Graves et al., 2006) predicts a character or the blank in each step. A character
/// that repeats without a blank in between counts once.
package struct Alphabet: Sendable {
  private static let blank = 0
  private let characters: [String]

  /// Reads the characters from the metadata of a model, one per line. A blank is added before and a
  /// space after them.
  package init(_ model: Model) throws(InfoldError) {
    guard let list = model.metadata.first(where: { $0.key == "character" })?.value else {
      throw InfoldError(.unsupported, "has no list of characters in its metadata", file: model.path)
    }
    self.init(list.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }.map(String.init))
  }

  /// Creates an alphabet of these characters, with a blank before and a space after them.
  package init(_ characters: [String]) {
    self.characters = [""] + characters + [" "]
  }

  /// The text of every line, decoded greedily, and the mean probability of its characters.
  /// - Parameter probabilities: [lines, steps, characters with blank and space].
  package func decode(_ probabilities: Tensor) throws(InfoldError) -> [(text: String, confidence: Float)] {
    guard probabilities.elementType == .float32, probabilities.shape.count == 3,
      probabilities.shape[2] == characters.count
    else {
      throw InfoldError(.invalidModel, "\(probabilities) does not match an alphabet of \(characters.count) characters")
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
