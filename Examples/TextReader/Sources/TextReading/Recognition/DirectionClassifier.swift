import Infold
import InfoldImage

/// Detects lines that are upside down.
struct DirectionClassifier: Sendable {
  /// The minimum confidence of the network.
  private static let threshold: Float = 0.9
  private static let width = 192

  private let session: Session

  init(model path: String) throws(InfoldError) {
    session = try Session(Model(path: path))
  }

  /// Whether each line is upside down.
  func areUpsideDown(_ lines: [Picture]) throws(InfoldError) -> [Bool] {
    let output = try session.run(Tensor(lines: lines, width: Self.width))
    guard output.shape == [lines.count, 2] else {
      throw InfoldError(
        .invalidModel, "the classifier's output is \(output), but must be the probabilities of 0° and 180°")
    }
    let probabilities: [Float] = try output.elements()
    return lines.indices.map { probabilities[2 * $0 + 1] > Self.threshold }
  }
}
