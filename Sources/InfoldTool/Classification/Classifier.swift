import Glibc
import InfoldFiles
import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldRuntime

/// A model of which a sidecar file says how pictures go in, and what comes out.
struct Classifier {
  /// What is warned of the model.
  var warnings: [ModelWarning] { session.warnings }

  private let session: Session
  private let preprocessing: Preprocessing
  private let labels: [String]
  private let labelFile: String

  /// A class that a picture may show.
  struct Candidate: Encodable {
    /// The place in the model's output.
    let index: Int
    /// The class name.
    let label: String
    /// The probability, 0 to 1.
    let score: Double
  }

  /// Reads the model, the sidecar beside it, and the labels beside that.
  /// - Throws: `InfoldError` that names the file that is missing or wrong.
  init(model path: String, _ runtime: RuntimeOptions) throws(InfoldError) {
    session = try Session(runtime.reading.model(path), options: runtime.session)
    let sidecar = try Sidecar(ofModel: path, inputs: session.inputs)
    let preprocessing = sidecar.preprocessing
    self.preprocessing = preprocessing
    guard session.outputs.contains(where: { $0.name == preprocessing.output }) else {
      throw InfoldError(
        .invalidArgument, "names the output \(String(quoting: preprocessing.output)), which the model does not have",
        hint: "its outputs are " + session.outputs.map { String(quoting: $0.name) }.joined(separator: ", "),
        file: sidecar.path)
    }
    labelFile = sidecar.path(of: preprocessing.labels)
    labels = try Self.labels(labelFile)
  }

  /// The most probable classes of a picture, the best first.
  /// - Throws: `InfoldError` that names the picture, or the model.
  func classify(_ picture: String, top count: Int) throws(InfoldError) -> [Candidate] {
    let picture = try Picture(path: picture)
    let results = try session.run([preprocessing.input: preprocessing.tensor(from: picture)])
    let scores = results[preprocessing.output]!
    guard scores.elementType.isFloatingPoint, scores.count > 0 else {
      throw InfoldError(
        .invalidModel, "the output \(String(quoting: preprocessing.output)) is \(scores), and holds no scores")
    }
    guard scores.count == labels.count else {
      throw InfoldError(
        .invalidArgument, "has \(labels.count) class names, and the model gives \(scores.count) scores", file: labelFile
      )
    }
    let shares = try probabilities(scores)
    return try scores.topK(count).map { element in
      Candidate(index: element.index, label: labels[element.index], score: shares[element.index])
    }
  }

  private func probabilities(_ scores: Tensor) throws(InfoldError) -> [Double] {
    let numbers = try scores.numbers()
    guard preprocessing.scores == .logits else { return numbers }
    let largest = numbers.max()!
    let powers = numbers.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}

extension Classifier {
  /// One name per line.
  private static func labels(_ path: String) throws(InfoldError) -> [String] {
    var lines = try RegularFile.text(ofFile: path, limit: 1 << 24)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}
