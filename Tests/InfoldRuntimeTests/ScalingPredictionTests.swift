import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// The predicted time of a run with more threads.
@Suite struct ScalingPredictionTests {
  @Test func schedulesAsThePoolDoes() {
    func end(_ times: [Double], _ workers: Int) -> Double { TaskSchedule(times, workers: workers).end }
    #expect(end([1, 2, 3], 1) == 6)
    #expect(end([1, 1, 1, 1], 2) == 2)
    // The second worker takes over the last task of the first.
    #expect(end([4, 1, 1, 1], 2) == 4)
    // The schedule does not begin with the longest task.
    #expect(end([1, 1, 1, 5], 2) == 6)
    #expect(end([2], 8) == 2)
    #expect(end([], 2) == 0)
  }

  @Test func endsWithinTheBoundsOfListScheduling() {
    var random = SplitMix64(seed: 12)
    for _ in 0..<200 {
      let times = (0..<Int.random(in: 1...40, using: &random)).map { _ in Double.random(in: 0...1, using: &random) }
      let workers = Int.random(in: 1...20, using: &random)
      let (end, sum, longest) = (TaskSchedule(times, workers: workers).end, times.reduce(0, +), times.max()!)
      #expect(end >= max(sum / Double(workers), longest) - 1e-12)
      #expect(end <= sum / Double(workers) + longest + 1e-12)
    }
  }

  /// A convolution that threads share, a small product for one thread, and a wide product.
  private static func prediction(threads: Int, barrier: Double) throws -> ScalingPrediction {
    var network = NetworkBuilder(opset: 17, seed: 8)
    let x = network.input([1, 16, 48, 48])
    let wide = try network.node(
      "Conv", [x, try network.weights([64, 16, 1, 1], in: -0.3...0.3)], ["pads": .ints([0, 0, 0, 0])])
    let pooled = try network.node("Flatten", [try network.node("GlobalAveragePool", [wide])])
    let small = try network.node("MatMul", [pooled, try network.weights([64, 8], in: -0.3...0.3)])
    let small2 = try network.node("MatMul", [try network.node("Tanh", [small]), try network.weights([8, 512])])
    let y = try network.node("MatMul", [small2, try network.weights([512, 2048], in: -0.1...0.1)])
    var options = SessionOptions()
    options.threads = threads
    let session = try Session(try network.finished(y).model, options: options)
    var random = SplitMix64(seed: 2)
    let input = try random.tensor([1, 16, 48, 48])
    return try session.scalingPrediction(
      [session.inputs[0].name: input], runs: 3, barrier: .init(pair: barrier))
  }

  @Test func oneThreadTakesWhatItTakes() throws {
    let prediction = try Self.prediction(threads: 1, barrier: 1e9)
    #expect(prediction.nanoseconds > 0)
    #expect(abs(prediction.nanoseconds - prediction.aloneNanoseconds) < 1e-6 * prediction.aloneNanoseconds)
    #expect(prediction.serialNanoseconds == prediction.nanoseconds)
    #expect(prediction.longestSerialPart.count == prediction.layers.count)
  }

  @Test(arguments: [2, 3, 8, 64]) func manyThreadsShareWhatIsLarge(threads: Int) throws {
    let prediction = try Self.prediction(threads: threads, barrier: 0)
    let layers = prediction.layers
    #expect(prediction.threads == threads)
    #expect(prediction.nanoseconds < prediction.aloneNanoseconds)
    #expect(prediction.nanoseconds > prediction.aloneNanoseconds / Double(threads))
    for layer in layers {
      let alone = Double(layer.time.nanoseconds)
      #expect(layer.tasks == 1 ? layer.nanoseconds == layer.serialNanoseconds : layer.serialNanoseconds == 0)
      #expect(layer.nanoseconds <= alone * (1 + 1e-9))
    }
    #expect(layers.first { $0.time.shape == [1, 64, 48, 48] }!.tasks > 1)
    #expect(layers.first { $0.time.shape == [1, 8] }!.tasks == 1)
    #expect(layers.last { $0.time.shape == [1, 2048] }!.tasks > 1)
    let part = prediction.longestSerialPart
    #expect(!part.isEmpty)
    #expect(part.allSatisfy { $0.tasks == 1 })
  }

  /// Each job adds the cost of a barrier.
  @Test func barriersCount() throws {
    let jobs = try Self.prediction(threads: 2, barrier: 0).layers.count { $0.tasks > 1 }
    #expect(jobs > 0)
    let dear = try Self.prediction(threads: 2, barrier: 1e12)
    #expect((dear.nanoseconds / 1e12).rounded(.down) == Double(jobs))
  }
}
