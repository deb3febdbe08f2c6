import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import RandomGraphs
import TestSupport
import Testing

/// Networks of float16 and bfloat16 run with the kernels for float32.
@Suite struct NarrowTypeTests {
  static let types: [ElementType] = [.float16, .bfloat16]

  /// The largest relative error of a number that is rounded once.
  private static func rounding(_ type: ElementType) -> Double { type == .float16 ? 0x1p-11 : 0x1p-8 }

  private func narrowed(_ graph: Graph, _ type: ElementType) throws -> Graph {
    var graph = graph
    try graph.narrow(to: type)
    return graph
  }

  private func results(
    _ graph: Graph, _ inputs: [String: Tensor], opset: Int = 13, _ options: SessionOptions = SessionOptions()
  ) throws -> [Tensor] {
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)])
    let results = try Session(model, options: options).run(inputs)
    return try graph.outputs.map { try #require(results[graph[$0].name]) }
  }

  /// Expects the double-precision results, rounded once with `fast` and after every node with `exact`, from kernels only.
  private func expect(
    _ graph: Graph, _ type: ElementType, _ inputs: [String: Tensor]? = nil, roundings: Double = 16,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (precision, tolerance) in [(.fast, 1.01), (.exact, roundings)] as [(SessionOptions.Precision, Double)] {
      try expectAgreement(
        graph, inputs,
        Expectation(tolerance: tolerance * Self.rounding(type) + 1e-5, precisions: [precision], referenceSteps: 0),
        "\(type)", sourceLocation: sourceLocation)
    }
  }

  // MARK: Networks

  /// Convolutions of all kinds with normalizations, activations and a residual, and a classifier.
  private static func network(_ batch: Dimension) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input([batch, 3, 20, 20])
    let pads: AttributeList = ["pads": .ints([1, 1, 1, 1])]
    let first = try network.node("Conv", [x, network.weights([16, 3, 3, 3], in: -0.3...0.3)], pads)
    let stem = try network.node("Relu", [network.normalization(first, channels: 16)])
    let depthwise = try network.node(
      "Conv", [stem, network.weights([16, 1, 3, 3], in: -0.5...0.5)], ["pads": .ints([1, 1, 1, 1]), "group": .int(16)])
    let swish = try network.node("Mul", [depthwise, network.node("Sigmoid", [depthwise])])
    let projected = try network.node("Conv", [swish, network.weights([16, 16, 1, 1], in: -0.3...0.3)])
    let sum = try network.node("Add", [projected, stem])
    let pooled = try network.node("MaxPool", [sum], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    let wide = try network.node("Conv", [pooled, network.weights([32, 16, 3, 3], in: -0.1...0.1)], pads)
    let features = try network.node(
      "Flatten", [network.node("GlobalAveragePool", [network.normalization(wide, channels: 32)])])
    let logits = try network.node("Gemm", [features, network.weights([32, 10]), network.weights([10])])
    return try network.finished(network.node("Softmax", [logits]), logits, wide)
  }

  @Test(arguments: types, [1, 2, 3]) func classifiers(type: ElementType, batch: Int) throws {
    try expect(narrowed(Self.network(.fixed(batch)), type), type)
  }

  /// Dynamic sizes. Every image gives the same bits as alone, with any number of threads.
  @Test(arguments: types) func batches(type: ElementType) throws {
    let graph = try narrowed(Self.network("N"), type)
    let images = try (0..<3).map { seed in
      var random = SplitMix64(seed: UInt64(seed))
      return try random.tensor([1, 3, 20, 20]).converted(to: type)
    }
    let all = try Tensor(concatenating: images)
    let alone = try images.map { try results(graph, ["x": $0], SessionOptions(threads: 1)) }
    for threads in 1...3 {
      let together = try results(graph, ["x": all], SessionOptions(threads: threads))
      for (index, result) in together.enumerated() {
        #expect(try result == Tensor(concatenating: alone.map { $0[index] }))
        #expect(result.elementType == type)
      }
    }
  }

  /// A random network gives the same as in float32 with the same weights and inputs, rounded once; without nodes that round to steps.
  @Test(arguments: 0..<20 as Range<UInt64>) func randomNetworks(block: UInt64) throws {
    for seed in (block * 12)..<(block * 12 + 12) {
      let type = Self.types[Int(seed % 2)]
      let random = try RandomGraph(seed: seed)
      let isSmooth = random.model.graph.nodes.allSatisfy {
        $0.opType != "QuantizeLinear" && $0.opType != "NonMaxSuppression"
      }
      guard isSmooth, random.model.graph.inputs.allSatisfy({ random.model.graph[$0].type?.elementType == .float32 })
      else { continue }
      let graph = try narrowed(random.model.graph, type)
      var twin = graph
      try twin.widen(from: type)
      var inputs: [String: Tensor] = [:], wide: [String: Tensor] = [:]
      for (name, tensor) in try graph.randomInputs(seed: seed) {
        inputs[name] = tensor
        wide[name] = try tensor.elementType == type ? tensor.converted(to: .float32) : tensor
      }
      let model = Model(graph: graph, opsetImports: random.model.opsetImports)
      let twinModel = Model(graph: twin, opsetImports: random.model.opsetImports)
      let given = try Session(model, options: SessionOptions(threads: 2)).run(inputs)
      let expected = try Session(twinModel, options: SessionOptions(threads: 2)).run(wide)
      for (name, result) in given {
        let other = try #require(expected[name])
        let rounded = try result.elementType == type ? other.converted(to: type) : other
        let largest = try rounded.numbers().reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
        let difference = try difference(
          result, rounded, tolerance: result.elementType.isFloatingPoint ? largest * 2.1 * Self.rounding(type) : 0)
        #expect(difference == nil, "seed \(seed), \(name): \(difference ?? "")")
      }
    }
  }

  // MARK: Rounding

  /// Rounding after every node gives the same bits as the reference, if both compute a number in the same way.
  @Test(arguments: types) func exactNetworks(type: ElementType) throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3, 5], of: type), y = network.input([3, 1], "y", of: type)
    let sum = try network.node("Add", [x, y])
    let product = try network.node("Mul", [sum, x])
    let turned = try network.node("Transpose", [product], ["perm": .ints([0, 2, 1])])
    let root = try network.node("Sqrt", [network.node("Abs", [turned])])
    let joined = try network.node("Concat", [root, turned], ["axis": .int(1)])
    let graph = try network.finished(
      network.node("Div", [joined, network.constant(try Tensor(scalar: Float(3)).converted(to: type))]), sum, turned)
    let inputs = try graph.randomInputs()
    let expected = try results(graph, inputs, SessionOptions(optimize: false))
    let given = try results(graph, inputs, SessionOptions(precision: .exact))
    #expect(given == expected)
    #expect(try results(graph, inputs, SessionOptions(precision: .fast)) != expected)
  }

  /// A result beyond float16 is infinite where the model rounds, and finite in between.
  @Test func overflow() throws {
    var network = NetworkBuilder()
    let x = network.input([3], of: .float16)
    let twice = try network.node("Add", [x, x])
    let half = network.constant(try Tensor(scalar: Float16(0.5)))
    let graph = try network.finished(network.node("Mul", [twice, half]), twice)
    let inputs = ["x": try Tensor(shape: [3], [60000, -40000, 3] as [Float16])]
    let fast = try results(graph, inputs)
    #expect(
      try fast.map { try $0.numbers() } == [
        [60000, -40000, 3].map { Double(Float16($0)) }, [.infinity, -.infinity, 6],
      ])
    let infinite = [[.infinity, -.infinity, 3], [.infinity, -.infinity, 6]] as [[Double]]
    for options in [SessionOptions(precision: .exact), SessionOptions(optimize: false)] {
      #expect(try results(graph, inputs, options).map { try $0.numbers() } == infinite)
    }
  }

  /// A Cast in the middle of a network rounds, whatever surrounds it.
  @Test(arguments: types, SessionOptions.Precision.allCases)
  func castsInTheMiddle(type: ElementType, precision: SessionOptions.Precision) throws {
    let to = AttributeList(dictionaryLiteral: ("to", .int(Int64(type.rawValue))))
    var network = NetworkBuilder()
    let x = network.input([1, 4, 6, 6])
    let a = try network.node("Conv", [x, network.weights([8, 4, 1, 1])])
    let rounded = try network.node("Cast", [a], to)
    let wide = try network.node("Cast", [rounded], ["to": .int(1)])
    let again = try network.node("Cast", [network.node("Neg", [rounded])], to)
    let graph = try network.finished(a, wide, network.node("Neg", [wide]), again)
    let inputs = try graph.randomInputs()
    let given = try results(graph, inputs, SessionOptions(precision: precision))
    let expected = try given[0].converted(to: type)
    #expect(try given[1] == expected.converted(to: .float32))
    #expect(try given[2] == expected.converted(to: .float32).mapped { (x: Float) in -x })
    #expect(try given[3] == expected.converted(to: .float32).mapped { (x: Float) in -x }.converted(to: type))
  }

  /// Subnormal float16 numbers, in weights, inputs and results, are handled like others.
  @Test func subnormalNumbers() throws {
    var network = NetworkBuilder()
    let x = network.input([3], of: .float16)
    let factor = network.constant(try Tensor(scalar: Float16.leastNonzeroMagnitude))
    let graph = try network.finished(network.node("Mul", [x, factor]), network.node("Add", [x, factor]))
    let inputs = ["x": try Tensor(shape: [3], [3, 0x1p-20, 0] as [Float16])]
    for precision in SessionOptions.Precision.allCases {
      let given = try results(graph, inputs, SessionOptions(precision: precision)).map { try $0.numbers() }
      #expect(given == [[3 * 0x1p-24, 0, 0], [3, 0x1p-20 + 0x1p-24, 0x1p-24]])
    }
  }

  // MARK: Nodes that keep their type

  /// The quotient is rounded to the type of the scale.
  @Test func quantization() throws {
    var network = NetworkBuilder()
    let x = network.input([200], of: .float16)
    let scale = network.constant(try Tensor(scalar: Float16(0.0078)))
    let q = try network.node("QuantizeLinear", [x, scale])
    let back = try network.node("DequantizeLinear", [q, scale])
    let graph = try network.finished(q, network.node("Neg", [back]))
    let inputs = try graph.randomInputs()
    let expected = try results(graph, inputs, SessionOptions(optimize: false))
    for precision in SessionOptions.Precision.allCases {
      #expect(try results(graph, inputs, SessionOptions(precision: precision)) == expected)
    }
  }

  /// A custom operator that does not support float32 gets the type that the model declares.
  @Test(arguments: SessionOptions.Precision.allCases) func operatorsOfAnApp(precision: SessionOptions.Precision) throws
  {
    let registry = OperatorRegistry.standard.adding(ByteCount.self)
    var builder = ModelBuilder(operators: registry)
    let x = try builder.input("x", shape: [2, 3], of: .float16)
    let y = try builder.node("ByteCount", [builder.node("Exp", [x])], domain: "com.example")
    try builder.output(builder.node("Neg", [y]), named: "y")
    let session = try Session(builder.model(), options: SessionOptions(precision: precision))
    let result = try session.run(Tensor(zeros: [2, 3], of: .float16))
    #expect(result.elementType == .float16)
    #expect(try result.numbers() == Array(repeating: -2, count: 6))
  }

  // MARK: Bodies

  /// Both branches of an If and a surrounding Loop, with captured weights.
  @Test(arguments: types, [true, false]) func bodies(type: ElementType, condition: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 6, 6], of: type), choice = network.input([], "choice", of: .bool)
    let weights = network.constant(try network.random.tensor([4, 4, 3, 3], in: -0.2...0.2).converted(to: type))
    let pads: AttributeList = ["pads": .ints([1, 1, 1, 1])]
    let a = try network.node("Conv", [x, weights], pads)
    let chosen = try network.choice(
      choice, then: .init(of: network.graph[a].name) { try $0.node("Relu", [$1]) },
      else: .init(of: network.graph[a].name) { try $0.node("Tanh", [$1]) })
    var body = NetworkBuilder()
    _ = body.input([], "trip", of: .int64)
    let goesOn = body.input([], "condition", of: .bool), image = body.input([1, 4, 6, 6], "image", of: type)
    let captured = body.capture(network.graph[weights].name)
    let next = try body.node("Tanh", [body.node("Conv", [image, captured], pads)])
    let pooled = try body.node("GlobalAveragePool", [next])
    let loop = try body.body(outputs: [goesOn, next, pooled], captures: [captured])
    let trips = network.constant(try Tensor(scalar: Int64(3)))
    let looped = try network.nodes(
      "Loop", [trips, nil, chosen], ["body": .graph(loop)], captures: [weights], outputs: 2)
    let graph = try network.finished(network.node("Neg", [looped[0]]), looped[1], chosen)
    var inputs = try graph.randomInputs()
    inputs["choice"] = try Tensor(scalar: condition)
    // Inputs and outputs of bodies are rounded.
    for precision in SessionOptions.Precision.allCases {
      try expectAgreement(
        graph, inputs,
        Expectation(tolerance: 12 * Self.rounding(type), precisions: [precision], referenceSteps: 0), "\(type)")
    }
  }

  /// A branch that is always taken, and a network within a function with sizes that are known only at run time.
  @Test(arguments: types) func knownBranches(type: ElementType) throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 8], of: type)
    let y = try network.node("Exp", [x])
    let name = network.graph[y].name
    let rows = try network.node(
      "Gather", [network.node("Shape", [y]), network.constant(try Tensor(scalar: Int64(0)))], ["axis": .int(0)])
    let isLarge = try network.node("Greater", [rows, network.constant(try Tensor(scalar: Int64(3)))])
    let chosen = try network.choice(
      isLarge, then: .init(of: name) { try $0.node("Neg", [$1]) }, else: .init(of: name) { try $0.node("Sqrt", [$1]) })
    let graph = try network.finished(network.node("Add", [chosen, y]))
    for rows in [1, 2, 5] {
      var random = SplitMix64(seed: 3)
      let inputs = ["x": try random.tensor([rows, 8]).converted(to: type)]
      try expectAgreement(graph, inputs, Expectation(tolerance: 4 * Self.rounding(type), referenceSteps: 0))
    }
  }
}

/// Replaces each element with the number of bytes of an element of the input.
private struct ByteCount: Operator {
  static let name = "ByteCount"
  static let domain = "com.example"
  static let versions = [1]
  static func arity(since version: Int) -> Arity { Arity(1) }

  init(_ attributes: inout AttributeReader) throws(InfoldError) {}

  func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [try inputs.type(0, of: .floatingPoint)]
  }

  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    return [try Tensor(repeating: Float(x.byteCount / x.count), shape: x.shape).converted(to: x.elementType)]
  }
}
