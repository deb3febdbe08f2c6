import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Products of integers with integer results, and of quantized numbers with any zero point, have kernels, and give the same bits as the
/// reference evaluation.
@Suite struct IntegerProductLoweringTests {
  /// Where the elements or zero points of an operand come from.
  private enum Origin: CaseIterable { case constant, run }

  private struct Network {
    var builder: NetworkBuilder
    var random: SplitMix64
    var tensors: [ValueID: Tensor] = [:]

    init(seed: UInt64) {
      builder = NetworkBuilder(opset: 13, seed: seed)
      random = SplitMix64(seed: seed)
    }

    /// Numbers over the full range of a type.
    mutating func operand(_ shape: [Int], _ type: ElementType, _ origin: Origin, _ name: String) throws -> ValueID {
      let range: ClosedRange<Float> = type == .uint8 ? 0...255 : -128...127
      let tensor = try random.tensor(shape, in: range).cast(to: type)
      guard origin == .run else { return builder.constant(tensor) }
      let id = builder.input(Shape(shape), name, of: type)
      tensors[id] = tensor
      return id
    }

    /// `nil` for none.
    mutating func zeroPoints(_ shapes: [[Int]?], _ type: ElementType, _ name: String) throws -> ValueID? {
      guard let shape = random.pick(shapes) else { return nil }
      return try operand(shape, type, random.pick(Origin.allCases), name)
    }
  }

  private func check(
    _ network: Network, _ y: ValueID, _ comment: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var builder = network.builder
    let graph = try builder.finished(y)
    let expected = try ReferenceEvaluator(graph).run(network.tensors)[0]
    let inputs = Dictionary(uniqueKeysWithValues: network.tensors.map { (graph[$0].name, $1) })
    for kernels in KernelChoice.names {
      for threads in [1, 3] {
        let session = try Session(graph.model, options: SessionOptions(threads: threads), kernelsNamed: kernels)
        let result = try session.runHere(inputs).values.first
        #expect(result == expected, "\(kernels), \(threads) threads, \(comment)", sourceLocation: sourceLocation)
        let references = try session.layerTimes(inputs, runs: 1).filter { $0.algorithm == "reference" }
        #expect(references.map(\.operation) == [], "\(comment)", sourceLocation: sourceLocation)
      }
    }
    try expectSameBitsByUnit(graph, inputs, comment, sourceLocation: sourceLocation)
  }

  @Test(arguments: 0..<60) func convolutions(seed: UInt64) throws {
    var network = Network(seed: seed)
    let rank = network.random.pick([1, 2, 2, 3]), group = network.random.pick([1, 1, 1, 2, 5])
    let channels = group * network.random.int(1...20), filters = group * network.random.int(1...40)
    func numbers(_ range: ClosedRange<Int>) -> [Int] { (0..<rank).map { _ in network.random.int(range) } }
    let kernel = numbers(1...4), strides = numbers(1...2), dilations = numbers(1...2)
    let pads = numbers(0...2) + numbers(0...2)
    let sizes = (0..<rank).map { axis -> Int in
      let least = (kernel[axis] - 1) * dilations[axis] + 1 - pads[axis] - pads[axis + rank]
      return network.random.int(max(1, least)...max(rank == 3 ? 5 : 8, least))
    }
    let types = (network.random.pick([ElementType.uint8, .int8]), network.random.pick([ElementType.uint8, .int8]))
    let x = try network.operand([network.random.int(1...2), channels] + sizes, types.0, .run, "x")
    let w = try network.operand(
      [filters, channels / group] + kernel, types.1, network.random.pick([.constant, .constant, .run]), "w")
    let a = try network.zeroPoints([nil, [], [1]], types.0, "a")
    let b = try network.zeroPoints([nil, [], [1], [filters]], types.1, "b")
    let y = try network.builder.node(
      "ConvInteger", [x, w, a, b],
      [
        "group": .int(Int64(group)), "strides": .ints(strides.map { Int64($0) }),
        "dilations": .ints(dilations.map { Int64($0) }), "pads": .ints(pads.map { Int64($0) }),
      ])
    // Followed by a node that reads integers in channels-last layout.
    let negated = seed % 2 == 0 ? y : try network.builder.node("Neg", [y])
    try check(network, negated, "\(sizes), \(channels) to \(filters) in \(group), \(kernel), \(pads)")
  }

  @Test(arguments: 0..<60) func matrixProducts(seed: UInt64) throws {
    var network = Network(seed: seed)
    let rows = network.random.pick([1, 1, 2, 7, 30]), inner = network.random.int(1...70)
    let columns = network.random.pick([1, 2, 15, 16, 17, 70])
    let (left, right) = network.random.pick([
      ([rows, inner], [inner, columns]), ([2, rows, inner], [inner, columns]), ([rows, inner], [3, inner, columns]),
      ([2, 1, rows, inner], [3, inner, columns]), ([2, 3, rows, inner], [2, 3, inner, columns]),
      ([inner], [inner, columns]), ([2, rows, inner], [inner]), ([inner], [inner]),
    ])
    let types = (network.random.pick([ElementType.uint8, .int8]), network.random.pick([ElementType.uint8, .int8]))
    let x = try network.operand(left, types.0, .run, "x")
    let w = try network.operand(right, types.1, network.random.pick(Origin.allCases), "w")
    let rowPoints = left.count > 1 ? [[left[left.count - 2]], Array(left.dropLast()) + [1]] : []
    let columnPoints = right.count > 1 ? [[right.last!], Array(right.dropLast(2)) + [1, right.last!]] : []
    let a = try network.zeroPoints([nil, [], [1]] + rowPoints, types.0, "a")
    let b = try network.zeroPoints([nil, [], [1]] + columnPoints, types.1, "b")
    let y = try network.builder.node("MatMulInteger", [x, w, a, b])
    try check(network, y, "\(left), \(right)")
  }

  /// The scales and zero points of a quantized product, where the weights' zero point is not in the middle of the range.
  private func quantization(
    _ network: inout Network, _ types: [ElementType], columns: Int, inner: Int
  ) throws -> (x: [ValueID?], w: [ValueID?], y: [ValueID?]) {
    func point(_ number: Float, _ type: ElementType) throws -> ValueID {
      network.builder.constant(try Tensor(scalar: number).cast(to: type))
    }
    let scales = network.random.oneIn(2) ? [] : [columns], points = network.random.oneIn(2) ? [] : [columns]
    let weightPoints = try network.random.tensor(points, in: types[1] == .uint8 ? 90...110 : 3...20).cast(to: types[1])
    let step = Float(20 * Double(inner).squareRoot())
    return (
      [network.builder.constant(try Tensor(scalar: Float(0.02))), try point(17, types[0])],
      [
        network.builder.constant(try network.random.tensor(scales, in: 0.01...0.03)),
        network.builder.constant(weightPoints),
      ],
      [network.builder.constant(try Tensor(scalar: step * 4e-4)), try point(40, types[2])]
    )
  }

  @Test(arguments: 0..<40) func quantizedMatrixProducts(seed: UInt64) throws {
    var network = Network(seed: seed)
    let rows = network.random.pick([1, 2, 30]), inner = network.random.int(1...70)
    let columns = network.random.pick([1, 2, 15, 17, 70])
    let (left, right) = network.random.pick([
      ([rows, inner], [inner, columns]), ([2, rows, inner], [inner, columns]),
      ([2, 3, rows, inner], [2, 3, inner, columns]), ([inner], [inner, columns]), ([2, rows, inner], [inner]),
    ])
    let types = (0..<3).map { _ in network.random.pick([ElementType.uint8, .int8]) }
    let x = try network.operand(left, types[0], .run, "x")
    let w = try network.operand(right, types[1], network.random.pick(Origin.allCases), "w")
    let (forX, forW, forY) = try quantization(
      &network, types, columns: right.count == 1 ? 1 : columns, inner: inner)
    let y = try network.builder.node("QLinearMatMul", [x] + forX + [w] + forW + forY)
    try check(network, y, "\(left), \(right), \(types)")
  }

  @Test(arguments: 0..<40) func quantizedConvolutions(seed: UInt64) throws {
    var network = Network(seed: seed)
    let rank = network.random.pick([1, 2, 3]), group = network.random.pick([1, 1, 3])
    let channels = group * network.random.int(1...20), filters = group * network.random.int(1...20)
    let sizes = (0..<rank).map { _ in network.random.int(3...8) },
      kernel = (0..<rank).map { _ in network.random.int(1...3) }
    let types = (0..<3).map { _ in network.random.pick([ElementType.uint8, .int8]) }
    let x = try network.operand([2, channels] + sizes, types[0], .run, "x")
    let w = try network.operand([filters, channels / group] + kernel, types[1], .constant, "w")
    let (forX, forW, forY) = try quantization(
      &network, types, columns: filters, inner: channels / group * kernel.reduce(1, *))
    let bias: ValueID? =
      network.random.oneIn(2)
      ? network.builder.constant(try network.random.tensor([filters], in: -5000...5000).cast(to: .int32)) : nil
    let y = try network.builder.node(
      "QLinearConv", [x] + forX + [w] + forW + forY + [bias],
      ["group": .int(Int64(group)), "pads": .ints(Array(repeating: 1, count: 2 * rank))])
    try check(network, y, "\(channels) to \(filters) in \(group), \(sizes), \(kernel), \(types)")
  }

  /// Maxima of quantized volumes, over slices and then over the depth.
  @Test(arguments: 0..<20) func maximaOfVolumes(seed: UInt64) throws {
    var network = Network(seed: seed)
    func numbers(_ range: ClosedRange<Int>) -> [Int] { (0..<3).map { _ in network.random.int(range) } }
    let kernel = numbers(1...3), strides = numbers(1...2), sizes = numbers(3...6)
    let pads = (kernel + kernel).map { network.random.int(0...($0 - 1)) }
    let x = try network.operand(
      [network.random.int(1...2), network.random.int(1...20)] + sizes, network.random.pick([.uint8, .int8]), .run, "x")
    let y = try network.builder.node(
      "MaxPool", [x],
      [
        "kernel_shape": .ints(kernel.map(Int64.init)), "strides": .ints(strides.map(Int64.init)),
        "pads": .ints(pads.map(Int64.init)),
      ])
    try check(network, y, "\(sizes), \(kernel), \(strides), \(pads)")
  }

  /// An integer bias between a convolution and its Cast, as older versions of ONNX Runtime's `quantize` write it.
  @Test func sumsWithABias() throws {
    var network = Network(seed: 3)
    let x = try network.operand([1, 6, 5, 4], .uint8, .run, "x"), a = try network.operand([], .uint8, .run, "a")
    let w = try network.operand([9, 6, 3, 3], .uint8, .constant, "w")
    let b = try network.operand([], .uint8, .constant, "b")
    let bias = network.builder.input([1, 9, 1, 1], "bias", of: .int32)
    network.tensors[bias] = try network.random.tensor([1, 9, 1, 1], in: -10_000...10_000).cast(to: .int32)
    let sums = try network.builder.node("ConvInteger", [x, w, a, b], ["pads": .ints([1, 1, 1, 1])])
    let y = try network.builder.node("Cast", [network.builder.node("Add", [sums, bias])], ["to": .int(1)])
    try check(network, y, "with a bias")
  }

  /// Several equal zero points.
  @Test func equalZeroPoints() throws {
    for point in [0, 7, 128] as [UInt8] {
      var network = Network(seed: 5)
      let x = try network.operand([3, 10], .uint8, .run, "x"), w = try network.operand([10, 4], .uint8, .constant, "w")
      let a = network.builder.constant(try Tensor(shape: [3], Array(repeating: point, count: 3)))
      let b = network.builder.constant(try Tensor(shape: [4], Array(repeating: point, count: 4)))
      let y = try network.builder.node("MatMulInteger", [x, w, a, b])
      try check(network, y, "\(point)")
    }
  }

  /// The left operand of a product cannot have a zero point per column.
  @Test func othersAreLeft() throws {
    var network = Network(seed: 4)
    let x = try network.operand([4, 4], .uint8, .run, "x"), w = try network.operand([4, 4], .uint8, .constant, "w")
    let a = try network.operand([1, 4], .uint8, .constant, "a")
    let graph = try network.builder.finished(try network.builder.node("MatMulInteger", [x, w, a]))
    let expected = try ReferenceEvaluator(graph).run(network.tensors)[0]
    let session = try Session(graph.model)
    #expect(try session.runHere(["x": network.tensors[x]!]).values.first == expected)
  }
}
