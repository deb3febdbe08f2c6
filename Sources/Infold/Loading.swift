public import InfoldGraph
public import InfoldONNX
import InfoldOperators
public import InfoldRuntime
public import InfoldSystem

extension Model {
  /// Reads an ONNX model from a file on a thread of Infold's own, while the task waits without keeping one.
  /// - Parameters:
  ///   - path: The file.
  ///   - operators: What its nodes may mean.
  ///   - limits: What the model may ask for.
  ///   - declaredShapes: What the shapes count for that the model declares of what its nodes make.
  ///   - dataRoot: The folder out of which no data may come; by default that of the model.
  /// - Throws: As `init(path:operators:limits:declaredShapes:dataRoot:)`; `InfoldError` with `.cancelled` when the task is cancelled.
  public static func load(
    path: String, operators: OperatorRegistry = .standard, limits: ModelLimits = ModelLimits(),
    declaredShapes: DeclaredShapes = .advisory, dataRoot: String? = nil
  ) async throws(InfoldError) -> Model {
    try await loading { () throws(InfoldError) in
      try Model(
        path: path, operators: operators, limits: limits, declaredShapes: declaredShapes, dataRoot: dataRoot)
    }
  }
}

extension Session {
  /// Reads the ONNX model in a file, and prepares it for running, on a thread of Infold's own, while the task waits without keeping one.
  /// - Parameters:
  ///   - path: The file.
  ///   - options: How it runs.
  ///   - observer: Who is told of plans, runs and layers.
  /// - Throws: As `init(path:options:observer:)`; `InfoldError` with `.cancelled` when the task is cancelled.
  public static func load(
    path: String, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) async throws(InfoldError) -> Session {
    try await loading { () throws(InfoldError) in try Session(path: path, options: options, observer: observer) }
  }
}
