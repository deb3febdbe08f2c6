import InfoldGraph

extension ModelBuilder {
  /// Creates a builder of an empty graph that uses the standard operators.
  /// - Parameters:
  ///   - name: The graph's name.
  ///   - opset: The version of the ONNX opset, at most `OperatorRegistry.newestOpset`.
  public init(_ name: String = "", opset: Int = 17) {
    self.init(name, opset: opset, operators: .standard)
  }
}
