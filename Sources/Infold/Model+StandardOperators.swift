import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem

extension Model {
  /// Reads an ONNX model from a file, with the external data beside it, whose nodes mean the standard operators.
  /// - Parameters:
  ///   - path: The file.
  ///   - limits: What the model may ask for.
  ///   - declaredShapes: What the shapes count for that the model declares of what its nodes make.
  ///   - dataRoot: The folder out of which no data may come; by default that of the model.
  /// - Throws: As `init(path:operators:limits:declaredShapes:dataRoot:)`.
  public init(
    path: String, limits: ModelLimits = ModelLimits(), declaredShapes: DeclaredShapes = .advisory,
    dataRoot: String? = nil
  ) throws(InfoldError) {
    try self.init(
      path: path, operators: .standard, limits: limits, declaredShapes: declaredShapes, dataRoot: dataRoot)
  }

  /// Reads an ONNX model from bytes, whose nodes mean the standard operators.
  /// - Parameters:
  ///   - bytes: What an ONNX file holds.
  ///   - limits: What the model may ask for.
  ///   - declaredShapes: What the shapes count for that the model declares of what its nodes make.
  /// - Throws: As `init(bytes:operators:limits:declaredShapes:)`.
  public init(
    bytes: [UInt8], limits: ModelLimits = ModelLimits(), declaredShapes: DeclaredShapes = .advisory
  ) throws(InfoldError) {
    try self.init(bytes: bytes, operators: .standard, limits: limits, declaredShapes: declaredShapes)
  }
}
