import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Sessions in which a matrix unit computes products of bytes. Its instructions are plain functions.
@Suite struct MatrixUnitByteSessionTests {
  private static func options(
    _ unit: SessionOptions.EmulatedUnit?, threads: Int = 2, precision: SessionOptions.Precision = .fast
  ) -> SessionOptions {
    var options = SessionOptions(threads: threads, precision: precision)
    options.emulatedUnit = unit
    return options
  }

  /// A quantized network with layers of every kind.
  private static func network(_ type: ElementType = .uint8) throws -> Graph {
    var network = NetworkBuilder(opset: 14, seed: 12)
    let shift = type == .int8 ? 128 : 0
    func rounded(_ x: ValueID, _ scale: Float, _ zeroPoint: Int) throws -> ValueID {
      try network.rounded(x, scale: scale, zeroPoint: zeroPoint - shift, of: type)
    }
    func convolve(
      _ x: ValueID, _ channels: Int, _ outputs: Int, _ size: Int, stride: Int = 1, group: Int = 1, scale: Float
    ) throws -> ValueID {
      let pad = Int64(size / 2), step = Int64(stride)
      return try rounded(
        network.node(
          "Conv", [x, network.quantizedWeights([outputs, channels / group, size, size])],
          ["pads": .ints([pad, pad, pad, pad]), "strides": .ints([step, step]), "group": .int(Int64(group))]), scale,
        120)
    }
    let x = try rounded(network.input(["N", 3, 34, 30]), 0.01, 128)
    let stem = try convolve(x, 3, 32, 3, stride: 2, scale: 0.03)
    let depthwise = try convolve(stem, 32, 32, 3, group: 32, scale: 0.1)
    let wide = try convolve(depthwise, 32, 100, 1, scale: 0.3)
    let window = try convolve(wide, 100, 64, 3, stride: 2, scale: 2)
    let grouped = try convolve(window, 64, 64, 3, group: 2, scale: 8)
    let small = try convolve(grouped, 64, 64, 3, group: 16, scale: 8)
    let flat = try rounded(
      network.node("Flatten", [rounded(network.node("GlobalAveragePool", [small]), 1, 120)]), 1, 120)
    let y = try rounded(
      network.node("Gemm", [flat, network.quantizedWeights([50, 64])], ["transB": .int(1)]), 1, 128)
    return try network.finished(y, grouped)
  }

  /// The same bits as by vectors, with every precision, by any number of threads, and as part of a batch.
  @Test(arguments: [ElementType.uint8, .int8], SessionOptions.Precision.allCases)
  func sameBits(type: ElementType, precision: SessionOptions.Precision) throws {
    let model = try Self.network(type).model
    var random = SplitMix64(seed: 3)
    let batch = try random.tensor([3, 3, 34, 30])
    func run(_ options: SessionOptions, _ input: Tensor) throws -> [Tensor] {
      var results: [Tensor] = []
      try Session(model, options: options).run([input], into: &results)
      return results
    }
    // Averages and other functions are the same for all precisions without products of floats.
    let expected = try run(Self.options(nil, threads: 1, precision: precision), batch)
    for unit in [SessionOptions.EmulatedUnit.everywhere, .whereExpected] {
      for threads in [1, 2, 5] {
        #expect(
          try run(Self.options(unit, threads: threads, precision: precision), batch) == expected,
          "\(unit), \(threads) threads")
      }
      let last = try run(Self.options(unit, precision: precision), batch.slice(2..<3))
      #expect(try last == expected.map { try $0.slice(2..<3) }, "\(unit)")
    }
  }

  /// Plans say which layers the unit computes: all of them, or those with enough positions, channels and outputs.
  @Test(arguments: SessionOptions.Precision.allCases) func plans(precision: SessionOptions.Precision) throws {
    let model = try Self.network().binding(["N": 1]).model
    func algorithms(_ unit: SessionOptions.EmulatedUnit?) throws -> [String] {
      try Session(model, options: Self.options(unit, precision: precision)).algorithms()
        .filter { $0.hasPrefix("int8") }
    }
    let names = [
      "int8 direct, few channels", "int8 depthwise", "int8 1×1", "int8 direct", "int8 grouped", "int8 grouped",
      "int8 product",
    ]
    #expect(try algorithms(nil) == names)
    #expect(
      try algorithms(.everywhere) == names.map { $0 == "int8 depthwise" ? $0 : $0 + ", emulated-amx" })
    // The first layer has 9 channels in a row of its window, the second grouped convolution four channels in a group, and the product one
    // row.
    #expect(
      try algorithms(.whereExpected)
        == names.indices.map { (2...4).contains($0) ? names[$0] + ", emulated-amx" : names[$0] })
  }

  /// Exact sums, by constant and by computed weights.
  @Test(arguments: [false, true]) func sums(isConstant: Bool) throws {
    var network = NetworkBuilder(opset: 13, seed: 2)
    let x = network.input([40, 70], of: .uint8)
    let w =
      isConstant
      ? network.constant(try Tensor(random: [70, 33], of: .int8, using: &network.random))
      : network.input([70, 33], "w", of: .int8)
    let graph = try network.finished(try network.node("MatMulInteger", [x, w]))
    let inputs = try graph.randomInputs()
    let text = "int8 sums" + (isConstant ? "" : ", packed in the run")
    for unit in [SessionOptions.EmulatedUnit.everywhere, .whereExpected] {
      let session = try Session(graph.model, options: Self.options(unit))
      #expect(try session.algorithms().contains(text + ", emulated-amx"))
    }
    try expectSameBitsByUnit(graph, inputs)
    #expect(
      try Session(graph.model, options: Self.options(.everywhere)).runHere(inputs).values.first
        == ReferenceEvaluator(graph).run([x: inputs["x"]!].merging(isConstant ? [:] : [w: inputs["w"]!]) { $1 })[0])
  }

  /// Products of bytes do not depend on the treatment of subnormal numbers.
  @Test func subnormalNumbersAreKept() throws {
    let model = try Self.network().binding(["N": 1]).model
    var options = Self.options(.everywhere)
    options.subnormals = .kept
    #expect(try Session(model, options: options).algorithms().contains("int8 1×1, emulated-amx"))
  }

  /// Layers that are too long for the unit's scratch memory are left to vectors.
  @Test func longProducts() throws {
    var network = NetworkBuilder(opset: 13, seed: 2)
    let x = network.input(Shape([2, 1 << 16 + 1]), of: .uint8)
    let w = network.constant(try Tensor(random: [1 << 16 + 1, 3], of: .int8, using: &network.random))
    let graph = try network.finished(try network.node("MatMulInteger", [x, w]))
    let session = try Session(graph.model, options: Self.options(.everywhere))
    #expect(try session.algorithms().contains("int8 sums"))
    try expectSameBitsByUnit(graph, try graph.randomInputs())
  }

  /// Tuning chooses between the unit and vectors, and changes no bits.
  @Test func tuning() throws {
    let model = try Self.network().binding(["N": 1]).model
    var random = SplitMix64(seed: 5)
    let x = try random.tensor([1, 3, 34, 30])
    func results(_ session: Session) throws -> [Tensor] {
      var results: [Tensor] = []
      try session.run([x], into: &results)
      return results
    }
    let expected = try results(try Session(model))
    var chosen: Set<String> = []
    for seed in 1...4 as ClosedRange<UInt64> {
      var options = Self.options(.whereExpected)
      options.tuning = SessionOptions.Tuning(timeLimit: .seconds(60), store: .none)
      let session = try Session(model, options, kernels: nil, timer: MadeUpTimes(seed: seed).timer)
      #expect(try results(session) == expected, "seed \(seed)")
      for choice in try session.measuredChoices().flatMap(\.self) where choice.hasPrefix("vectors") {
        chosen.insert(choice)
      }
    }
    #expect(chosen.contains("vectors emulated-amx") && chosen.count == 2, "\(chosen)")
  }
}
