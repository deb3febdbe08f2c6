import Infold

/// Builds a network layer by layer. Every method adds a layer with random weights and returns the value that it makes.
struct NetworkBuilder {
  private static let opset = 13

  private var graph: Graph
  private var random: SplitMix64

  init(name: String, seed: UInt64) {
    graph = Graph(name: name)
    random = SplitMix64(seed: seed)
  }

  mutating func input(_ name: String, _ shape: Shape) -> ValueID {
    graph.addInput(name, TensorType(.float32, shape))
  }

  /// Conv 3×3 and BatchNormalization. What the normalization expects of its input, mean 0 and variance 1, is a guess.
  mutating func convolution(
    _ x: ValueID, _ name: String, from inputs: Int, to channels: Int, stride: Int64 = 1
  ) throws(InfoldError) -> ValueID {
    let spread = (2 / Float(9 * inputs)).squareRoot()
    let weight = try weights([channels, inputs, 3, 3], name + ".weight", in: -spread...spread)
    let convolved = try node(
      "Conv", name + ".conv", [x, weight],
      ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1]), "strides": .ints([stride, stride])])
    let parameters = [
      try weights([channels], name + ".scale", in: 0.5...2), try weights([channels], name + ".bias", in: -0.5...0.5),
      graph.addConstant(name + ".mean", try Tensor(zeros: [channels], of: .float32)),
      graph.addConstant(name + ".variance", try Tensor(repeating: 1 as Float, shape: [channels])),
    ]
    return try node("BatchNormalization", name + ".normalization", [convolved] + parameters)
  }

  /// Averages each channel, and makes `classes` scores of the averages.
  mutating func classifier(_ x: ValueID, from channels: Int, to classes: Int) throws(InfoldError) -> ValueID {
    let averages = try node("Flatten", "flatten", [try node("GlobalAveragePool", "pool", [x])])
    let weight = try weights([channels, classes], "classifier.weight", in: -1...1)
    return try node("Gemm", "scores", [averages, weight])
  }

  /// A node that makes one value, which has the node's name.
  mutating func node(
    _ opType: String, _ name: String, _ inputs: [ValueID], _ attributes: AttributeList = [:]
  ) throws(InfoldError) -> ValueID {
    let output = graph.add(Value(name: name))
    graph.add(
      try Node(
        name: name, opType: opType, opsetVersion: Self.opset, attributes: attributes, inputs: inputs, outputs: [output])
    )
    return output
  }

  /// The network that makes `output`, its types inferred.
  mutating func model(_ output: ValueID) throws(InfoldError) -> Model {
    graph.outputs = [output]
    try graph.inferTypes()
    return Model(graph: graph, opsetImports: [Model.OpsetImport(version: Self.opset)])
  }

  private mutating func weights(
    _ shape: [Int], _ name: String, in range: ClosedRange<Float>
  ) throws(InfoldError) -> ValueID {
    let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &random) }
    return graph.addConstant(name, try Tensor(shape: shape, numbers))
  }
}
