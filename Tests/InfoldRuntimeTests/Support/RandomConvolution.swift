import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport

/// A convolution of random size, followed by an activation and an addition.
struct RandomConvolution {
  /// The nodes after the convolution, in this order.
  enum Tail: CaseIterable {
    case nothing, activation, addition, activationThenAddition, additionThenActivation
  }

  /// What is added.
  enum Addend: CaseIterable {
    case input, constant, convolution
  }

  var input: [Int]
  var outputs: Int
  var kernel: [Int]
  var attributes: AttributeList = [:]
  var group = 1
  var hasBias: Bool
  var tail: Tail
  var addend: Addend
  var activation: String
  var addsFirst: Bool
  var seed: UInt64

  /// - Parameter largest: The largest height or width, unless the window needs more.
  init(seed: UInt64, largest: Int = 20) {
    var random = SplitMix64(seed: seed)
    self.seed = seed
    let rank = random.pick([1, 2, 2, 2, 3])
    // In three dimensions, smaller sizes give as many elements.
    let largest = rank == 3 ? min(largest, 7) : largest
    var kernel = (0..<rank).map { _ in random.pick(rank == 3 ? [1, 1, 2, 3] : [1, 1, 2, 3, 3, 3, 5, 7]) }
    let channels: Int
    switch random.int(0...5) {
    case 0:
      channels = random.int(1...40)
      group = channels
      outputs = channels * random.pick([1, 1, 1, 2, 3, 4])
    case 1:
      group = random.pick([2, 3, 4, 4, 9])
      channels = group * random.int(1...9)
      outputs = group * random.int(1...10)
    case 2:
      channels = random.int(1...4)
      outputs = random.int(1...40)
    default:
      // Enough channels for Winograd's algorithm, half of the time with its window size.
      channels = random.int(1...40)
      outputs = random.int(1...40)
      if random.oneIn(2) { kernel = Array(repeating: 3, count: rank) }
    }
    let isPlain = random.oneIn(2)
    let strides = (0..<rank).map { _ in isPlain ? 1 : random.int(1...3) }
    let dilations = (0..<rank).map { _ in isPlain ? 1 : random.pick([1, 1, 2, 5]) }
    // Sometimes so much that some taps of dilated windows are in the padding at every position.
    let isPaddedWidely = random.oneIn(3)
    let pads = (0..<(2 * rank)).map { [kernel] in
      random.int(0...((kernel[$0 % rank] - 1) * (isPaddedWidely ? dilations[$0 % rank] : 1)))
    }
    let spatial = (0..<rank).map { [kernel] axis in
      let least = max(1, (kernel[axis] - 1) * dilations[axis] + 1 - pads[axis] - pads[axis + rank])
      return random.int(least...max(least, largest))
    }
    input = [random.pick([1, 1, 3]), channels] + spatial
    self.kernel = kernel
    attributes["strides"] = .ints(strides.map(Int64.init))
    attributes["dilations"] = .ints(dilations.map(Int64.init))
    attributes["group"] = .int(Int64(group))
    switch random.int(0...5) {
    case 0 where dilations.allSatisfy { $0 == 1 }: attributes["auto_pad"] = .string(Array("SAME_UPPER".utf8))
    case 1 where dilations.allSatisfy { $0 == 1 }: attributes["auto_pad"] = .string(Array("SAME_LOWER".utf8))
    default: attributes["pads"] = .ints(pads.map(Int64.init))
    }
    hasBias = random.oneIn(2)
    tail = random.pick(Tail.allCases)
    addend = random.pick(Addend.allCases)
    activation = random.pick(["Relu", "Clip", "LeakyRelu", "HardSigmoid", "HardSwish", "Sigmoid", "Tanh", "Gelu"])
    addsFirst = random.oneIn(2)
  }

  /// The network.
  func graph() throws -> Graph {
    var network = NetworkBuilder(opset: 20, seed: seed)
    let x = network.input(Shape(input))
    let convolution = try convolve(x, &network)
    return try network.finished(try continued(convolution, x, &network, activates: true))
  }

  /// The same with the magnitudes of all constants, and without the activation.
  func magnitudes() throws -> Graph {
    var network = NetworkBuilder(opset: 20, seed: seed)
    let x = network.input(Shape(input))
    let convolution = try convolve(x, &network)
    var graph = try network.finished(try continued(convolution, x, &network, activates: false))
    for id in graph.valueIDs {
      guard let tensor = graph.constant(id), tensor.elementType == .float32 else { continue }
      graph[id].initializer = Initializer(try tensor.mapped { (x: Float) in x.magnitude })
    }
    return graph
  }

  private func convolve(_ x: ValueID, _ network: inout NetworkBuilder) throws -> ValueID {
    let weights = try network.weights([outputs, input[1] / group] + kernel)
    let bias = hasBias ? try network.weights([outputs]) : nil
    return try network.node("Conv", [x, weights, bias], attributes)
  }

  private func continued(
    _ convolution: ValueID, _ x: ValueID, _ network: inout NetworkBuilder, activates: Bool
  ) throws -> ValueID {
    var y = convolution
    func activate(_ y: inout ValueID, _ network: inout NetworkBuilder) throws {
      let bounds =
        activation == "Clip"
        ? [network.constant(try Tensor(scalar: -0.5 as Float)), network.constant(try Tensor(scalar: 3 as Float))] : []
      y = activates ? try network.node(activation, [y] + bounds) : y
    }
    func add(_ y: inout ValueID, _ network: inout NetworkBuilder) throws {
      let shape = try network.finished(convolution)[convolution].type!.shape!
      let other =
        switch addend {
        case .input: network.input(shape, "addend")
        case .constant: try network.weights(shape.map { $0.size! })
        case .convolution: try convolve(x, &network)
        }
      y = try network.node("Add", addsFirst ? [other, y] : [y, other])
    }
    switch tail {
    case .nothing: break
    case .activation: try activate(&y, &network)
    case .addition: try add(&y, &network)
    case .activationThenAddition:
      try activate(&y, &network)
      try add(&y, &network)
    case .additionThenActivation:
      try add(&y, &network)
      try activate(&y, &network)
    }
    return y
  }
}
