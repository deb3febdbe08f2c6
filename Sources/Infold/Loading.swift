public import InfoldGraph
public import InfoldONNX
import InfoldOperators
public import InfoldRuntime
public import InfoldSystem

extension Model {
  /// Reads an ONNX model from a file. The task suspends while a thread of Infold reads it.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - operators: The operators that nodes may use.
  ///   - limits: Limits for the model.
  ///   - declaredShapes: How to treat the shapes that the model declares for computed values.
  ///   - dataRoot: The folder that external data may come from; by default that of the model.
  /// - Throws: The errors of `init(path:operators:limits:declaredShapes:dataRoot:)`; `InfoldError`
  ///   with `.cancelled` if the task is cancelled.
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
  /// Reads an ONNX model from a file and prepares it for running. The task suspends while a thread
  /// of Infold does so.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - options: The session options.
  ///   - observer: An observer of plans, runs and layers.
  /// - Throws: The errors of `init(path:options:observer:)`; `InfoldError` with `.cancelled` if the
  ///   task is cancelled.
  public static func load(
    path: String, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) async throws(InfoldError) -> Session {
    try await loading { () throws(InfoldError) in try Session(path: path, options: options, observer: observer) }
  }
}
