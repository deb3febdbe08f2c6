import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Sessions of one model keep its weights in memory only once.
@Suite struct SharedWeightsTests {
  /// About 10 MB of weights, with a normalization to fold, so that the weights of the file are not the ones that run.
  private static func model(_ batch: Dimension) throws -> Model {
    var network = NetworkBuilder()
    var y = network.input([batch, 64, 6, 6])
    for (filters, channels) in [(512, 64), (256, 512)] {
      y = try network.node("Conv", [y, network.weights([filters, channels, 3, 3], in: -0.1...0.1)])
      y = try network.node("Relu", [network.normalization(y, channels: filters)])
    }
    return try network.finished(network.node("GlobalAveragePool", [y])).model
  }

  private static func input(_ batch: Int) throws -> Tensor {
    var random = SplitMix64(seed: 3)
    return try random.tensor([batch, 64, 6, 6])
  }

  @Test(arguments: [.fixed(2), "N"] as [Dimension]) func aSecondSessionTakesLittle(batch: Dimension) throws {
    let model = try Self.model(batch), x = try Self.input(2)
    let first = try Session(model, options: SessionOptions(threads: 1))
    let expected = try first.run(x)
    #expect(first.takenByteCount > 4 << 20)
    let second = try Session(model, options: SessionOptions(threads: 1))
    #expect(try second.run(x) == expected)
    #expect(second.takenByteCount < first.takenByteCount / 4)
    #expect(try first.run(x) == expected)
  }

  /// Packed weights of the first session stay as long as another session uses them, and no longer.
  @Test(arguments: [.fixed(1), "N"] as [Dimension]) func outlivesTheFirst(batch: Dimension) throws {
    let model = try Self.model(batch), x = try Self.input(1)
    var first: Session? = try Session(model, options: SessionOptions(threads: 1))
    let expected = try first!.run(x)
    var second: Session? = try Session(model, options: SessionOptions(threads: 1))
    _ = try second!.run(x)
    first = nil
    var third: Session? = try Session(model, options: SessionOptions(threads: 1))
    #expect(try second!.run(x) == expected)
    #expect(try third!.run(x) == expected)
    #expect(third!.takenByteCount < 2 << 20)
    (second, third) = (nil, nil)
    let last = try Session(model, options: SessionOptions(threads: 1))
    #expect(try last.run(x) == expected)
    #expect(last.takenByteCount > 4 << 20)
  }

  /// A changed model, and options that lead to different numbers, share nothing.
  @Test func othersShareNothing() throws {
    var model = try Self.model(.fixed(1))
    let x = try Self.input(1)
    let first = try Session(model, options: SessionOptions(threads: 1))
    let expected = try first.run(x)
    let unfolded = try Session(model, options: SessionOptions(threads: 1, foldBatchNormalization: false))
    #expect(unfolded.takenByteCount > 4 << 20)
    let weight = try #require(model.graph.valueIDs.first { model.graph.constant($0)?.shape == [512, 64, 3, 3] })
    model.graph[weight].initializer = Initializer(try Tensor(zeros: [512, 64, 3, 3], of: .float32))
    let changed = try Session(model, options: SessionOptions(threads: 1))
    #expect(try changed.run(x) != expected)
    #expect(try first.run(x) == expected)
  }

  /// Each session has its own limits.
  @Test func limitsStay() throws {
    let model = try Self.model(.fixed(1)), x = try Self.input(1)
    let first = try Session(model, options: SessionOptions(threads: 1))
    #expect(
      try errorCode { _ = try Session(model, options: SessionOptions(threads: 1, memoryLimit: 1 << 10)) }
        == .limitExceeded)
    let small = try Session(model, options: SessionOptions(threads: 1, memoryLimit: 2 << 20))
    #expect(try small.run(x) == first.run(x))
  }

  /// A value outside of the working memory that does not fit.
  @Test func theLargestValueIsHeldAgainstEachLimit() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 512])
    let y = try network.node("Add", [x, network.weights([512, 1])])
    let model = try network.finished(y).model
    let limited = SessionOptions(threads: 1, memoryLimit: 1 << 19)
    #expect(try errorCode { _ = try Session(model, options: limited) } == .limitExceeded)
    let first = try Session(model, options: SessionOptions(threads: 1))
    #expect(try errorCode { _ = try Session(model, options: limited) } == .limitExceeded)
    withExtendedLifetime(first) {}
  }
}
