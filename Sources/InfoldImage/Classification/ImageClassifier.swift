import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Classifies pictures. It combines a model, the preprocessing of its pictures, and its class
/// names.
///
/// ```swift
/// let classifier = try ImageClassifier(path: "model.onnx")
/// for candidate in try classifier.classify(Picture(path: "cat.jpg")) {
///   print(candidate.label, candidate.probability)
/// }
/// ```
///
/// Several tasks can use a classifier concurrently.
public struct ImageClassifier: Sendable {
  /// A class that the picture may belong to.
  public struct Candidate: Sendable, Hashable {
    /// The index of the class among the model's scores.
    public let index: Int
    /// The name of the class, or `class 7` for index 7 if classes have no names.
    public let label: String
    /// The probability, 0 to 1. It is NaN if the scores are NaN. If a model is declared to output
    /// probabilities but does not, this is the value that it outputs.
    public let probability: Double
  }

  /// The session that runs the model.
  public let session: Session
  /// The preprocessing of pictures.
  public let preprocessing: Preprocessing
  /// The class names, if there are any.
  public let labels: ClassLabels?

  /// The name of the output with the scores.
  private let output: String
  /// Whether the model accepts batches rather than a single picture.
  let takesBatches: Bool

  /// Reads the model in a file, its sidecar, and its class names.
  /// - Parameters:
  ///   - path: The path of the model.
  ///   - sidecar: The path of the sidecar, by default `MODEL.json` next to `MODEL.onnx`. The file
  ///     of class names is in the same folder. Properties that the sidecar omits are taken from the
  ///     model where possible.
  ///   - options: The session options.
  ///   - observer: An observer of plans, runs and layers.
  /// - Throws: `InfoldError` with the path of the missing or invalid file: the errors of
  ///   `Model.init(path:operators:limits:declaredShapes:dataRoot:)`,
  ///   `Preprocessing.init(path:for:)`, `ClassLabels.init(path:)` and
  ///   `Session.init(_:options:observer:)`.
  public init(
    path: String, sidecar: String? = nil, options: SessionOptions = SessionOptions(),
    observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    try self.init(
      try Model(path: path, operators: .standard), sidecar: sidecar ?? Sidecar.path(besideModel: path),
      options: options,
      observer: observer)
  }

  /// Prepares a model for pictures, as described by a sidecar.
  /// - Parameters:
  ///   - model: The model. Pass ownership to save memory.
  ///   - path: The path of the sidecar. The file of class names is in the same folder.
  ///   - options: The session options.
  ///   - observer: An observer of plans, runs and layers.
  /// - Throws: The errors of `init(path:sidecar:options:observer:)`.
  public init(
    _ model: consuming Model, sidecar path: String, options: SessionOptions = SessionOptions(),
    observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    let sidecar = try Sidecar(path: path, for: PictureModel(model.graph))
    try self.init(
      checked: consume model, sidecar.preprocessing, try sidecar.labels(), options: options, observer: observer)
  }

  /// Prepares a model for pictures.
  /// - Parameters:
  ///   - model: The model. Pass ownership to save memory.
  ///   - preprocessing: The preprocessing of pictures. Its `labels`, a file name, is ignored.
  ///   - labels: The class names.
  ///   - options: The session options.
  ///   - observer: An observer of plans, runs and layers.
  /// - Throws: `InfoldError` with all contradictions between `preprocessing` and the model; like
  ///   `Session.init(_:options:observer:)`.
  public init(
    _ model: consuming Model, preprocessing: Preprocessing, labels: ClassLabels? = nil,
    options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    if let error = InfoldError(all: PictureModel(model.graph).problems(preprocessing))?.ofArguments {
      throw model.path.map(error.inFile) ?? error
    }
    try self.init(checked: consume model, preprocessing, labels, options: options, observer: observer)
  }

  /// Prepares a model that has been checked against `preprocessing`.
  private init(
    checked model: consuming Model, _ preprocessing: Preprocessing, _ labels: ClassLabels?, options: SessionOptions,
    observer: (any SessionObserver)?
  ) throws(InfoldError) {
    let path = model.path
    session = try Session(consume model, options: options, observer: observer)
    self.preprocessing = preprocessing
    self.labels = labels
    guard let output = preprocessing.output ?? session.outputs.first?.name else {
      throw InfoldError(.invalidModel, "the model has no output", file: path)
    }
    self.output = output
    let input = session.inputs.first { $0.name == preprocessing.input }
    takesBatches = input?.type?.shape?.first?.size != 1
  }
}

extension ImageClassifier {
  /// Returns the most probable classes of a picture, the best first.
  /// - Parameters:
  ///   - picture: A picture of any size.
  ///   - count: The number of classes, or all if the model has fewer.
  /// - Throws: `InfoldError`: like `Preprocessing.tensor(from:)` and `Session.run(_:)`;
  ///   `.invalidModel` if the output does not contain scores; `.invalidArgument` if the number of
  ///   class names differs from the number of scores, or if `count` is negative.
  public func classify(_ picture: Picture, top count: Int = 5) throws(InfoldError) -> [Candidate] {
    try candidates(in: session.run(input(for: [picture])), ofPictures: 1, top: count)[0]
  }

  /// Returns the most probable classes of each picture. The pictures are run as one batch, or one
  /// by one if the model accepts single pictures only. Memory grows with the batch.
  /// - Parameters:
  ///   - pictures: Pictures of any size.
  ///   - count: The number of classes of each picture, or all if the model has fewer.
  /// - Returns: The classes of each picture, the best first, in the order of the pictures.
  /// - Throws: The errors of the method for a single picture.
  public func classify(_ pictures: [Picture], top count: Int = 5) throws(InfoldError) -> [[Candidate]] {
    guard takesBatches else {
      return try pictures.map { picture throws(InfoldError) in try classify(picture, top: count) }
    }
    guard !pictures.isEmpty else { return [] }
    return try candidates(in: session.run(input(for: pictures)), ofPictures: pictures.count, top: count)
  }

  /// The model's inputs for a batch of pictures, for callers that run the model themselves.
  /// - Throws: The errors of `Preprocessing.tensor(from:)`.
  public func input(for pictures: [Picture]) throws(InfoldError) -> [String: Tensor] {
    [preprocessing.input: try preprocessing.tensor(from: pictures)]
  }

  /// Returns the most probable classes of each picture, given the model's outputs.
  /// - Parameters:
  ///   - results: The outputs of the model by name.
  ///   - pictureCount: The number of pictures in the batch.
  ///   - count: The number of classes of each picture, or all if the model has fewer.
  /// - Throws: `InfoldError`: `.invalidModel` if the output does not contain scores;
  ///   `.invalidArgument` if it is missing, if the number of class names differs from the number of
  ///   scores, or if `count` is negative.
  public func candidates(
    in results: [String: Tensor], ofPictures pictureCount: Int, top count: Int = 5
  ) throws(InfoldError) -> [[Candidate]] {
    guard let scores = results[output] else {
      throw InfoldError(.invalidArgument, "the results lack the output \(String(quoting: output))")
    }
    guard scores.elementType.isFloatingPoint, scores.count > 0 else {
      throw InfoldError(.invalidModel, "the output \(String(quoting: output)) is \(scores), which are not scores")
    }
    guard pictureCount == 1 || scores.shape.first == pictureCount else {
      throw InfoldError(
        .invalidModel,
        "the output \(String(quoting: output)) is \(scores), which has no row of scores for each of \(pictureCount) pictures"
      )
    }
    let classCount = scores.count / pictureCount
    try labels?.requireCount(classCount)
    let rows = try scores.reshaped(to: [pictureCount, classCount])
    return try (0..<pictureCount).map { picture throws(InfoldError) in
      let row = try rows.slice(picture..<picture + 1)
      let probabilities = try preprocessing.scores.probabilities(row)
      return try row.topK(count)[0].map { best in
        Candidate(
          index: best.index, label: labels?.names[best.index] ?? "class \(best.index)",
          probability: probabilities[best.index])
      }
    }
  }
}

extension ImageClassifier: CustomStringConvertible {
  public var description: String {
    "classifier of \(preprocessing.width)×\(preprocessing.height) pictures"
      + (labels.map { " with \(counted($0.names.count, "class name"))" } ?? "")
  }
}

extension ImageClassifier.Candidate: CustomStringConvertible {
  public var description: String { "\(String(printable: label)) (\(NumberText.percentage(probability)))" }
}
