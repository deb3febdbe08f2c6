/// ONNX Conv, opsets 1, 11, 22: convolution over 1 to 3 spatial dimensions.
///
/// X [N, C, D1, …], W [M, C / group, k1, …], optional B [M]; Y [N, M, O1, …]:
/// Y[n, m, o] = B[m] + Σ over c, k of W[m, c, k] · X[n, group's c, o · stride + k · dilation − pad].
public struct Conv: FloatingPointOperator {
  public static let name = "Conv"
  public static let versions = [1, 11, 22]
  public static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  /// The number of groups that the channels are split into, ≥ 1.
  public let group: Int
  private let windowAttributes: SlidingWindow.Attributes

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    windowAttributes = try SlidingWindow.Attributes(&attributes, hasDilations: true, hasCeilMode: false)
    group = try attributes.int("group") ?? 1
    guard group >= 1 else { throw InfoldError(.invalidModel, "group is \(group), and must be at least 1") }
  }

  /// How the window moves, for a weight with these spatial sizes.
  /// - Throws: `InfoldError` with `.invalidModel` when the attributes contradict the weight.
  public func window(kernel: [Int]) throws(InfoldError) -> SlidingWindow {
    if let declared = windowAttributes.kernel, declared != kernel {
      throw InfoldError(.invalidModel, "kernel_shape is \(declared), and the weight's spatial sizes are \(kernel)")
    }
    return try SlidingWindow(windowAttributes, kernel: kernel)
  }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...2)
    try inputs.requireRank(3...5, of: 0)
    try inputs.requireRank(3...5, of: 1)
    try inputs.requireRank(1...1, of: 2)
    let weight = try inputs.type(1).shape
    guard let rank = x.shape?.rank ?? weight?.rank else { return [TensorType(x.elementType, nil)] }
    let shape = x.shape ?? Shape(unknownOfRank: rank)
    var output = Shape(unknownOfRank: rank)
    output[0] = shape[0]
    if let weight {
      try check(shape, weight, bias: inputs.has(2) ? inputs.types[2]?.shape : nil)
      output[1] = weight[0]
      let kernel = weight[2...].compactMap(\.size)
      if kernel.count == rank - 2 {
        let window = try window(kernel: kernel)
        for axis in 0..<window.rank { output[axis + 2] = try window.outputDimension(axis, input: shape[axis + 2]) }
      }
    }
    return [TensorType(x.elementType, output)]
  }

  private func check(_ x: Shape, _ weight: Shape, bias: Shape?) throws(InfoldError) {
    guard x.rank == weight.rank else {
      throw InfoldError(.invalidModel, "the input \(x) and the weight \(weight) have different numbers of dimensions")
    }
    if let channels = x[1].size, let perGroup = weight[1].size,
      channels % group != 0 || channels / group != perGroup
    {
      throw InfoldError(
        .invalidModel,
        "the input has \(channels) channels in \(group) groups, and the weight \(weight) takes "
          + "\(perGroup) per group")
    }
    guard let filters = weight[0].size else { return }
    guard filters % group == 0 else {
      throw InfoldError(.invalidModel, "the weight \(weight) has \(filters) filters, not a multiple of \(group) groups")
    }
    if let biasCount = bias?[0].size, biasCount != filters {
      throw InfoldError(.invalidModel, "the bias has \(biasCount) elements, and the weight \(filters) filters")
    }
  }

  /// Y's elements, each a sum over the channels of a group and the window, padding included.
  public func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let output = outputs[0]?.shape?.sizes, let weight = inputs[1]?.shape?.sizes else { return nil }
    return checkedProduct(output + weight.dropFirst())
  }

  public func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, weight = inputs[1]!
    let bias = inputs.count > 2 ? inputs[2] : nil
    let window = try window(kernel: Array(weight.shape[2...]))
    let extents = try window.extents(x.shape[2...])
    var y = try Tensor(zeros: [x.shape[0], weight.shape[0]] + extents.map(\.output), of: Element.elementType)
    let geometry = ConvolutionGeometry(window, extents, input: Array(x.shape[2...]))
    let filters = weight.shape[0], perGroup = weight.shape[1]
    guard y.count > 0 else { return [y] }
    let biases = try bias?.elements(as: Element.self)
    y.withMutableSpan(as: Element.self) { y in
      x.withSpan(as: Element.self) { x in
        weight.withSpan(as: Element.self) { weight in
          for plane in 0..<(y.count / geometry.outputCount) {
            let (n, m) = plane.quotientAndRemainder(dividingBy: filters)
            let firstChannel = m / (filters / group) * perGroup
            let output = plane * geometry.outputCount
            if let biases {
              for index in output..<(output + geometry.outputCount) { y[index] = biases[m] }
            }
            for c in 0..<perGroup {
              geometry.accumulate(
                x, from: (n * perGroup * group + firstChannel + c) * geometry.inputCount,
                weight, from: (m * perGroup + c) * geometry.kernelCount, into: &y, at: output)
            }
          }
        }
      }
    }
    return [y]
  }
}
