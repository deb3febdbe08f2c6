import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import RealModule

/// A model of which a sidecar file says how pictures go in, and what comes out.
struct Classifier {
  /// What is warned of the model.
  var warnings: [ModelWarning] { session.warnings }

  private let session: Session
  private let preprocessing: Preprocessing
  private let output: String
  /// The class names and their file.
  private let labels: (names: [String], path: String)?

  /// A class that a picture may show.
  struct Candidate: Encodable {
    /// The place in the model's output.
    let index: Int
    /// The class name.
    let label: String
    /// The probability, 0 to 1.
    let score: Double
  }

  /// Reads the model, the sidecar beside it or another one, and the labels beside that.
  /// - Throws: `InfoldError` that names the file that is missing or wrong.
  init(model path: String, sidecar: String?, _ runtime: RuntimeOptions) throws(InfoldError) {
    let model = try runtime.reading.model(path)
    let pictures = PictureModel(model.graph)
    session = try Session(consume model, options: runtime.session)
    let sidecar = try Sidecar(ofModel: path, at: sidecar, pictures)
    preprocessing = sidecar.preprocessing
    guard let output = preprocessing.output ?? session.outputs.first?.name else {
      throw InfoldError(.invalidModel, "the model has no output", file: displayName(path))
    }
    self.output = output
    labels = try preprocessing.labels.map { file throws(InfoldError) in
      let path = sidecar.path(of: file)
      return (try LabelFile.read(path), path)
    }
  }

  /// The most probable classes of a picture, the best first.
  /// - Throws: `InfoldError` that names the picture, or the model.
  func classify(_ picture: String, top count: Int) throws(InfoldError) -> [Candidate] {
    let picture = try readPicture(picture)
    let results = try session.run([preprocessing.input: preprocessing.tensor(from: picture)])
    let scores = results[output]!
    guard scores.elementType.isFloatingPoint, scores.count > 0 else {
      throw InfoldError(
        .invalidModel, "the output \(String(quoting: output)) is \(scores), and holds no scores")
    }
    if let labels, scores.count != labels.names.count {
      throw InfoldError(
        .invalidArgument,
        "has \(counted(labels.names.count, "class name")), and the model gives \(counted(scores.count, "score"))",
        file: labels.path)
    }
    let shares = try probabilities(scores)
    return try scores.reshaped(to: [scores.count]).topK(count)[0].map { element in
      Candidate(
        index: element.index, label: labels?.names[element.index] ?? "class \(element.index)",
        score: shares[element.index])
    }
  }

  private func probabilities(_ scores: Tensor) throws(InfoldError) -> [Double] {
    let numbers = try scores.numbers()
    guard preprocessing.scores == .logits else { return numbers }
    let largest = numbers.max()!
    let powers = numbers.map { Double.exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}

/// The picture in a file, or from standard input, for which `-` stands.
/// - Throws: `InfoldError` that names it.
func readPicture(_ argument: String) throws(InfoldError) -> Picture {
  guard argument == StandardInput.argument else { return try Picture(path: argument) }
  let bytes = try StandardInput.contents(limit: ImageLimits().maximumFileSize)
  return try annotatingErrors({ $0.inFile(StandardInput.name) }) { () throws(InfoldError) in try Picture(bytes: bytes) }
}
