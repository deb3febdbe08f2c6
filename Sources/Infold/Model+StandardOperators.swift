import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem

extension Model {
  /// Reads an ONNX model with standard operators, and its external data, from a file.
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - limits: Limits for the model.
  ///   - declaredShapes: How to treat the shapes that the model declares for computed values.
  ///   - dataRoot: The folder that external data may come from; by default that of the model.
  /// - Throws: The errors of `init(path:operators:limits:declaredShapes:dataRoot:)`.
  public init(
    path: String, limits: ModelLimits = ModelLimits(), declaredShapes: DeclaredShapes = .advisory,
    dataRoot: String? = nil
  ) throws(InfoldError) {
    try self.init(
      path: path, operators: .standard, limits: limits, declaredShapes: declaredShapes, dataRoot: dataRoot)
  }

  /// Reads an ONNX model with standard operators from bytes.
  /// - Parameters:
  ///   - bytes: The content of an ONNX file.
  ///   - limits: Limits for the model.
  ///   - declaredShapes: How to treat the shapes that the model declares for computed values.
  /// - Throws: The errors of `init(bytes:operators:limits:declaredShapes:)`.
  public init(
    bytes: [UInt8], limits: ModelLimits = ModelLimits(), declaredShapes: DeclaredShapes = .advisory
  ) throws(InfoldError) {
    try self.init(bytes: bytes, operators: .standard, limits: limits, declaredShapes: declaredShapes)
  }
}
