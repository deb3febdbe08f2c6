import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Common layers of convolutional networks, with their weights. Use
/// `node(_:_:attributes:named:domain:version:)` for other operators.
extension ModelBuilder {
  /// Adds a convolution (ONNX Conv).
  /// - Parameters:
  ///   - x: The input, [N, C, …].
  ///   - weight: The weight, [M, C ÷ groups, …]. The trailing dimensions are the window.
  ///   - bias: The bias, [M].
  ///   - stride: The stride along every spatial axis.
  ///   - padding: The zero padding on every side.
  ///   - dilation: The dilation along every spatial axis.
  ///   - groups: The number of channel groups, which are convolved independently.
  ///   - name: The name of the node and of its output, or `nil` to generate one.
  /// - Returns: The output, [N, M, …].
  /// - Throws: `InfoldError.Code.invalidArgument` if the weight has fewer than three dimensions;
  ///   otherwise as `nodes(_:_:attributes:named:domain:version:outputCount:)` does.
  public mutating func convolution(
    _ x: ValueID, weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try undoingFailures { (builder) throws(InfoldError) in
      guard weight.shape.count > 2 else {
        throw InfoldError(
          .invalidArgument,
          "the weight of a convolution has the shape \(weight.shape) but must have 3 dimensions or more")
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

  /// Adds a batch normalization (ONNX BatchNormalization): (x − mean) ÷ √(variance + epsilon) ·
  /// scale + bias, per channel.
  /// - Parameters:
  ///   - x: The input, [N, C, …].
  ///   - scale: The scale, [C].
  ///   - bias: The bias, [C].
  ///   - mean: The running mean, [C].
  ///   - variance: The running variance, [C].
  ///   - epsilon: The number added to the variance.
  ///   - name: The name of the node and of its output, or `nil` to generate one.
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
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

  /// Adds max(x, 0), element-wise (ONNX Relu).
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func relu(_ x: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(Relu.name, [x], named: name)
  }

  /// Adds an element-wise sum with broadcasting (ONNX Add).
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func add(_ a: ValueID, _ b: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(Add.name, [a, b], named: name)
  }

  /// Adds a concatenation along an axis (ONNX Concat), by default along the channels.
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func concatenation(
    _ values: [ValueID], axis: Int = 1, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try node(Concat.name, values, attributes: ["axis": .int(Int64(axis))], named: name)
  }

  /// Adds a maximum pool (ONNX MaxPool).
  /// - Parameters:
  ///   - x: The input, [N, C, …].
  ///   - window: The size of the window along each spatial axis.
  ///   - stride: The stride along every spatial axis.
  ///   - padding: The number of positions on every side that count as −∞.
  ///   - name: The name of the node and of its output, or `nil` to generate one.
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func maxPool(
    _ x: ValueID, window: [Int], stride: Int = 1, padding: Int = 0, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try node(MaxPool.name, [x], attributes: Self.attributes(window, stride: stride, padding: padding), named: name)
  }

  /// Adds an average pool that excludes padding (ONNX AveragePool).
  /// - Parameters:
  ///   - x: The input, [N, C, …].
  ///   - window: The size of the window along each spatial axis.
  ///   - stride: The stride along every spatial axis.
  ///   - padding: The number of padding positions on every side.
  ///   - name: The name of the node and of its output, or `nil` to generate one.
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func averagePool(
    _ x: ValueID, window: [Int], stride: Int = 1, padding: Int = 0, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try node(AveragePool.name, [x], attributes: Self.attributes(window, stride: stride, padding: padding), named: name)
  }

  /// Adds the mean of each channel (ONNX GlobalAveragePool): [N, C, …] → [N, C, 1, …].
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func globalAveragePool(_ x: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(GlobalAveragePool.name, [x], named: name)
  }

  /// Merges all dimensions after the first (ONNX Flatten): [N, C, H, W] → [N, C·H·W].
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func flatten(_ x: ValueID, named name: String? = nil) throws(InfoldError) -> ValueID {
    try node(Flatten.name, [x], named: name)
  }

  /// Adds a fully connected layer (ONNX Gemm): x · weightᵀ + bias.
  /// - Parameters:
  ///   - x: The input, [N, C].
  ///   - weight: The weight, [M, C], with one row for each output.
  ///   - bias: The bias, [M].
  ///   - name: The name of the node and of its output, or `nil` to generate one.
  /// - Returns: The output, [N, M].
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
  public mutating func dense(
    _ x: ValueID, weight: Tensor, bias: Tensor? = nil, named name: String? = nil
  ) throws(InfoldError) -> ValueID {
    try undoingFailures { (builder) throws(InfoldError) in
      var inputs = [x, try builder.constant(weight, named: name.map { $0 + ".weight" })]
      if let bias { inputs.append(try builder.constant(bias, named: name.map { $0 + ".bias" })) }
      return try builder.node(Gemm.name, inputs, attributes: ["transB": .int(1)], named: name)
    }
  }

  /// Adds a softmax, which turns scores into probabilities (ONNX Softmax): exp(x) ÷ Σ exp(x) along
  /// an axis.
  /// - Throws: The errors of `nodes(_:_:attributes:named:domain:version:outputCount:)`.
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
