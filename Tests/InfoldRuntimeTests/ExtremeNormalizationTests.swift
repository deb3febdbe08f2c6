import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Normalizations of extreme numbers, in every configuration of a session.
@Suite struct ExtremeNormalizationTests {
  private static let ways: [SessionOptions] = [
    SessionOptions(), SessionOptions(optimize: false), SessionOptions(foldBatchNormalization: false),
    SessionOptions(precision: .exact), SessionOptions(threads: 1),
  ]

  private func model(_ graph: Graph) -> Model {
    Model(graph: graph, opsetImports: [Model.OpsetImport(version: 17)])
  }

  /// Expects the double-precision results in every configuration, up to `tolerance` times the larger of 1 and the number.
  private func expect(
    _ graph: Graph, _ x: Tensor, tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let truth = try ReferenceEvaluator(graph, precision: .double).run([graph.inputs[0]: x])[0].numbers()
    for (index, options) in Self.ways.enumerated() {
      let session = try Session(model(graph), options: options)
      let result = try #require(try session.run(["x": x]).first).value.numbers()
      #expect(result.count == truth.count, sourceLocation: sourceLocation)
      let worst = zip(result, truth).first { a, b in
        !(a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance * max(1, abs(b)))
      }
      #expect(worst == nil, "way \(index)", sourceLocation: sourceLocation)
    }
  }

  private func half(_ shape: [Int], _ numbers: [Double]) throws -> Tensor {
    try Tensor(shape: shape, numbers).converted(to: .float16)
  }

  /// float16: a weight times the scale is out of range, though no value of the model is.
  @Test func aScaleThatHalfPrecisionCannotHold() throws {
    var network = NetworkBuilder(opset: 17)
    let x = network.input([1, 3, 2, 2], of: .float16)
    let weight = network.constant(try half([2, 3, 1, 1], [500, 500, 500, 0.3, 0.05, 0.2]))
    let y = try network.node("Conv", [x, weight])
    let parameters = try [[60, 1], [0, 1], [0, 0], [0, 1]].map { network.constant(try half([2], $0)) }
    let z = try network.node("BatchNormalization", [y] + parameters, ["epsilon": .float(1e-7)])
    let numbers = (0..<12).map { Double($0 % 5 - 2) * 0x1p-16 }
    try expect(try network.finished(z), try half([1, 3, 2, 2], numbers), tolerance: 2e-3)
  }

  /// float16: channels without variance after a Relu, and a mean that is large compared with the deviation.
  @Test func shiftsThatHalfPrecisionCannotHold() throws {
    var random = SplitMix64(seed: 3)
    var network = NetworkBuilder(opset: 17)
    let x = network.input([1, 4, 3, 3], of: .float16)
    let dead = try [[1, 1, 1, 1], [-1.6, 0.75, -1.75, 0.65], [300, 300, 300, 300], [0, 0, 0, 0]].map {
      network.constant(try half([4], $0))
    }
    let y = try network.node("BatchNormalization", [try network.node("Relu", [x])] + dead)
    let constant = try Tensor(repeating: Float16(300), shape: [1, 4, 3, 3])
    try expect(try network.finished(y), constant, tolerance: 2e-3)

    var other = NetworkBuilder(opset: 17)
    let z = other.input([1, 2, 5, 5], of: .float16)
    let weight = other.constant(try half([2, 2, 1, 1], [1, 0, 0, 1]))
    let parameters = try [[1, 1], [-0.47, 0.93], [10, 10], [1e-4, 1e-4]].map { other.constant(try half([2], $0)) }
    let w = try other.node("BatchNormalization", [try other.node("Conv", [z, weight])] + parameters)
    let near = try half([1, 2, 5, 5], random.tensor([50], in: 9.98...10.02).numbers())
    try expect(try other.finished(w), near, tolerance: 2e-3)
  }

  /// float32: the deviation is one ulp of 10⁵.
  @Test func largeMeans() throws {
    var random = SplitMix64(seed: 4)
    var network = NetworkBuilder(opset: 17)
    let x = network.input([2, 3, 4, 5])
    let parameters = try [[1, 2, -1], [0.5, 0, 1], [1e5, -1e5, 3], [1e-4, 1e-4, 1]].map {
      network.constant(try Tensor(shape: [3], $0 as [Float]))
    }
    let y = try network.node("Relu", [try network.node("BatchNormalization", [x] + parameters)])
    let numbers: [Float] = try random.tensor([120], in: -0.1...0.1).elements()
    let moved = numbers.enumerated().map { $1 + ([1e5, -1e5, 3] as [Float])[$0 / 20 % 3] }
    try expect(try network.finished(y), try Tensor(shape: [2, 3, 4, 5], moved), tolerance: 1e-6)
  }

  /// σ² + ε is zero: the infinities and NaN of the definition, in the affected channels and nowhere else.
  @Test func noVariance() throws {
    var random = SplitMix64(seed: 5)
    var network = NetworkBuilder(opset: 17)
    let x = network.input([1, 2, 4, 4])
    let y = try network.node("Conv", [x, try network.weights([6, 2, 3, 3])])
    let parameters = try [
      [-1, 0, 1, -2, 0.5, 1], [-0.3, 0.9, 0.4, 0.5, -0.8, -0.3], [0.3, 0.5, 0.6, -1.8, 2.2, 0.8],
      [1, 0, 0, 1e-12, 1e-30, 4],
    ].map { network.constant(try Tensor(shape: [6], $0 as [Float])) }
    let z = try network.node("BatchNormalization", [y] + parameters, ["epsilon": .float(0)])
    let graph = try network.finished(z)
    let input = try random.tensor([1, 2, 4, 4])
    let truth = try ReferenceEvaluator(graph, precision: .double).run([x: input])[0].numbers()
    #expect(truth.map(\.isFinite) == (0..<24).map { $0 / 4 != 1 && $0 / 4 != 2 })
    // For channels without variance, only infinite results are compared; others are ill-conditioned.
    for options in Self.ways {
      let result = try #require(try Session(model(graph), options: options).run(["x": input]).first).value.numbers()
      for (a, b) in zip(result, truth) {
        #expect(a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-5 * abs(b) + 1e-5)
      }
    }
  }

  @Test(arguments: [(1000, 0.01), (-1e6, 1), (0, 1e30), (3e38, 1e37), (0, 1e-15)] as [(Float, Float)])
  func moments(center: Float, spread: Float) throws {
    var random = SplitMix64(seed: 6)
    let numbers: [Float] = try random.tensor([2 * 4 * 20 * 20], in: -1...1).elements()
    let moved = numbers.map { $0 * spread + center }
    let epsilon: AttributeList = ["epsilon": .float(spread < 1e-3 ? 0 : 1e-5)]
    for shape in [[2, 4, 20, 20], [1, 1, 3200], [1, 160, 20]] {
      let x = try Tensor(shape: shape, moved)
      for isInstance in [true, false] {
        var network = NetworkBuilder(opset: 17)
        let input = network.input(Shape(shape))
        let count = isInstance ? shape[1] : shape.last!
        let parameters = [try network.weights([count]), try network.weights([count])]
        let y = try network.node(
          isInstance ? "InstanceNormalization" : "LayerNormalization", [input] + parameters, epsilon)
        try expect(try network.finished(y), x, tolerance: 2e-6)
        // Channels-last, as a pool leaves it.
        guard isInstance else { continue }
        let ones = Array(repeating: Int64(1), count: shape.count - 2)
        let last = try network.node("MaxPool", [input], ["kernel_shape": .ints(ones)])
        let z = try network.node("InstanceNormalization", [last] + parameters, epsilon)
        try expect(try network.finished(z), x, tolerance: 2e-6)
      }
    }
  }

  /// A layer normalization that is written as arithmetic is no less accurate.
  @Test func arithmetic() throws {
    var random = SplitMix64(seed: 7)
    var network = NetworkBuilder(opset: 17)
    let x = network.input([6, 40])
    let axes: AttributeList = ["axes": .ints([-1])]
    let d = try network.node("Sub", [x, try network.node("ReduceMean", [x], axes)])
    let square = try network.node("Mul", [d, d])
    let sum = try network.node(
      "Add", [try network.node("ReduceMean", [square], axes), network.constant(try Tensor(scalar: Float(1e-12)))])
    let graph = try network.finished(try network.node("Div", [d, try network.node("Sqrt", [sum])]))
    let numbers: [Float] = try random.tensor([240], in: -1...1).elements()
    for (center, spread) in [(0, 1), (1000, 0.01), (0, 1e15), (0, 1e-8)] as [(Float, Float)] {
      let x = try Tensor(shape: [6, 40], numbers.map { $0 * spread + center })
      let truth = try ReferenceEvaluator(graph, precision: .double).run([graph.inputs[0]: x])[0].numbers()
      let result = try #require(try Session(model(graph)).run(["x": x]).first).value.numbers()
      for (a, b) in zip(result, truth) { #expect(abs(a - b) <= 2e-6 * max(1, abs(b)), "\(center) ± \(spread)") }
    }
  }
}
