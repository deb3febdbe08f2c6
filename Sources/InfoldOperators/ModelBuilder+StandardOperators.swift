import InfoldGraph

extension ModelBuilder {
  /// A builder of an empty network, whose nodes mean the standard operators.
  /// - Parameters:
  ///   - name: The graph's name.
  ///   - opset: The version of ONNX's own operators, at most `OperatorRegistry.newestOpset`.
  public init(_ name: String = "", opset: Int = 17) {
    self.init(name, opset: opset, operators: .standard)
  }
}
