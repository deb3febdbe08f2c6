import InfoldGraph
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Transposed convolutions in one, two and three dimensions, with windows of 1 to 16 and strides of 1 to 8, compared with their definition
/// in double precision: optimized in both precisions, with every kernel set, and without optimization, with weights that are constants or
/// computed at run time. Some inputs contain one number that is not finite, which must affect the outputs that read it, and no others.
@Suite struct TransposedConvolutionSweepTests {
  @Test(arguments: 1...16) func lines(kernel: Int) throws {
    for stride in 1...8 {
      for variant in 0..<12 { try check(rank: 1, kernel: kernel, stride: stride, variant) }
    }
  }

  @Test(arguments: 1...16) func pictures(kernel: Int) throws {
    for stride in 1...8 {
      for variant in 0..<4 { try check(rank: 2, kernel: kernel, stride: stride, variant) }
    }
  }

  @Test(arguments: 1...8) func volumes(kernel: Int) throws {
    for stride in 1...4 {
      for variant in 0..<2 { try check(rank: 3, kernel: kernel, stride: stride, variant) }
    }
  }

  @Test(arguments: 1...3, 1...8) func computedWeights(rank: Int, kernel: Int) throws {
    for stride in 1...4 {
      for variant in 0..<(8 / rank) {
        try check(rank: rank, kernel: kernel, stride: stride, 50 + variant, computesWeights: true)
      }
    }
  }

  /// One product for all positions of the window, whose results are added.
  @Test(arguments: 1...2, 2...8) func fewFilters(rank: Int, kernel: Int) throws {
    var joined = 0
    for stride in 1...5 {
      for variant in 0..<(rank == 1 ? 6 : 3) {
        let algorithms = try check(rank: rank, kernel: kernel, stride: stride, 70 + variant, hasFewFilters: true)
        if algorithms.contains("joined product") { joined += 1 }
      }
    }
    #expect(joined >= 3)
  }

  /// Strides and dilations that are much larger than the result need no memory.
  @Test(arguments: [(stride: 1 << 30, dilation: 1, pad: 0), (1, 1 << 30, 1 << 30)])
  func smallResults(stride: Int, dilation: Int, pad: Int) throws {
    func pair(_ number: Int) -> Attribute { .ints([Int64(number), Int64(number)]) }
    let weights = (0..<768).map { Float($0 % 7) - 3 }
    var network = NetworkBuilder()
    let x = network.input([1, 64, 1, 1])
    let y = try network.node(
      "ConvTranspose", [x, network.constant(try Tensor(shape: [64, 3, 2, 2], weights))],
      [
        "strides": pair(stride), "dilations": pair(dilation), "pads": .ints([0, 0, Int64(pad), Int64(pad)]),
      ])
    let model = try network.finished(y).model
    let session = try Session(model, options: SessionOptions(threads: 1, memoryLimit: 1 << 24))
    var results: [Tensor] = []
    try session.run([try Tensor(shape: [1, 64, 1, 1], [Float](repeating: 1, count: 64))], into: &results)
    let taps = pad == 0 ? 4 : 1
    var expected = [Float](repeating: 0, count: 3 * taps)
    for channel in 0..<64 {
      for output in 0..<3 {
        for tap in 0..<taps { expected[output * taps + tap] += weights[(channel * 3 + output) * 4 + tap] }
      }
    }
    let numbers: [Float] = try results[0].elements()
    #expect(numbers == expected)
  }

  /// - Returns: The algorithm that computes it.
  @discardableResult private func check(
    rank: Int, kernel: Int, stride: Int, _ variant: Int, computesWeights: Bool = false, hasFewFilters: Bool = false
  ) throws -> Set<String> {
    let seed = ((rank * 17 + kernel) * 9 + stride) * 100 + variant
    let convolution = try RandomTransposedConvolution(
      rank: rank, kernel: kernel, stride: stride, seed: UInt64(seed), computesWeights: computesWeights,
      hasFewFilters: hasFewFilters)
    let (graph, inputs) = try convolution.network()
    let (shape, values, magnitudes) = convolution.expected()
    let names = KernelChoice.names
    var algorithms: Set<String> = []
    for (index, options) in [
      SessionOptions(threads: 1 + variant % 2, precision: .exact),
      SessionOptions(threads: 2 - variant % 2, precision: .fast), SessionOptions(threads: 1, optimize: false),
    ].enumerated() {
      let session = try Session(graph.model, options: options, kernelsNamed: names[(variant + index) % names.count])
      var results: [Tensor] = []
      try session.run(inputs, into: &results)
      if options.optimize {
        let named = Dictionary(uniqueKeysWithValues: zip(graph.inputs.map { graph[$0].name }, inputs))
        let steps = try session.layerTimes(named, runs: 1)
        #expect(!steps.contains { $0.algorithm == "reference" }, "\(convolution)")
        algorithms.formUnion(steps.map(\.algorithm))
      }
      #expect(results[0].shape == shape, "\(options.optimize) \(convolution)")
      let numbers = try results[0].numbers()
      let wrong = values.indices.first { place in
        let (number, value) = (numbers[place], values[place])
        return value.isFinite
          ? !((number - value).magnitude <= 2e-6 * magnitudes[place])
          : value.isNaN ? !number.isNaN : number != value
      }
      if let wrong {
        Issue.record(
          "\(names[(variant + index) % names.count]), \(options.precision), optimized: \(options.optimize), seed \(seed): \(numbers[wrong]) at \(wrong), not \(values[wrong]): \(convolution)"
        )
      }
    }
    return algorithms
  }
}
