import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Steps that run alternately, band by band, give the same bits as one after the other.
@Suite struct BandTests {
  /// A chain of convolutions that can be computed in bands, with residuals, and with intermediate results that other nodes also read.
  private struct Chain {
    var network: NetworkBuilder
    var value: ValueID
    var shape: [Int]
    var outputs: [ValueID] = []

    init(seed: UInt64) throws {
      network = NetworkBuilder(seed: seed)
      shape = [
        1, Int.random(in: 3...16, using: &network.random), Int.random(in: 12...40, using: &network.random),
        Int.random(in: 9...40, using: &network.random),
      ]
      value = network.input(Shape(shape))
      for _ in 0..<Int.random(in: 2...6, using: &network.random) { try extend() }
    }

    private mutating func extend() throws {
      let (before, shapeBefore) = (value, shape)
      let channels = shape[1]
      let kind = Int.random(in: 0...4, using: &network.random)
      let kernel = kind <= 1 ? 1 : 2 * Int.random(in: 1...2, using: &network.random) + 1
      let stride = Int.random(in: 0...3, using: &network.random) == 0 ? 2 : 1
      let dilation = kind > 1 && Int.random(in: 0...3, using: &network.random) == 0 ? 2 : 1
      let pads = (0..<4).map { _ in
        Int64(kernel == 1 ? 0 : Int.random(in: 0...dilation * (kernel / 2), using: &network.random))
      }
      let reach = dilation * (kernel - 1) + 1
      let sizes = [
        (shape[2] + Int(pads[0] + pads[2]) - reach) / stride + 1,
        (shape[3] + Int(pads[1] + pads[3]) - reach) / stride + 1,
      ]
      guard shape[2] >= reach, shape[3] >= reach, sizes.allSatisfy({ $0 >= 2 }) else { return }
      if kind == 4, network.random.next() % 2 == 0 {
        let isMaximum = network.random.next() % 2 == 0
        value = try network.node(
          isMaximum ? "MaxPool" : "AveragePool", [value],
          [
            "kernel_shape": .ints([Int64(kernel), Int64(kernel)]),
            "pads": .ints(pads.map { min($0, Int64(kernel - 1)) }),
            "strides": .ints([Int64(stride), Int64(stride)]),
          ])
        shape = try #require(network.finished(value)[value].type?.shape?.sizes)
        return
      }
      let isDepthwise = kind == 2 || kind == 3
      let outputs =
        isDepthwise || Int.random(in: 0...2, using: &network.random) == 0
        ? channels : Int.random(in: 1...24, using: &network.random)
      let weights = try network.weights([outputs, isDepthwise ? 1 : channels, kernel, kernel], in: -0.4...0.4)
      value = try network.node(
        "Conv", [value, weights, try network.weights([outputs])],
        [
          "pads": .ints(pads), "strides": .ints([Int64(stride), Int64(stride)]),
          "dilations": .ints([Int64(dilation), Int64(dilation)]), "group": .int(isDepthwise ? Int64(channels) : 1),
        ])
      shape = [1, outputs] + sizes
      if shape == shapeBefore, Int.random(in: 0...1, using: &network.random) == 0 {
        value = try network.node("Add", [value, before])
      }
      if Int.random(in: 0...1, using: &network.random) == 0 { value = try network.node("Relu", [value]) }
      if Int.random(in: 0...1, using: &network.random) == 0 { try computeElements() }
      if Int.random(in: 0...5, using: &network.random) == 0 {
        self.outputs.append(try network.node("Sigmoid", [value]))
      }
    }

    /// One to three element-wise nodes, with operands per channel, per position, per element, or from an earlier result.
    private mutating func computeElements() throws {
      let before = value
      for _ in 0..<Int.random(in: 1...3, using: &network.random) {
        let operation = ["Mul", "Add", "Sub", "Max"].randomElement(using: &network.random)!
        switch Int.random(in: 0...8, using: &network.random) {
        case 0: value = try network.node("Abs", [value])
        case 1: value = try network.node("Sigmoid", [value])
        case 2: value = try network.node(operation, [value, before])
        case 7:
          let other = try network.node(
            "Conv", [before, try network.weights([shape[1], shape[1], 1, 1], in: -0.4...0.4)])
          value = try network.node(operation, network.random.next() % 2 == 0 ? [value, other] : [other, value])
        case 3: value = try network.node(operation, [value, try network.weights([1, 1, shape[2], shape[3]])])
        case 4: value = try network.node(operation, [try network.weights(shape), value])
        default: value = try network.node(operation, [value, try network.weights([1, shape[1], 1, 1])])
        }
      }
    }

    mutating func model() throws -> Model {
      if outputs.isEmpty || outputs.last != value { outputs.append(value) }
      let graph = try network.finished(outputs)
      return Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])
    }
  }

  private static func results(
    _ model: Model, _ x: Tensor, threads: Int, kernels: String, cache: Int
  ) throws -> (tensors: [Tensor], algorithms: [String]) {
    let session = try Session(
      model, options: SessionOptions(threads: threads, precision: .exact), kernelsNamed: kernels,
      secondLevelCache: cache)
    let steps = try session.plannedSteps()
    var results: [Tensor] = []
    try session.run([x], into: &results)
    return (results, steps.map(\.algorithm).filter { $0.hasPrefix("bands") })
  }

  private func bits(_ tensor: Tensor) throws -> [UInt32] { (try tensor.elements() as [Float]).map(\.bitPattern) }

  @Test(arguments: KernelChoice.names) func bandsKeepBits(kernels: String) throws {
    var bands = [0, 0, 0, 0], elementwise = 0
    for seed in 1...60 as ClosedRange<UInt64> {
      var chain = try Chain(seed: seed)
      guard !chain.network.graph.nodes.isEmpty else { continue }
      let model = try chain.model()
      var random = SplitMix64(seed: seed)
      let x = try random.tensor(model.graph[model.graph.inputs[0]].type!.shape!.sizes!)
      let whole = try Self.results(model, x, threads: 1, kernels: kernels, cache: 1 << 40)
      #expect(whole.algorithms.isEmpty)
      for (threads, cache) in [(1, 1 << 13), (1, 1 << 15), (2, 1 << 14), (3, 1 << 14)] {
        let parts = try Self.results(model, x, threads: threads, kernels: kernels, cache: cache)
        bands[threads] += parts.algorithms.count
        elementwise += parts.algorithms.count { $0.contains("element-wise") || $0.contains("scale") }
        for (part, expected) in zip(parts.tensors, whole.tensors) {
          #expect(try bits(part) == bits(expected), "seed \(seed), \(threads) threads, \(cache) bytes")
        }
      }
    }
    for threads in 1...3 { #expect(bands[threads] >= 3, "\(threads) threads") }
    #expect(elementwise >= 20)
  }

  /// A result that overwrites an operand other than the one that the band passes on is stored where other steps read it.
  @Test(arguments: ["1×1", "depthwise", "pool"]) func resultsInThePlaceOfOtherOperands(behind: String) throws {
    for operation in ["Mul", "Sub"] {
      for isSecond in [false, true] {
        var network = NetworkBuilder(seed: 5)
        let x = network.input([1, 24, 32, 32])
        let b = try network.node("Conv", [x, try network.weights([24, 24, 1, 1])])
        let a = try network.node("Conv", [x, try network.weights([24, 24, 1, 1])])
        let m = try network.node(operation, isSecond ? [a, b] : [b, a])
        let y =
          switch behind {
          case "1×1": try network.node("Conv", [m, try network.weights([24, 24, 1, 1])])
          case "depthwise":
            try network.node(
              "Conv", [m, try network.weights([24, 1, 3, 3])], ["pads": .ints([1, 1, 1, 1]), "group": .int(24)])
          default: try network.node("MaxPool", [m], ["kernel_shape": .ints([3, 3])])
          }
        let model = try network.finished(y).model
        var random = SplitMix64(seed: 3)
        let input = try random.tensor([1, 24, 32, 32])
        let whole = try Self.results(model, input, threads: 1, kernels: "portable", cache: 1 << 40)
        for threads in 1...3 {
          let parts = try Self.results(model, input, threads: threads, kernels: "portable", cache: 1 << 14)
          #expect(try bits(parts.tensors[0]) == bits(whole.tensors[0]), "\(operation) \(threads) threads")
        }
      }
    }
  }

  /// Expansion, depthwise convolution, and projection with a residual: one step, without memory for the wide intermediate values.
  @Test func wideResultsNeedNoMemory() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 8, 56, 56])
    let wide = try network.node("Relu", [try network.node("Conv", [x, try network.weights([48, 8, 1, 1])])])
    let depthwise = try network.node(
      "Conv", [wide, try network.weights([48, 1, 3, 3])], ["pads": .ints([1, 1, 1, 1]), "group": .int(48)])
    let narrow = try network.node("Conv", [depthwise, try network.weights([8, 48, 1, 1])])
    let sum = try network.node("Add", [narrow, x])
    let graph = try network.finished(try network.node("Sigmoid", [sum]))
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])
    func part(cache: Int) throws -> PlanDescription.Part {
      try Session(
        model, options: SessionOptions(threads: 1), kernelsNamed: "portable", secondLevelCache: cache
      ).planDescription().parts[0]
    }
    let whole = try part(cache: 1 << 30), bands = try part(cache: 1 << 18)
    let step = try #require(bands.steps.first { $0.algorithm == "bands: 1×1 → depthwise → 1×1" })
    #expect(step.nodes.count == 6)
    #expect(step.fused == ["relu", "residual", "sigmoid"])
    #expect(step.multiplyAccumulates == 56 * 56 * (2 * 8 * 48 + 9 * 48))
    #expect(bands.steps.count == whole.steps.count - 2)
    let wideBytes = 48 * 56 * 56 * 4
    #expect(whole.sharedByteCount >= 2 * wideBytes)
    #expect(bands.sharedByteCount + bands.threadByteCount < wideBytes)
  }

  /// Layers that are too small to be shared by threads individually are joined until sharing them is worthwhile.
  @Test func smallStepsAreJoined() throws {
    var network = NetworkBuilder()
    var value = network.input([1, 24, 12, 12])
    for _ in 0..<6 {
      value = try network.node("Relu", [try network.node("Conv", [value, try network.weights([24, 24, 1, 1])])])
    }
    let model = Model(
      graph: try network.finished(try network.node("Sigmoid", [value])),
      opsetImports: [Model.OpsetImport(version: 13)])
    var random = SplitMix64(seed: 1)
    let x = try random.tensor([1, 24, 12, 12])
    let alone = try Self.results(model, x, threads: 1, kernels: "portable", cache: 1 << 30)
    #expect(alone.algorithms.isEmpty)
    for (threads, bands) in [(2, 3), (3, 3), (16, 3)] {
      let joined = try Self.results(model, x, threads: threads, kernels: "portable", cache: 1 << 30)
      #expect(joined.algorithms.count == bands, "\(threads) threads")
      #expect(try bits(joined.tensors[0]) == bits(alone.tensors[0]), "\(threads) threads")
    }
  }
}
