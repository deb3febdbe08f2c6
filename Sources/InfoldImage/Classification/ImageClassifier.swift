import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Says what pictures show: a model with what a picture must become for it, and the names of its classes.
///
/// ```swift
/// let classifier = try ImageClassifier(path: "model.onnx")
/// for candidate in try classifier.classify(Picture(path: "cat.jpg")) { print(candidate.label, candidate.probability) }
/// ```
///
/// Any number of tasks may use it at once.
public struct ImageClassifier: Sendable {
  /// A class that a picture may show.
  public struct Candidate: Sendable, Hashable {
    /// The place among the model's scores.
    public let index: Int
    /// The name of the class; `class 7` of the one at place 7 where classes have no names.
    public let label: String
    /// From 0 to 1. A model whose scores are no numbers has NaN here, and one that is said to give probabilities, and does not, what it
    /// gives.
    public let probability: Double
  }

  /// What runs the model.
  public let session: Session
  /// What a picture becomes before the model sees it.
  public let preprocessing: Preprocessing
  /// The names of the classes, where they have some.
  public let labels: ClassLabels?

  /// The output that holds the scores.
  private let output: String
  /// Whether the model takes any number of pictures at once, and not one.
  let takesBatches: Bool

  /// Reads the model in a file, and beside it what a picture must become and how the classes are called.
  /// - Parameters:
  ///   - path: The model.
  ///   - sidecar: The file that says how pictures go in; by default `MODEL.json` beside `MODEL.onnx`. The file of class names lies in
  ///     the same folder. What it does not say, the model may.
  ///   - options: How the model runs.
  ///   - observer: Who is told of plans, runs and layers.
  /// - Throws: `InfoldError` that names the file that is missing or wrong: as `Model.init(path:operators:limits:declaredShapes:dataRoot:)`,
  ///   `Preprocessing.init(path:for:)`, `ClassLabels.init(path:)` and `Session.init(_:options:observer:)`.
  public init(
    path: String, sidecar: String? = nil, options: SessionOptions = SessionOptions(),
    observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    try self.init(
      try Model(path: path, operators: .standard), sidecar: sidecar ?? Sidecar.path(besideModel: path),
      options: options,
      observer: observer)
  }

  /// Prepares a model for pictures, as a file says.
  /// - Parameters:
  ///   - model: The model, best handed over.
  ///   - path: The file that says how pictures go in, with that of the class names in the same folder.
  ///   - options: How the model runs.
  ///   - observer: Who is told of plans, runs and layers.
  /// - Throws: As `init(path:sidecar:options:observer:)`.
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
  ///   - model: The model, best handed over.
  ///   - preprocessing: What a picture becomes. Its `labels`, the name of a file, is not looked at.
  ///   - labels: The names of the classes.
  ///   - options: How the model runs.
  ///   - observer: Who is told of plans, runs and layers.
  /// - Throws: `InfoldError` that tells of everything in which `preprocessing` contradicts the model; as
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

  /// Prepares a model that `preprocessing` was held against.
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
  /// The most probable classes of a picture, the best first.
  /// - Parameters:
  ///   - picture: The picture, of any size.
  ///   - count: How many; all where the model has fewer.
  /// - Throws: `InfoldError`: as `Preprocessing.tensor(from:)` and `Session.run(_:)`; `.invalidModel` when the output holds no scores;
  ///   `.invalidArgument` when there are not as many class names as scores, and for a negative count.
  public func classify(_ picture: Picture, top count: Int = 5) throws(InfoldError) -> [Candidate] {
    try candidates(in: session.run(input(for: [picture])), ofPictures: 1, top: count)[0]
  }

  /// The most probable classes of each picture. They go through the model as one batch, or one by one where the model takes a single
  /// picture only; so memory grows with their number.
  /// - Parameters:
  ///   - pictures: The pictures, of any sizes.
  ///   - count: How many classes of each; all where the model has fewer.
  /// - Returns: The classes of each picture, the best first, in the order of the pictures.
  /// - Throws: As for a single picture.
  public func classify(_ pictures: [Picture], top count: Int = 5) throws(InfoldError) -> [[Candidate]] {
    guard takesBatches else {
      return try pictures.map { picture throws(InfoldError) in try classify(picture, top: count) }
    }
    guard !pictures.isEmpty else { return [] }
    return try candidates(in: session.run(input(for: pictures)), ofPictures: pictures.count, top: count)
  }

  /// What the model is given for a batch of pictures, for whoever runs it in a way of their own.
  /// - Throws: As `Preprocessing.tensor(from:)`.
  public func input(for pictures: [Picture]) throws(InfoldError) -> [String: Tensor] {
    [preprocessing.input: try preprocessing.tensor(from: pictures)]
  }

  /// The best classes of each of so many pictures, from what the model made of them.
  /// - Parameters:
  ///   - results: The outputs of the model by their names.
  ///   - pictureCount: The number of pictures that it was given.
  ///   - count: How many classes of each; all where the model has fewer.
  /// - Throws: `InfoldError`: `.invalidModel` when the output holds no scores; `.invalidArgument` when it is missing, when there are not as
  ///   many class names as scores, and for a negative count.
  public func candidates(
    in results: [String: Tensor], ofPictures pictureCount: Int, top count: Int = 5
  ) throws(InfoldError) -> [[Candidate]] {
    guard let scores = results[output] else {
      throw InfoldError(.invalidArgument, "the output \(String(quoting: output)) is missing among the results")
    }
    guard scores.elementType.isFloatingPoint, scores.count > 0 else {
      throw InfoldError(.invalidModel, "the output \(String(quoting: output)) is \(scores), and holds no scores")
    }
    guard pictureCount == 1 || scores.shape.first == pictureCount else {
      throw InfoldError(
        .invalidModel,
        "the output \(String(quoting: output)) is \(scores), and holds no scores for each of \(pictureCount) pictures")
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
