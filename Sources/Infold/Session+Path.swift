import InfoldGraph
import InfoldONNX
public import InfoldRuntime

extension Session {
  /// Reads the ONNX model in a file, and prepares it for running.
  /// - Parameters:
  ///   - path: The file.
  ///   - options: How it runs.
  ///   - observer: Who is told of plans, runs and layers.
  /// - Throws: As `Model.init(path:operators:limits:declaredShapes:dataRoot:)` and `Session.init(_:options:observer:)`.
  public convenience init(
    path: String, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    try self.init(Model(path: path), options: options, observer: observer)
  }
}
