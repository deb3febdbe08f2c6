import InfoldGraph
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// A second-level cache for which no bands are formed.
private let largeCache = 1 << 30

/// Results that only convolutions by a matrix unit read are stored as bfloat16 numbers, which changes no bits. The same
/// networks are compared with all of these results as outputs, which are float32 numbers.
@Suite struct NarrowActivationTests {
  private static let instructions: [SessionOptions.EmulatedInstructions] = [.amx, .avx512BFloat16]

  /// A network, and the values that it can store as bfloat16 numbers.
  private struct Case {
    var network = NetworkBuilder(opset: 14)
    var narrow: [ValueID] = []

    mutating func convolve(
      _ x: ValueID, _ channels: Int, _ outputs: Int, _ kernel: Int, stride: Int = 1, group: Int = 1
    ) throws -> ValueID {
      let weights = try network.weights([outputs, channels / group, kernel, kernel], in: -0.2...0.2)
      let pad = Int64(kernel / 2), step = Int64(stride)
      return try network.node(
        "Conv", [x, weights, try network.weights([outputs])],
        ["pads": .ints([pad, pad, pad, pad]), "strides": .ints([step, step]), "group": .int(Int64(group))])
    }

    mutating func pool(_ x: ValueID, _ type: String = "MaxPool", stride: Int64 = 2) throws -> ValueID {
      try network.node(
        type, [x], ["kernel_shape": .ints([3, 3]), "strides": .ints([stride, stride]), "pads": .ints([1, 1, 1, 1])])
    }

    mutating func isNarrow(_ value: ValueID) -> ValueID {
      narrow.append(value)
      return value
    }

    /// Returns the session and the outputs, or those of the network whose narrow values are outputs too.
    func results(
      _ outputs: [ValueID], _ input: Tensor, isWide: Bool, _ precision: SessionOptions.Precision,
      _ instructions: SessionOptions.EmulatedInstructions, threads: Int, cache: Int = largeCache
    ) throws -> (steps: [PlanDescription.Step], outputs: [Tensor]) {
      var network = network
      var all = outputs
      if isWide { all += narrow }
      let graph = try network.finished(all)
      var options = SessionOptions(threads: threads, precision: precision)
      options.emulatedUnit = .everywhere
      options.emulatedInstructions = instructions
      let session = try Session(graph.model, options: options, kernelsNamed: nil, secondLevelCache: cache)
      var results: [Tensor] = []
      try session.run([input], into: &results)
      return (try session.plannedSteps(), Array(results.prefix(outputs.count)))
    }

    /// Checks that `count` results are stored as these elements, with the same bits as without.
    func check(
      _ outputs: [ValueID], _ input: Tensor, _ precision: SessionOptions.Precision,
      _ instructions: SessionOptions.EmulatedInstructions, count: Int, caches: [Int] = [largeCache]
    ) throws {
      let elements: PlanDescription.Elements = precision == .fast ? .splitBFloat16 : .bfloat16
      let wide = try results(outputs, input, isWide: true, precision, instructions, threads: 2)
      #expect(wide.steps.allSatisfy { !$0.fused.contains("to bfloat16") })
      for threads in [1, 2, 3] {
        for cache in caches {
          let narrow = try results(
            outputs, input, isWide: false, precision, instructions, threads: threads, cache: cache)
          let isSame = try zip(narrow.outputs, wide.outputs).allSatisfy(Self.areSame)
          #expect(isSame, "\(threads) threads, cache \(cache)")
          // More threads need more rows to share.
          guard threads == 1 else { continue }
          #expect(narrow.steps.flatMap(\.fused).count { $0 == "to bfloat16" } == count, "\(narrow.steps)")
          // Several threads share bands, whose results are not in the memory of the plan.
          if cache == largeCache, threads == 1 {
            #expect(narrow.steps.flatMap(\.writes).count { $0.elements == elements } == count)
          }
        }
      }
    }

    /// Returns whether the bits are the same, except those of NaN.
    private static func areSame(_ a: Tensor, _ b: Tensor) throws -> Bool {
      let (a, b): ([Float], [Float]) = (try a.elements(), try b.elements())
      return a.count == b.count && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
    }
  }

  @Test(arguments: instructions) func convolutions(instructions: SessionOptions.EmulatedInstructions) throws {
    var network = Case()
    let x = network.network.input([2, 24, 12, 9])
    let first = network.isNarrow(try network.network.node("HardSwish", [try network.convolve(x, 24, 64, 1)]))
    let second = network.isNarrow(try network.network.node("Relu", [try network.convolve(first, 64, 70, 3)]))
    // Two convolutions write the parts of one value, and one of its readers has groups.
    let parts = [try network.convolve(second, 70, 34, 1), try network.convolve(second, 70, 30, 3)]
    let joined = network.isNarrow(try network.network.node("Concat", parts, ["axis": .int(1)]))
    let third = try network.convolve(joined, 64, 40, 1)
    let fourth = try network.convolve(joined, 64, 64, 3, stride: 2, group: 2)
    // Not only a convolution reads this.
    let fifth = try network.network.node("Add", [try network.convolve(third, 40, 40, 1), third])
    let input = try network.network.random.tensor([2, 24, 12, 9])
    try network.check([fourth, fifth], input, .bfloat16, instructions, count: 4)
    try network.check([fourth, fifth], input, .fast, instructions, count: 4)
  }

  /// Pools, depthwise convolutions, element-wise operators and float32 convolutions convert what they write, and maximum
  /// pools also read rounded numbers.
  @Test(arguments: instructions, [1, 2]) func otherSteps(
    instructions: SessionOptions.EmulatedInstructions, images: Int
  ) throws {
    var network = Case()
    let x = network.network.input([.fixed(images), 3, 22, 18])
    // The first convolution has too few channels for the unit.
    let first = network.isNarrow(try network.network.node("Relu", [try network.convolve(x, 3, 40, 3)]))
    let second = network.isNarrow(try network.network.node("LeakyRelu", [try network.convolve(first, 40, 33, 3)]))
    let pooled = network.isNarrow(try network.pool(second))
    let third = try network.network.node("Tanh", [try network.convolve(pooled, 33, 48, 3)])
    let depthwise = network.isNarrow(try network.convolve(third, 48, 48, 3, stride: 2, group: 48))
    let fourth = try network.convolve(depthwise, 48, 64, 3)
    let average = network.isNarrow(try network.pool(fourth, "AveragePool", stride: 1))
    let maximum = network.isNarrow(try network.pool(fourth, stride: 1))
    let joined = try network.network.node(
      "Concat", [network.convolve(average, 64, 37, 3), network.convolve(maximum, 64, 38, 3)], ["axis": .int(1)])
    let scaled = try network.network.node(
      "Mul", [joined, try network.network.weights([75, 1, 1], in: 0.5...2)])
    let shifted = try network.network.node("Add", [scaled, try network.network.weights([75, 1, 1])])
    let last = try network.convolve(network.isNarrow(shifted), 75, 40, 3)
    let outputs = [last, third, fourth, joined]
    var input = try network.network.random.tensor([images, 3, 22, 18])
    for hasNumbers in [false, true] {
      if hasNumbers {
        try input.withMutableSpan(as: Float.self) {
          $0[100] = .infinity
          $0[400] = .nan
          $0[900] = 0x1p62
        }
      }
      let plan = try network.results(outputs, input, isWide: false, .bfloat16, instructions, threads: 1)
      let narrow = plan.steps.flatMap(\.writes).count { $0.elements == .bfloat16 }
      #expect(narrow == 7, "\(plan.steps)")
      try network.check(outputs, input, .bfloat16, instructions, count: narrow)
      // Split numbers are not pooled.
      let split = try network.results(outputs, input, isWide: false, .fast, instructions, threads: 1)
      let parts = split.steps.flatMap(\.writes).count { $0.elements == .splitBFloat16 }
      #expect(parts == 6, "\(split.steps)")
      try network.check(outputs, input, .fast, instructions, count: parts)
    }
  }

  /// The results inside of bands are rounded too.
  @Test(arguments: instructions) func bands(instructions: SessionOptions.EmulatedInstructions) throws {
    var network = Case()
    let x = network.network.input([1, 36, 48, 40])
    let first = network.isNarrow(try network.network.node("Relu", [try network.convolve(x, 36, 40, 1)]))
    let second = network.isNarrow(try network.convolve(first, 40, 34, 3))
    let pooled = network.isNarrow(try network.pool(second))
    let third = try network.network.node("Relu", [try network.convolve(pooled, 34, 64, 3)])
    let depthwise = network.isNarrow(try network.convolve(third, 64, 64, 3, group: 64))
    let last = try network.convolve(depthwise, 64, 32, 1)
    let input = try network.network.random.tensor([1, 36, 48, 40])
    let plan = try network.results([last], input, isWide: false, .bfloat16, instructions, threads: 1, cache: 1 << 17)
    #expect(plan.steps.contains { $0.algorithm.hasPrefix("bands: ") }, "\(plan.steps)")
    try network.check(
      [last], input, .bfloat16, instructions, count: 4, caches: [largeCache, 1 << 16, 1 << 17, 1 << 18])
  }

  /// Split numbers that one convolution reads with a window of one are stored as float32 numbers.
  @Test func conversionsThatAreNotRepeated() throws {
    var network = Case()
    let x = network.network.input([1, 32, 9, 9])
    let first = try network.convolve(x, 32, 40, 1)
    let second = try network.convolve(first, 40, 40, 1)
    let input = try network.network.random.tensor([1, 32, 9, 9])
    try network.check([second], input, .fast, .amx, count: 0)
    network.narrow = [first]
    try network.check([second], input, .bfloat16, .amx, count: 1)
  }
}
