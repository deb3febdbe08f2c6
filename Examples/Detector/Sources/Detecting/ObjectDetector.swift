import Infold
import InfoldImage

/// Detects objects with a network of the PP-PicoDet family (Yu et al., arXiv 2111.00902), a
/// single-stage detector like YOLO. The stages are letterbox, network, decoding, and non-maximum
/// suppression.
public struct ObjectDetector: Sendable {
  /// The distance of neighboring grid points in pixels, for each level.
  private static let cells = [8, 16, 32, 64]

  /// The names of the classes.
  public let categories: [String]
  private let session: Session
  private let preprocessing: Preprocessing

  /// - Parameter path: The path of a model with one input [1, 3, height, width]. Its outputs are
  ///   the scores of all levels, followed by the distances of all levels. Its metadata contains the
  ///   class names.
  public init(model path: String) throws(InfoldError) {
    let model = try Model(path: path)
    guard let list = model.metadata.first(where: { $0.key == "character" })?.value else {
      throw InfoldError(.unsupported, "has no list of classes in its metadata", file: path)
    }
    categories = list.split(separator: "\n").map(String.init)
    session = try Session(model)
    guard session.inputs.count == 1, let sizes = session.inputs[0].type?.shape?.sizes, sizes.count == 4, sizes[1] == 3,
      session.outputs.count == 2 * Self.cells.count
    else { throw InfoldError(.unsupported, "is not a detector with \(Self.cells.count) levels", file: path) }
    let normalization = Preprocessing.Normalization.imageNet
    preprocessing = try Preprocessing(
      input: session.inputs[0].name, height: sizes[2], width: sizes[3], mean: normalization.mean,
      standardDeviation: normalization.standardDeviation)
  }

  /// Detects the objects in a picture, the most confident first.
  /// - Parameters:
  ///   - threshold: The minimum confidence.
  ///   - overlap: The maximum overlap of two objects of a class, as intersection over union.
  public func detect(
    in picture: Picture, threshold: Float = 0.4, overlap: Float = 0.5
  ) throws(InfoldError) -> [Detection] {
    let (width, height) = (preprocessing.width, preprocessing.height)
    let letterbox = Letterbox(of: picture, width: width, height: height)
    let input = try preprocessing.tensor(from: letterbox.fill(with: picture, bars: 255))
    let results = try session.run([preprocessing.input: input])
    let outputs = session.outputs.compactMap { results[$0.name] }
    var detections: [Detection] = []
    for (level, cell) in Self.cells.enumerated() {
      let grid = try DistanceGrid(
        scores: outputs[level], logits: outputs[level + Self.cells.count], width: width, height: height, cell: cell)
      detections += grid.detections(above: threshold)
    }
    return detections.withoutOverlaps(above: overlap).map { detection in
      Detection(
        box: letterbox.box(inPicture: detection.box), category: detection.category, confidence: detection.confidence)
    }
  }
}
