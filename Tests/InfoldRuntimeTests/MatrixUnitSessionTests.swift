import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Sessions whose products a matrix unit computes. Its instructions are plain functions.
@Suite struct MatrixUnitSessionTests {
  private static let precisions: [SessionOptions.Precision] = [.fast, .bfloat16]

  /// The bound on the errors of products, as a part of the sum of their magnitudes, with room for activations.
  private static func bound(_ precision: SessionOptions.Precision) -> Double {
    precision == .fast ? 5e-5 : 1.3e-2
  }

  private static func options(
    _ precision: SessionOptions.Precision, threads: Int = 2, _ unit: SessionOptions.EmulatedUnit? = .everywhere
  ) -> SessionOptions {
    var options = SessionOptions(threads: threads, precision: precision)
    options.emulatedUnit = unit
    return options
  }

  @Test(arguments: 0..<8) func convolutions(block: UInt64) throws {
    for seed in (block * 20)..<(block * 20 + 20) {
      let convolution = RandomConvolution(seed: seed + 20_000, largest: 12)
      let graph = try convolution.graph(), inputs = try graph.randomInputs(seed: seed)
      let magnitudes = try convolution.magnitudes().truth(
        inputs.mapValues { try $0.mapped { (x: Float) in x.magnitude } })
      let largest = try magnitudes.outputs[0].numbers().max() ?? 0
      for precision in Self.precisions {
        try expectAgreement(
          graph, inputs,
          Expectation(
            tolerance: Self.bound(precision), scale: largest + 1, precisions: [precision], emulatedUnit: .everywhere),
          "\(convolution)")
      }
    }
  }

  @Test(arguments: [(1, 5, 3), (33, 40, 70), (2, 64, 32), (50, 7, 129)], [false, true])
  func products(sizes: (rows: Int, inner: Int, columns: Int), isTransposed: Bool) throws {
    let (rows, inner, columns) = sizes
    var network = NetworkBuilder(opset: 13)
    let x = network.input([.fixed(rows), .fixed(inner)])
    let matrix = try network.weights(isTransposed ? [columns, inner] : [inner, columns])
    let y =
      isTransposed
      ? try network.node("Gemm", [x, matrix, network.weights([columns])], ["transB": .int(1)])
      : try network.node("MatMul", [x, matrix])
    let graph = try network.finished(
      try network.node("Relu", [network.node("Add", [y, network.weights([rows, columns])])]))
    for precision in Self.precisions {
      try expectAgreement(
        graph, nil,
        Expectation(
          tolerance: Self.bound(precision), scale: Double(inner), precisions: [precision], emulatedUnit: .everywhere))
      let session = try Session(graph.model, options: Self.options(precision))
      #expect(try session.algorithms().contains { $0.hasPrefix("product") && $0.hasSuffix("bfloat16") })
    }
  }

  /// A network with products of every kind that a unit computes.
  private static func network() throws -> Graph {
    var network = NetworkBuilder(opset: 17, seed: 8)
    func convolve(
      _ x: ValueID, _ channels: Int, _ outputs: Int, _ kernel: Int, stride: Int = 1, group: Int = 1
    ) throws -> ValueID {
      let weights = try network.weights([outputs, channels / group, kernel, kernel], in: -0.2...0.2)
      let pad = Int64(kernel / 2), step = Int64(stride)
      return try network.node(
        "Conv", [x, weights, try network.weights([outputs])],
        ["pads": .ints([pad, pad, pad, pad]), "strides": .ints([step, step]), "group": .int(Int64(group))])
    }
    let x = network.input(["N", 3, 40, 24])
    let first = try network.node("Relu", [try convolve(x, 3, 32, 3, stride: 2)])
    let expanded = try network.node("Clip", [try convolve(first, 32, 96, 1)])
    let depthwise = try network.node("HardSwish", [try convolve(expanded, 96, 96, 3, group: 96)])
    let projected = try network.node("Add", [try convolve(depthwise, 96, 32, 1), first])
    let window = try network.node("Tanh", [try convolve(projected, 32, 64, 3, stride: 2)])
    let grouped = try network.node("Relu", [try convolve(window, 64, 64, 3, group: 2)])
    let wide = try network.node(
      "Add",
      [
        try network.node("Sigmoid", [try convolve(grouped, 64, 160, 1)]),
        try convolve(grouped, 64, 160, 1),
      ])
    let flat = try network.node("Flatten", [try network.node("GlobalAveragePool", [wide])])
    let scores = try network.node("MatMul", [flat, try network.weights([160, 130], in: -0.1...0.1)])
    return try network.finished(scores, projected, wide)
  }

  /// The same bits by any number of threads, in bands or not, and as part of a batch.
  @Test(arguments: precisions, [SessionOptions.EmulatedUnit.everywhere, .whereExpected])
  func threads(precision: SessionOptions.Precision, unit: SessionOptions.EmulatedUnit) throws {
    let model = try Self.network().model
    var random = SplitMix64(seed: 3)
    for batch in [1, 2] {
      let input = try random.tensor([batch, 3, 40, 24])
      var expected: [Tensor]?
      for (threads, cache) in [(1, nil), (2, 1 << 14), (3, nil), (7, 1 << 16)] as [(Int, Int?)] {
        let session = try Session(
          model, options: Self.options(precision, threads: threads, unit), kernelsNamed: nil, secondLevelCache: cache)
        var results: [Tensor] = []
        try session.run([input], into: &results)
        #expect(results == expected ?? results, "\(threads) threads, batch \(batch)")
        expected = results
      }
    }
  }

  /// An image has the same bits alone and in a batch, also if the unit would pay off only for many images.
  @Test(arguments: precisions, [SessionOptions.EmulatedInstructions.amx, .avx512BFloat16])
  func batches(precision: SessionOptions.Precision, instructions: SessionOptions.EmulatedInstructions) throws {
    var network = NetworkBuilder(opset: 17)
    let x = network.input(["N", 64, 4, 4], "x"), w = network.input([128, 128], "w")
    let images = try network.node("Conv", [x, network.weights([128, 64, 1, 1], in: -0.2...0.2)])
    let flat = try network.node("Flatten", [network.node("GlobalAveragePool", [images])])
    let scores = try network.node("Gemm", [flat, network.weights([128, 160]), network.weights([160])])
    let columns = try network.node("Reshape", [images, network.constant(try .list(0, 128, 16))])
    let rows = try network.node("Transpose", [columns], ["perm": .ints([0, 2, 1])])
    let graph = try network.finished(
      scores, try network.node("MatMul", [rows, network.weights([128, 192])]),
      try network.node("MatMul", [rows, columns]), try network.node("MatMul", [rows, w]),
      try network.node("MatMul", [flat, w]),
      try network.node("Einsum", [rows, w], ["equation": .string(Array("nik,kj->nij".utf8))]))
    var options = Self.options(precision, .whereExpected)
    options.emulatedInstructions = instructions
    let session = try Session(graph.model, options: options)
    let batch = 140
    let pictures = try network.random.tensor([batch, 64, 4, 4]), right = try network.random.tensor([128, 128])
    let numbers: [Float] = try pictures.elements()
    let all = try session.run(["x": pictures, "w": right])
    for image in [0, 77, batch - 1] {
      let one = try Tensor(shape: [1, 64, 4, 4], Array(numbers[image * 1024..<(image + 1) * 1024]))
      for (name, result) in try session.run(["x": one, "w": right]) {
        let alone: [Float] = try result.elements(), whole: [Float] = try #require(all[name]).elements()
        #expect(alone == Array(whole[image * alone.count..<(image + 1) * alone.count]), "\(name), image \(image)")
      }
    }
  }

  @Test func networkIsCloseToTheTruth() throws {
    let graph = try Self.network()
    var random = SplitMix64(seed: 4)
    let inputs = ["x": try random.tensor([1, 3, 40, 24])]
    let named = try #require(graph.inputs.first.map { graph[$0].name })
    for (precision, tolerance) in [(SessionOptions.Precision.exact, 1e-5), (.fast, 2e-5), (.bfloat16, 2e-2)] {
      try expectAgreement(
        graph, [named: inputs["x"]!],
        Expectation(tolerance: tolerance, precisions: [precision], referenceSteps: nil, emulatedUnit: .everywhere))
    }
  }

  /// Plans say what a unit computes, and precisions that need float32 products do not use it.
  @Test func plans() throws {
    var network = NetworkBuilder(opset: 13)
    let x = network.input([1, 128, 8, 8])
    let graph = try network.finished(
      try network.node(
        "Conv", [x, network.weights([160, 128, 1, 1])]),
      try network.node("Conv", [x, network.weights([40, 64, 3, 3])], ["group": .int(2), "strides": .ints([2, 2])]),
      try network.node("Conv", [x, network.weights([64, 128, 3, 3])], ["pads": .ints([1, 1, 1, 1])]))
    func algorithms(_ options: SessionOptions) throws -> [String] {
      try Session(graph.model, options: options).algorithms()
    }
    let rounded = try algorithms(Self.options(.bfloat16, .whereExpected))
    #expect(rounded.contains("1×1, bfloat16") && rounded.contains("direct, bfloat16"), "\(rounded)")
    let split = try algorithms(Self.options(.fast, .whereExpected))
    #expect(split.contains("1×1, split bfloat16") && split.contains { $0.hasPrefix("Winograd") }, "\(split)")
    let everywhere = try algorithms(Self.options(.fast))
    #expect(everywhere.contains("grouped, split bfloat16") && everywhere.contains("direct, split bfloat16"))
    #expect(try algorithms(Self.options(.exact)).allSatisfy { !$0.contains("bfloat16") })
  }

  /// Vector instructions for bfloat16 numbers give the same bits by any number of threads, close to the truth.
  @Test(arguments: precisions) func vectorInstructions(precision: SessionOptions.Precision) throws {
    let model = try Self.network().model
    var random = SplitMix64(seed: 5)
    let input = try random.tensor([2, 3, 40, 24])
    func results(_ options: SessionOptions) throws -> [Tensor] {
      var results: [Tensor] = []
      try Session(model, options: options).run([input], into: &results)
      return results
    }
    let exact = try results(SessionOptions(precision: .exact)), tiles = try results(Self.options(precision))
    var expected: [Tensor]?
    for threads in [1, 2, 5] {
      var options = Self.options(precision, threads: threads)
      options.emulatedInstructions = .avx512BFloat16
      let vectors = try results(options)
      #expect(vectors == expected ?? vectors, "\(threads) threads")
      expected = vectors
    }
    #expect(expected != tiles)
    for (vectors, exact) in zip(try #require(expected), exact) {
      let pairs = zip(try vectors.elements(as: Float.self), try exact.elements(as: Float.self))
      let scale = try exact.elements(as: Float.self).reduce(0) { max($0, $1.magnitude) }
      let error = pairs.reduce(0) { max($0, ($1.0 - $1.1).magnitude) } / scale
      #expect(error <= (precision == .fast ? 2e-5 : 2e-2) && error > 0, "\(error)")
    }
  }

  /// Vector instructions compute layers with rounded factors, but not those that Winograd's algorithm suits.
  @Test func plansWithVectorInstructions() throws {
    var network = NetworkBuilder(opset: 13)
    let x = network.input([1, 128, 8, 8])
    let graph = try network.finished(
      try network.node("Conv", [x, network.weights([160, 128, 1, 1])]),
      try network.node("Conv", [x, network.weights([64, 128, 3, 3])], ["pads": .ints([1, 1, 1, 1])]),
      try network.node("Conv", [x, network.weights([64, 128, 3, 3])], ["strides": .ints([2, 2])]))
    func algorithms(_ precision: SessionOptions.Precision) throws -> [String] {
      var options = Self.options(precision, .whereExpected)
      options.emulatedInstructions = .avx512BFloat16
      return try Session(graph.model, options: options).algorithms()
    }
    let rounded = try algorithms(.bfloat16)
    #expect(rounded.contains("1×1, bfloat16") && rounded.contains("direct, bfloat16"), "\(rounded)")
    #expect(rounded.contains { $0.hasPrefix("Winograd") })
    #expect(try algorithms(.fast).allSatisfy { !$0.contains("bfloat16") })
  }

  /// Without a unit, products have the precision of `fast`.
  @Test func withoutAUnit() throws {
    let model = try Self.network().model
    var random = SplitMix64(seed: 3)
    let input = try random.tensor([1, 3, 40, 24])
    for kernels in KernelChoice.names where !["amx", "avx512bf16"].contains(kernels) {
      let results = try Self.precisions.map { precision in
        let session = try Session(
          model, options: SessionOptions(threads: 2, precision: precision), kernelsNamed: kernels)
        var results: [Tensor] = []
        try session.run([input], into: &results)
        return results
      }
      #expect(results[0] == results[1])
    }
  }

  /// Numbers that are not finite, or very large, have the effect that they have with float32 products.
  @Test(arguments: [(1, 1), (3, 1), (3, 2)]) func specialNumbers(kernel: Int, stride: Int) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 40, 9, 9])
    let weights = try network.weights([37, 40, kernel, kernel], in: 0.5...1)
    let graph = try network.finished(
      try network.node(
        "Relu",
        [try network.node("Conv", [x, weights], ["strides": .ints([Int64(stride), Int64(stride)])])]))
    for number in [Float.nan, .infinity, -.infinity, 0x1p70] {
      var input = try network.random.tensor([1, 40, 9, 9])
      try input.withMutableSpan(as: Float.self) { $0[40] = number }
      let finite = number == 0x1p70
      try expectAgreement(
        graph, ["x": input],
        Expectation(
          tolerance: 1e-5, scale: finite ? 0x1p70 : 200, precisions: [.fast], emulatedUnit: .everywhere))
      if !finite {
        try expectAgreement(
          graph, ["x": input],
          Expectation(tolerance: 1e-2, scale: 800, precisions: [.bfloat16], emulatedUnit: .everywhere))
      }
      // Positions that do not read the large number are as exact as ever.
      let session = try Session(graph.model, options: Self.options(.fast))
      let exact = try Session(graph.model, options: SessionOptions(precision: .exact))
      let results = try session.runHere(["x": input]).first!.value.elements(as: Float.self)
      let expected = try exact.runHere(["x": input]).first!.value.elements(as: Float.self)
      for (a, b) in zip(results, expected) where b.magnitude < 1e6 { #expect((a - b).magnitude < 1e-2) }
    }
  }

  /// Weights that cannot be split are multiplied in float32.
  @Test(arguments: [Float.infinity, 0x1p62]) func specialWeights(number: Float) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 40, 5, 5])
    var weights = try network.random.tensor([37, 40, 1, 1])
    try weights.withMutableSpan(as: Float.self) { $0[7] = number }
    let graph = try network.finished(try network.node("Conv", [x, network.constant(weights)]))
    let session = try Session(graph.model, options: Self.options(.fast))
    #expect(try session.algorithms().allSatisfy { !$0.contains("bfloat16") })
    let rounded = try Session(graph.model, options: Self.options(.bfloat16))
    #expect(try rounded.algorithms().contains("1×1, bfloat16"))
    try expectAgreement(
      graph, nil,
      Expectation(tolerance: 1e-5, scale: number.isFinite ? 0x1p62 : 40, precisions: [.fast], emulatedUnit: .everywhere)
    )
  }

  /// A unit treats subnormal numbers as zero, so it is not used if they are kept.
  @Test func subnormalNumbersAreKept() throws {
    var network = NetworkBuilder(opset: 13)
    let x = network.input([1, 64])
    let graph = try network.finished(
      try network.node("MatMul", [x, network.constant(try Tensor(repeating: Float(0.5), shape: [64, 40]))]))
    let input = try Tensor(repeating: Float(0x1p-130), shape: [1, 64])
    for precision in Self.precisions {
      var options = Self.options(precision)
      let flushed = try Session(graph.model, options: options).runHere(["x": input]).first!.value
      #expect(try flushed.elements(as: Float.self).allSatisfy { $0 == 0 })
      options.subnormals = .kept
      let session = try Session(graph.model, options: options)
      #expect(try session.algorithms() == ["product"])
      let kept = try session.runHere(["x": input]).first!.value.elements(as: Float.self)
      #expect(kept.allSatisfy { $0 == 0x1p-125 })
    }
  }

  /// Sessions of one model share packed weights only if they multiply the same numbers.
  @Test func sharedWeights() throws {
    let model = try Self.network().model
    var random = SplitMix64(seed: 3)
    let input = try random.tensor([1, 3, 40, 24])
    func run(_ session: Session) throws -> [Tensor] {
      var results: [Tensor] = []
      try session.run([input], into: &results)
      return results
    }
    let fast = try Session(model, options: Self.options(.fast)),
      rounded = try Session(model, options: Self.options(.bfloat16))
    let vectors = try Session(model, options: SessionOptions(threads: 2)),
      again = try Session(model, options: Self.options(.fast))
    let results = try [fast, rounded, vectors, again].map(run)
    #expect(results[0] == results[3])
    #expect(results[0] != results[1] && results[0] != results[2] && results[1] != results[2])
  }

  @Test func options() {
    #expect(SessionOptions.Precision(rawValue: "bfloat16") == .bfloat16)
    #expect(SessionOptions.Precision.allCases.map(\.rawValue) == ["exact", "fast", "bfloat16"])
  }
}
