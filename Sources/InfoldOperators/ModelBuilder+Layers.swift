import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The layers of convolutional networks, with their weights. `node(_:_:attributes:named:domain:version:)` adds any other.
extension ModelBuilder {
  /// Adds a convolution (ONNX Conv).
  /// - Parameters:
  ///   - x: [N, C, …].
  ///   - weight: [M, C ÷ groups, …], with the sizes of the window behind.
  ///   - bias: [M].
  ///   - stride: Along every spatial axis.
  ///   - padding: Zeros on every side.
  ///   - dilation: Along every spatial axis.
  ///   - groups: The groups of channels, each convolved by itself.
  ///   - name: The name of the node and of its output; by default the builder's own.
  /// - Returns: [N, M, …].
  /// - Throws: `InfoldError` with `.invalidArgument` for a weight of less than three dimensions; as
  ///   `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func convolution(
    _ x: ValueID, weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try undoingFailures { (builder) throws(InfoldError) in
      guard weight.shape.count > 2 else {
        throw InfoldError(
          .invalidArgument,
          "the weight of a convolution has the shape \(weight.shape), and must have 3 dimensions or more")
      }
      let window = Array(weight.shape.dropFirst(2))
      var inputs = [x, try builder.constant(weight, named: name.map { $0 + ".weight" })]
      if let bias { inputs.append(try builder.constant(bias, named: name.map { $0 + ".bias" })) }
      var attributes = Self.attributes(window, stride: stride, padding: padding)
      attributes["dilations"] = .ints(window.map { _ in Int64(dilation) })
      attributes["group"] = .int(Int64(groups))
      return try builder.node(Conv.name, inputs, attributes: attributes, named: name)
    }
  }

  /// Adds a batch normalization (ONNX BatchNormalization): (x − mean) ÷ √(variance + epsilon) · scale + bias, per channel.
  /// - Parameters:
  ///   - x: [N, C, …].
  ///   - scale: [C].
  ///   - bias: [C].
  ///   - mean: [C].
  ///   - variance: [C].
  ///   - epsilon: What is added to the variance.
  ///   - name: The name of the node and of its output; by default the builder's own.
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func batchNormalization(
    _ x: ValueID, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Float = 1e-5,
    named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try undoingFailures { (builder) throws(InfoldError) in
      var inputs: [ValueID?] = [x]
      for (tensor, suffix) in [(scale, ".scale"), (bias, ".bias"), (mean, ".mean"), (variance, ".variance")] {
        inputs.append(try builder.constant(tensor, named: name.map { $0 + suffix }))
      }
      return try builder.node(BatchNormalization.name, inputs, attributes: ["epsilon": .float(epsilon)], named: name)
    }
  }

  /// Adds max(x, 0), element by element (ONNX Relu).
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func relu(_ x: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(Relu.name, [x], named: name)
  }

  /// Adds a sum, element by element, sizes of 1 repeated (ONNX Add).
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func add(_ a: ValueID, _ b: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(Add.name, [a, b], named: name)
  }

  /// Adds one tensor behind the other along an axis (ONNX Concat); by default along the channels.
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func concatenation(
    _ values: [ValueID], axis: Int = 1, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try node(Concat.name, values, attributes: ["axis": .int(Int64(axis))], named: name)
  }

  /// Adds the largest element of every window (ONNX MaxPool).
  /// - Parameters:
  ///   - x: [N, C, …].
  ///   - window: The window's size along every spatial axis.
  ///   - stride: Along every spatial axis.
  ///   - padding: Positions on every side that count as −∞.
  ///   - name: The name of the node and of its output; by default the builder's own.
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func maxPool(
    _ x: ValueID, window: [Int], stride: Int = 1, padding: Int = 0, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try node(MaxPool.name, [x], attributes: Self.attributes(window, stride: stride, padding: padding), named: name)
  }

  /// Adds the mean of every window, in which padding does not count (ONNX AveragePool).
  /// - Parameters:
  ///   - x: [N, C, …].
  ///   - window: The window's size along every spatial axis.
  ///   - stride: Along every spatial axis.
  ///   - padding: Positions on every side.
  ///   - name: The name of the node and of its output; by default the builder's own.
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func averagePool(
    _ x: ValueID, window: [Int], stride: Int = 1, padding: Int = 0, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try node(AveragePool.name, [x], attributes: Self.attributes(window, stride: stride, padding: padding), named: name)
  }

  /// Adds the mean of every channel: [N, C, …] → [N, C, 1, …] (ONNX GlobalAveragePool).
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func globalAveragePool(_ x: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(GlobalAveragePool.name, [x], named: name)
  }

  /// Adds all dimensions behind the first as one: [N, C, H, W] → [N, C·H·W] (ONNX Flatten).
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func flatten(_ x: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(Flatten.name, [x], named: name)
  }

  /// Adds a fully connected layer: x · weightᵀ + bias (ONNX Gemm).
  /// - Parameters:
  ///   - x: [N, C].
  ///   - weight: [M, C], one row for each output.
  ///   - bias: [M].
  ///   - name: The name of the node and of its output; by default the builder's own.
  /// - Returns: [N, M].
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func dense(
    _ x: ValueID, weight: Tensor, bias: Tensor? = nil, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try undoingFailures { (builder) throws(InfoldError) in
      var inputs = [x, try builder.constant(weight, named: name.map { $0 + ".weight" })]
      if let bias { inputs.append(try builder.constant(bias, named: name.map { $0 + ".bias" })) }
      return try builder.node(Gemm.name, inputs, attributes: ["transB": .int(1)], named: name)
    }
  }

  /// Adds probabilities from scores: exp(x) ÷ Σ exp(x) along an axis (ONNX Softmax).
  /// - Throws: As `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func softmax(_ x: ValueID, axis: Int = -1, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(Softmax.name, [x], attributes: ["axis": .int(Int64(axis))], named: name)
  }

  private static func attributes(_ window: [Int], stride: Int, padding: Int) -> AttributeList {
    [
      "kernel_shape": .ints(window.map { Int64($0) }), "strides": .ints(window.map { _ in Int64(stride) }),
      "pads": .ints((window + window).map { _ in Int64(padding) }),
    ]
  }
}
