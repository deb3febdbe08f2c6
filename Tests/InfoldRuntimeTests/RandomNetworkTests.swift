import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Random networks of operators that have kernels, with random connections and outputs.
@Suite struct RandomNetworkTests {
  @Test(arguments: 0..<24) func images(block: UInt64) throws {
    for seed in (block * 25)..<(block * 25 + 25) {
      var network = try RandomNetwork(seed: seed)
      let graph = try network.grown(by: 12)
      try expectAgreement(
        graph, graph.randomInputs(seed: seed), Expectation(tolerance: 3e-5, referenceSteps: nil),
        "seed \(seed): \(graph.nodes.map(\.opType))")
    }
  }
}

/// A network of values [N, C, H, W]. Some of them are flattened or transposed to channels-last in between.
private struct RandomNetwork {
  private var network: NetworkBuilder
  private var random: SplitMix64
  /// The values with their sizes.
  private var values: [(id: ValueID, sizes: [Int])] = []

  init(seed: UInt64) throws {
    network = NetworkBuilder(opset: 17, seed: seed)
    random = SplitMix64(seed: seed &+ 1000)
    let batch = random.pick([1, 1, 2, 3]), side = random.pick([1, 2, 5, 8])
    for index in 0..<random.int(1...2) {
      let sizes = [batch, random.pick([1, 3, 8, 12, 17]), side, side]
      values.append((network.input(Shape(sizes), "x\(index)"), sizes))
    }
    if random.oneIn(3) {
      let sizes = [batch, random.pick([1, 4, 8]), side, side]
      values.append((try network.weights(sizes), sizes))
    }
  }

  /// Adds nodes, and completes the network with a few outputs.
  mutating func grown(by count: Int) throws -> Graph {
    for _ in 0..<count { try grow() }
    var outputs = [values.last!.id]
    for _ in 0..<random.int(0...3) { outputs.append(random.pick(values).id) }
    return try network.finished(outputs)
  }

  private mutating func add(_ id: ValueID, _ sizes: [Int]) { values.append((id, sizes)) }

  /// Later values are chosen more often.
  private mutating func pickValue() -> (id: ValueID, sizes: [Int]) {
    random.oneIn(2) ? random.pick(values) : random.pick(values.suffix(3))
  }

  private mutating func grow() throws {
    let (x, sizes) = pickValue()
    guard sizes.count == 4 else {
      let y = try network.node("Relu", [x])
      return add(y, sizes)
    }
    switch random.int(0...19) {
    case 0...2: try addConvolution(x, sizes)
    case 3: try addUnary(x, sizes)
    case 4, 5: try addBinary(x, sizes)
    case 6...8: try addConcat(x, sizes)
    case 9: try addPool(x, sizes)
    case 10: try addReshape(x, sizes)
    case 11: try addTranspose(x, sizes)
    case 12: add(try network.normalization(x, channels: sizes[1]), sizes)
    case 13: add(try network.node("Softmax", [x], ["axis": .int(Int64(random.pick([1, 3, -1])))]), sizes)
    case 14: add(try network.node("Clip", [x, try scalar(-0.5), try scalar(0.75)]), sizes)
    case 15: try addReference(x, sizes)
    case 16, 17: try addSlice(x, sizes)
    case 18: try addSplit(x, sizes)
    default: try addPad(x, sizes)
    }
  }

  private mutating func list(_ numbers: [Int]) throws -> ValueID {
    network.constant(try Tensor(shape: [numbers.count], numbers.map(Int64.init)))
  }

  /// A slice along one axis, sometimes with a step of 2 or −1.
  private mutating func addSlice(_ x: ValueID, _ sizes: [Int]) throws {
    let axis = random.pick([0, 1, 1, 1, 2, 3])
    let begin = random.int(0...(sizes[axis] - 1)), end = random.int((begin + 1)...sizes[axis])
    let step = random.pick([1, 1, 1, 2, -1])
    var result = sizes
    result[axis] = (end - begin + abs(step) - 1) / abs(step)
    let bounds = step > 0 ? (begin, end) : (end - 1, begin == 0 ? -1000 : begin - 1)
    add(
      try network.node(
        "Slice", [x, try list([bounds.0]), try list([bounds.1]), try list([axis]), try list([step])]), result)
  }

  private mutating func addSplit(_ x: ValueID, _ sizes: [Int]) throws {
    let axis = random.pick([1, 1, 2])
    guard sizes[axis] > 1 else { return }
    let first = random.int(1...(sizes[axis] - 1))
    let parts = [first, sizes[axis] - first]
    let ids = try network.nodes(
      "Split", [x, try list(parts)], ["axis": .int(Int64(axis))], outputs: 2)
    for (id, size) in zip(ids, parts) {
      var result = sizes
      result[axis] = size
      add(id, result)
    }
  }

  private mutating func addPad(_ x: ValueID, _ sizes: [Int]) throws {
    guard sizes[2] < 12, sizes[3] < 12 else { return }
    let y = try network.node(
      "Pad", [x, try list([0, 0, 1, 0, 0, 0, 1, 2])],
      ["mode": .string(Array(random.pick(["constant", "edge"]).utf8))])
    add(y, [sizes[0], sizes[1], sizes[2] + 2, sizes[3] + 2])
  }

  private mutating func scalar(_ number: Float) throws -> ValueID { network.constant(try Tensor(scalar: number)) }

  private mutating func addConvolution(_ x: ValueID, _ sizes: [Int]) throws {
    let kernel = random.pick([1, 1, 3]), isDepthwise = random.oneIn(4)
    let outputs = isDepthwise ? sizes[1] : random.pick([1, 5, 8, 16, 19])
    let weights = try network.weights([outputs, isDepthwise ? 1 : sizes[1], kernel, kernel])
    let bias = random.oneIn(2) ? try network.weights([outputs]) : nil
    let pad = Int64(kernel / 2)
    let y = try network.node(
      "Conv", [x, weights, bias],
      ["pads": .ints([pad, pad, pad, pad]), "group": .int(Int64(isDepthwise ? sizes[1] : 1))])
    // Sums of many products are scaled back to magnitudes around 1.
    add(try network.node("Mul", [y, try scalar(isDepthwise ? 0.5 : 0.2)]), [sizes[0], outputs] + sizes[2...])
    if random.oneIn(2) { values.append((y, [sizes[0], outputs] + sizes[2...])) }
  }

  private mutating func addUnary(_ x: ValueID, _ sizes: [Int]) throws {
    add(try network.node(random.pick(["Relu", "Sigmoid", "Tanh", "HardSwish", "Abs", "Neg", "Identity"]), [x]), sizes)
  }

  private mutating func addBinary(_ x: ValueID, _ sizes: [Int]) throws {
    let like = values.filter { $0.sizes == sizes }
    let other: ValueID
    if random.oneIn(3) {
      other = try network.weights(
        random.pick([
          [sizes[1], 1, 1], [1, sizes[1], 1, 1], [sizes[2], sizes[3]], [sizes[3]], [], [sizes[0], 1, 1, 1],
        ]))
    } else if random.oneIn(3) {
      other = try network.node("GlobalAveragePool", [x])
    } else {
      other = random.pick(like).id
    }
    let operands = random.oneIn(2) ? [x, other] : [other, x]
    add(try network.node(random.pick(["Add", "Add", "Sub", "Mul", "Max", "Min"]), operands), sizes)
  }

  private mutating func addConcat(_ x: ValueID, _ sizes: [Int]) throws {
    let axis = random.pick([1, 1, 1, 1, 2, 3])
    let like = values.filter {
      $0.sizes.count == 4 && zip($0.sizes, sizes).enumerated().allSatisfy { $0 == axis || $1.0 == $1.1 }
    }
    var parts = [(id: x, sizes: sizes)]
    for _ in 0..<random.int(1...3) { parts.append(random.pick(like)) }
    parts.shuffle(using: &random)
    var result = sizes
    result[axis] = parts.reduce(0) { $0 + $1.sizes[axis] }
    guard result[axis] <= 80 else { return }
    add(try network.node("Concat", parts.map(\.id), ["axis": .int(Int64(axis))]), result)
  }

  private mutating func addPool(_ x: ValueID, _ sizes: [Int]) throws {
    if random.oneIn(3) {
      return add(try network.node("GlobalMaxPool", [x]), [sizes[0], sizes[1], 1, 1])
    }
    let y = try network.node(
      random.pick(["MaxPool", "AveragePool"]), [x], ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1])])
    add(y, sizes)
  }

  private mutating func addReshape(_ x: ValueID, _ sizes: [Int]) throws {
    let targets = [
      [sizes[0], sizes[1], sizes[3], sizes[2]], [sizes[0], sizes[1], 1, sizes[2] * sizes[3]],
      [sizes[0], sizes[1] * sizes[2], 1, sizes[3]], [sizes[0], sizes[1] * sizes[2] * sizes[3]],
    ]
    let target = random.pick(targets)
    let y = try network.node(
      "Reshape", [x, network.constant(try Tensor(shape: [target.count], target.map(Int64.init)))])
    add(y, target)
  }

  private mutating func addTranspose(_ x: ValueID, _ sizes: [Int]) throws {
    let axes = random.pick([[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [1, 0, 2, 3]])
    let y = try network.node("Transpose", [x], ["perm": .ints(axes.map(Int64.init))])
    add(y, axes.map { sizes[$0] })
  }

  /// A node without a kernel.
  private mutating func addReference(_ x: ValueID, _ sizes: [Int]) throws {
    add(try network.reference(x), sizes)
  }
}
