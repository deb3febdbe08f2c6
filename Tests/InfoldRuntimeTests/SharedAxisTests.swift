import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Steps for which threads share the channels instead of the rows give the same bits: blocks of MobileNets for small pictures with many
/// channels.
@Suite struct SharedAxisTests {
  /// Expansion, depthwise convolution, squeeze and excitation, a pool, and projection with a residual, twice.
  private static func network(seed: UInt64) throws -> (graph: Graph, shape: [Int]) {
    var network = NetworkBuilder(opset: 17, seed: seed)
    let (narrow, height) = (
      Int.random(in: 20...40, using: &network.random), Int.random(in: 1...4, using: &network.random)
    )
    let shape = [1, narrow, height, 96]
    func convolve(_ x: ValueID, _ inputs: Int, _ outputs: Int, _ kernel: Int = 1, group: Int = 1) throws -> ValueID {
      let weights = try network.weights([outputs, inputs / group, kernel, kernel], in: -0.3...0.3)
      return try network.node(
        "Conv", [x, weights, try network.weights([outputs])],
        ["pads": .ints([Int64](repeating: Int64(kernel / 2), count: 4)), "group": .int(Int64(group))])
    }
    let x = network.input(Shape(shape))
    var value = x
    for _ in 0..<2 {
      let wide = Int.random(in: 65...300, using: &network.random)
      let kernel = Int.random(in: 1...2, using: &network.random) * 2 + 1
      let expanded = try network.node("HardSwish", [try convolve(value, narrow, wide)])
      var inner = try network.node("Relu", [try convolve(expanded, wide, wide, kernel, group: wide)])
      let gate = try convolve(try network.node("GlobalAveragePool", [inner]), wide, wide)
      inner = try network.node("Mul", [inner, try network.node("HardSigmoid", [gate])])
      inner = try network.node(
        Bool.random(using: &network.random) ? "MaxPool" : "AveragePool", [inner],
        ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1])])
      // An element-wise step with its own division of the channels. The normalization is not folded, because of the pool in between.
      inner = try network.node(
        "BatchNormalization",
        [inner] + [try network.weights([wide]), try network.weights([wide]), try network.weights([wide])]
          + [try network.weights([wide], in: 0.5...1)])
      value = try network.node("Add", [value, try convolve(try network.node("Tanh", [inner]), wide, narrow)])
    }
    return (try network.finished(value), shape)
  }

  @Test(arguments: Array(0..<8)) func bitsDoNotDependOnThreads(seed: Int) throws {
    let (graph, shape) = try Self.network(seed: UInt64(seed))
    var random = SplitMix64(seed: 5)
    let input = [graph[graph.inputs[0]].name: try random.tensor(shape)]
    func results(_ threads: Int) throws -> [String: Tensor] {
      var options = SessionOptions()
      options.threads = threads
      return try Session(graph.model, options: options).run(input)
    }
    let alone = try results(1)
    for threads in [2, 3, 5, 16] {
      #expect(try results(threads) == alone, "\(threads) threads")
    }
    var options = SessionOptions()
    options.optimize = false
    let plain = try Session(graph.model, options: options).run(input)
    for (name, result) in plain {
      let numbers = try result.numbers(), ours = try #require(alone[name]).numbers()
      let largest = numbers.map { $0.magnitude }.max()!
      #expect(zip(numbers, ours).allSatisfy { abs($0 - $1) <= 1e-4 * largest })
    }
  }
}
