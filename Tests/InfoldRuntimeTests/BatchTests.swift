import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Batches that are computed image by image, and batches that must not be.
@Suite struct BatchTests {
  private static let batch = 3

  /// A network for [N, 16, 24, 24] that `body` completes. Its convolution is large enough for a plan per image to be worthwhile.
  private static func network(
    fixed: Bool = false, _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(fixed ? [.fixed(batch), 16, 24, 24] : ["N", 16, 24, 24])
    let weights = try network.weights([64, 16, 3, 3], in: -0.2...0.2)
    let convolved = try network.node("Conv", [x, weights], ["pads": .ints([1, 1, 1, 1])])
    return try network.finished(body(&network, convolved)).model
  }

  private static func input(_ seed: UInt64) throws -> Tensor {
    var random = SplitMix64(seed: seed)
    return try random.tensor([1, 16, 24, 24])
  }

  private static func result(_ session: Session, _ x: Tensor) throws -> Tensor {
    try #require(try session.run(["x": x]).values.first)
  }

  private static func isImageByImage(_ session: Session, _ x: Tensor) throws -> Bool {
    try session.layerTimes(["x": x], runs: 1)[0].shape.first == 1
  }

  private static func classifier(_ network: inout NetworkBuilder, _ x: ValueID) throws -> ValueID {
    let pooled = try network.node("Flatten", [try network.node("GlobalAveragePool", [try network.node("Relu", [x])])])
    let hidden = try network.node("Gemm", [pooled, try network.weights([64, 40]), try network.weights([40])])
    return try network.node("Softmax", [try network.node("MatMul", [hidden, try network.weights([40, 10])])])
  }

  /// Every image gives the same bits as alone, with any number of threads.
  @Test(arguments: [1, 2, 5], [true, false]) func imagesAreWhatTheyAreAlone(threads: Int, fixed: Bool) throws {
    for isClassifier in [false, true] {
      let model = try Self.network(fixed: fixed) { network, x in
        if isClassifier { return try Self.classifier(&network, x) }
        let halves = try network.nodes("Split", [x], ["axis": .int(1)], outputs: 2)
        let sum = try network.node("Add", [halves[0], try network.node("Sigmoid", [halves[1]])])
        let joined = try network.node("Concat", [sum, halves[1]], ["axis": .int(1)])
        let turned = try network.node("Transpose", [joined], ["perm": .ints([0, 2, 3, 1])])
        let scaled = try network.node("Mul", [turned, try network.weights([64])])
        return try network.node("ReduceMean", [scaled], ["axes": .ints([1]), "keepdims": .int(0)])
      }
      let session = try Session(model, options: SessionOptions(threads: threads))
      let alone =
        fixed
        ? nil
        : try Session(model, options: SessionOptions(threads: 1))
      let images = try (0..<UInt64(Self.batch)).map(Self.input)
      let all = try Tensor(concatenating: images)
      #expect(try Self.isImageByImage(session, all))
      #expect(try session.computesImagesSeparately(shapes: ["x": all.shape]) == !fixed)
      var results: [Tensor] = []
      try session.run([all], into: &results)
      try session.run([all], into: &results)
      if let alone {
        #expect(try results[0] == Tensor(concatenating: images.map { try Self.result(alone, $0) }))
      }
      let plain = try Self.result(Session(model, options: SessionOptions(optimize: false)), all)
      for (a, b) in zip(try results[0].elements(as: Float.self), try plain.elements(as: Float.self)) {
        #expect(abs(a - b) <= 1e-4 * max(1, abs(b)))
      }
    }
  }

  /// Layers that combine several images.
  enum Mixture: String, CaseIterable, CustomTestStringConvertible {
    case mean, softmax, concatenation, transposition, table, reversal, products, reshaping, rows, padding

    var testDescription: String { rawValue }

    /// Whether images are combined only at another batch size.
    var keepsThisBatchApart: Bool { self == .rows }
  }

  @Test(arguments: Mixture.allCases) func imagesThatMix(mixture: Mixture) throws {
    let batch = Int64(Self.batch)
    let model = try Self.network { network, x in
      switch mixture {
      case .mean:
        let mean = try network.node("ReduceMean", [x], ["axes": .ints([0])])
        return try network.node("Sub", [x, mean])
      case .softmax: return try network.node("Softmax", [x], ["axis": .int(0)])
      case .concatenation: return try network.node("Concat", [x, x], ["axis": .int(-4)])
      case .transposition: return try network.node("Transpose", [x], ["perm": .ints([1, 0, 2, 3])])
      case .table: return try network.node("Add", [x, try network.weights([Self.batch, 1, 1, 1])])
      case .reversal:
        let list = { (number: Int64) in try Tensor(shape: [1], [number]) }
        return try network.node(
          "Slice",
          [
            x, network.constant(try list(-1)), network.constant(try list(.min)), network.constant(try list(0)),
            network.constant(try list(-1)),
          ])
      case .products:
        let rows = try network.node("Flatten", [x])
        return try network.node("MatMul", [rows, try network.node("Transpose", [rows], ["perm": .ints([1, 0])])])
      case .reshaping:
        let shape = network.constant(try Tensor(shape: [3], [64, batch, 576]))
        return try network.node("ReduceMax", [try network.node("Reshape", [x, shape])], ["axes": .ints([2])])
      case .rows:
        // As many rows as this batch has images, regardless of the actual batch size.
        let shape = network.constant(try Tensor(shape: [2], [batch, -1]))
        return try network.node("Softmax", [try network.node("Reshape", [x, shape])])
      case .padding:
        let pads = network.constant(try Tensor(shape: [8], [1, 0, 0, 0, -1, 0, 0, 0] as [Int64]))
        return try network.node("Pad", [x, pads])
      }
    }
    let session = try Session(model)
    let all = try Tensor(concatenating: (0..<UInt64(Self.batch)).map(Self.input))
    #expect(try Self.isImageByImage(session, all) == mixture.keepsThisBatchApart)
    // Some are valid for this batch size only.
    #expect((try? session.computesImagesSeparately(shapes: ["x": [Self.batch + 1, 16, 24, 24]])) != true)
    let plain = try Self.result(Session(model, options: SessionOptions(optimize: false)), all)
    let result = try Self.result(session, all)
    #expect(result.shape == plain.shape)
    for (a, b) in zip(try result.elements(as: Float.self), try plain.elements(as: Float.self)) {
      #expect(abs(a - b) <= 1e-4 * max(1, abs(b)))
    }
  }

  /// If the model uses the batch size as a number, this number is not that of a single image, even if a plan for one image exists.
  @Test func theSizeOfTheBatchAsANumber() throws {
    let model = try Self.network { network, x in
      let size = try network.node(
        "Gather", [try network.node("Shape", [x]), network.constant(try Tensor(scalar: Int64(0)))])
      return try network.node("Mul", [x, try network.node("Cast", [size], ["to": .int(1)])])
    }
    let images = try (0..<UInt64(Self.batch)).map(Self.input)
    let session = try Session(model)
    let all = try Tensor(concatenating: images)
    let single = try Self.result(session, images[1]).elements(as: Float.self)
    #expect(try Self.isImageByImage(session, all))
    #expect(try session.firstPlan(for: ["x": all]) != session.firstPlan(for: ["x": images[1]]))
    let third = try Self.result(session, all).slice(1..<2, axis: 0).elements(as: Float.self)
    for (a, b) in zip(third, single) { #expect(abs(a - 3 * b) <= 1e-4 * max(1, abs(a))) }
    #expect(try !session.computesImagesSeparately(shapes: ["x": all.shape]))
  }

  /// The queries that a server makes before requests arrive.
  @Test func plansWithoutRuns() throws {
    let session = try Session(Self.network(Self.classifier), options: SessionOptions(threads: 2))
    let before = session.memoryUse
    try session.prepare(shapes: ["x": [4, 16, 24, 24]])
    #expect(session.memoryUse > before)
    #expect(throws: InfoldError.self) { try session.prepare(shapes: ["y": [4, 16, 24, 24]]) }
    #expect(throws: InfoldError.self) { try session.prepare() }
    #expect(throws: InfoldError.self) { try session.computesImagesSeparately(shapes: ["x": [4, 16, 24]]) }
    #expect(try !session.computesImagesSeparately(shapes: ["x": [1, 16, 24, 24]]))
    // Then the plans of all batch sizes exist.
    let other = try Session(Self.network(Self.classifier), options: SessionOptions(threads: 2))
    #expect(try other.computesImagesSeparately(shapes: ["x": [6, 16, 24, 24]]))
    let use = other.memoryUse
    for batch in 2...6 { try other.prepare(shapes: ["x": [batch, 16, 24, 24]]) }
    #expect(other.memoryUse == use)
  }

  /// Sessions that share a limit are counted together, as they grow.
  @Test func limitOfSeveralSessions() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 16, "H", 24])
    let convolved = try network.node("Conv", [x, try network.weights([16, 16, 3, 3])])
    let model = try network.finished(network.node("Conv", [convolved, try network.weights([16, 16, 3, 3])])).model
    let limit = SharedMemoryLimit(byteCount: 8 << 20)
    let options = SessionOptions(threads: 1, sharedMemoryLimit: limit)
    func input(_ height: Int) throws -> Tensor { try Tensor(repeating: 1 as Float, shape: [1, 16, height, 24]) }
    let second = try Session(model, options: options)
    var used = 0
    do {
      let first = try Session(model, options: options)
      let small = try Self.result(first, input(24))
      #expect(try Self.result(second, input(24)) == small)
      #expect(limit.memoryUse == first.memoryUse + second.memoryUse && first.memoryUse > 0 && second.memoryUse > 0)
      let failure = #expect(throws: InfoldError.self) {
        for doubling in 1..<16 { _ = try Self.result(first, input(24 << doubling)) }
      }
      #expect(failure?.code == .limitExceeded && limit.memoryUse <= limit.byteCount)
      #expect(try Self.result(first, input(24)) == small)
      used = limit.memoryUse
    }
    // What both share, the packed weights, may have been created by the session that is gone.
    #expect(limit.memoryUse < used && limit.memoryUse >= second.memoryUse)
    let alone = try Session(model, options: SessionOptions(threads: 1, memoryLimit: 1 << 20, sharedMemoryLimit: limit))
    #expect(throws: InfoldError.self) { try alone.run(["x": input(24 << 8)]) }
  }

  /// Batches of any size and a single image share one plan. Networks with layers for the whole batch share the plan for the layers before.
  @Test(arguments: [true, false]) func planIsMadeOnce(isClassifier: Bool) throws {
    let model = try Self.network { network, x in
      isClassifier ? try Self.classifier(&network, x) : try network.node("Relu", [network.node("Neg", [x])])
    }
    let session = try Session(model, options: SessionOptions(threads: 1)), images = try (0..<5).map(Self.input)
    var plans: [ObjectIdentifier] = []
    for range in [2..<5, 0..<1, 1..<3, 0..<5, 3..<4] {
      let batch = ["x": try Tensor(concatenating: Array(images[range]))]
      plans.append(try session.firstPlan(for: batch))
      let result = try #require(try session.run(batch).values.first)
      let alone = try images[range].map { try Self.result(Session(model), $0) }
      #expect(try result == Tensor(concatenating: alone))
    }
    #expect(plans[0] == plans[2] && plans[0] == plans[3] && plans[1] == plans[4])
    #expect((plans[0] == plans[1]) == !isClassifier)
  }

  /// Each thread computes an image if there are enough; threads share the remaining images.
  @Test(arguments: [2, 3]) func threadsTakeAnImageEach(threads: Int) throws {
    let model = try Self.network(Self.classifier)
    let images = try (0..<7).map(Self.input)
    let alone = try Session(model, options: SessionOptions(threads: 1))
    let expected = try Tensor(concatenating: images.map { try Self.result(alone, $0) })
    let session = try Session(model, options: SessionOptions(threads: threads))
    for count in [2, 3, 4, 7] {
      let batch = try Tensor(concatenating: Array(images[..<count]))
      for _ in 0..<2 { #expect(try Self.result(session, batch) == expected.slice(0..<count, axis: 0)) }
    }
    let inputs = ["x": try Tensor(concatenating: images)]
    #expect(try session.firstPlan(for: inputs) != session.firstPlan(for: ["x": images[0]]))
    // Measuring the time of layers runs the images one after the other.
    #expect(try session.layerTimes(inputs, runs: 1)[0].repetitions == 7)
  }

  /// If the memory does not suffice for one image per thread, it may suffice for one image at a time.
  @Test func littleMemory() throws {
    let model = try Self.network(Self.classifier)
    let batch = try Tensor(concatenating: (0..<4).map(Self.input))
    let session = try Session(model, options: SessionOptions(threads: 4))
    let expected = try Self.result(session, batch)
    var options = SessionOptions(threads: 4)
    options.memoryLimit = session.takenByteCount - 64 * 24 * 24 * 4
    let limited = try Session(Self.network(Self.classifier), options: options)
    #expect(try Self.result(limited, batch) == expected)
    #expect(limited.takenByteCount < session.takenByteCount - 2 * 64 * 24 * 24 * 4)
  }

  @Test func batchesOfCancelledTasks() async throws {
    let session = try Session(Self.network(Self.classifier), options: SessionOptions(threads: 2))
    let batch = try Tensor(concatenating: (0..<4).map(Self.input))
    _ = try session.runHere(["x": batch])
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try errorCode { _ = try session.runHere(["x": batch]) }
    }
    task.cancel()
    #expect(try await task.value == .cancelled)
    #expect(try session.runHere(["x": batch]).count == 1)
  }

  /// The values between the images and the layers for the whole batch count toward the session's memory.
  @Test(arguments: [true, false]) func whatLiesBetweenCounts(fixed: Bool) throws {
    let model = try Self.network(fixed: fixed) { network, x in
      let flat = try network.node("Flatten", [try network.node("Relu", [x])])
      return try network.node("Gemm", [flat, try network.weights([64 * 24 * 24, 2])])
    }
    let session = try Session(model, options: SessionOptions(threads: 1))
    let x = try Tensor(concatenating: (0..<UInt64(Self.batch)).map(Self.input))
    #expect(try Self.isImageByImage(session, x))
    #expect(session.takenByteCount > Self.batch * 64 * 24 * 24 * 4 + 64 * 24 * 24 * 2 * 4)
    // The same weights, so that only working memory differs.
    let between = Self.batch * 64 * 24 * 24 * 4
    let other = try Session(model, options: SessionOptions(threads: 1))
    _ = try Self.result(other, x)
    #expect(other.takenByteCount >= between)
    var options = SessionOptions(threads: 1)
    options.memoryLimit = other.takenByteCount - 1
    #expect(try errorCode { _ = try Self.result(Session(model, options: options), x) } == .limitExceeded)
    options.memoryLimit = 2 * other.takenByteCount
    #expect(try errorCode { _ = try Self.result(Session(model, options: options), x) } == nil)
  }
}
