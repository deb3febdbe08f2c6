import InfoldGraph
import InfoldONNX
public import InfoldRuntime

extension Session {
  /// Reads an ONNX model from a file and prepares it for running.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - options: The session options.
  ///   - observer: An observer of plans, runs and layers.
  /// - Throws: The errors of `Model.init(path:operators:limits:declaredShapes:dataRoot:)` and
  ///   `Session.init(_:options:observer:)`.
  public convenience init(
    path: String, options: SessionOptions = SessionOptions(), observer: (any SessionObserver)? = nil
  ) throws(InfoldError) {
    try self.init(Model(path: path), options: options, observer: observer)
  }
}
