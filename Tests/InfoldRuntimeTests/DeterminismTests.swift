import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Results have the same bits in every run, with any number of threads, and with any number of concurrent tasks.
@Suite struct DeterminismTests {
  /// A network with every kind of step that threads share, large enough to be shared.
  private static func network() throws -> Graph {
    var network = NetworkBuilder(opset: 17, seed: 8)
    func convolve(
      _ x: ValueID, _ channels: Int, _ outputs: Int, _ kernel: Int, stride: Int = 1, group: Int = 1
    ) throws -> ValueID {
      let weights = try network.weights([outputs, channels / group, kernel, kernel], in: -0.3...0.3)
      let pad = Int64(kernel / 2), step = Int64(stride)
      return try network.node(
        "Conv", [x, weights, try network.weights([outputs])],
        ["pads": .ints([pad, pad, pad, pad]), "strides": .ints([step, step]), "group": .int(Int64(group))])
    }
    let x = network.input(["N", 3, 64, 48])
    let first = try network.node("Relu", [try convolve(x, 3, 24, 3, stride: 2)])
    let winograd = try convolve(first, 24, 40, 3)
    let depthwise = try network.node("HardSwish", [try convolve(first, 24, 24, 5, group: 24)])
    let both = try network.node("Concat", [winograd, depthwise], ["axis": .int(1)])
    let pooled = try network.node("MaxPool", [both], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    let gate = try network.node("Sigmoid", [try convolve(try network.node("GlobalAveragePool", [pooled]), 64, 64, 1)])
    let gated = try network.node("Mul", [pooled, gate])
    let grouped = try convolve(gated, 64, 96, 3, stride: 2, group: 4)
    let normal = try network.node("LRN", [grouped], ["size": .int(5)])
    let mean = try network.reference(try network.node("Add", [normal, grouped]))
    let wide = try convolve(try network.node("Tanh", [mean]), 96, 700, 1)
    let shares = try network.node("Softmax", [wide], ["axis": .int(1)])
    let flat = try network.node("Flatten", [try network.node("GlobalMaxPool", [wide])])
    let scores = try network.node("MatMul", [flat, try network.weights([700, 900], in: -0.1...0.1)])
    let table = try network.node("Reshape", [normal, network.constant(try .list(0, 96, -1))])
    let turned = try network.node("Transpose", [table], ["perm": .ints([0, 2, 1])])
    // A chain of element-wise nodes, with operands of several shapes, is one step whose parts alternate.
    var chain = try network.node("Mul", [gated, try network.weights([64, 1, 1])])
    chain = try network.node("Exp", [try network.node("Neg", [try network.node("Abs", [chain])])])
    chain = try network.node("Sub", [try network.node("Add", [chain, pooled]), try network.weights([1])])
    chain = try network.node("Elu", [try network.node("Max", [chain, gated])])
    return try network.finished(
      scores, shares, try network.node("MatMul", [turned, table]), depthwise, try network.node("Sqrt", [gated]), chain)
  }

  private static func inputs(batch: Int = 2) throws -> [Tensor] {
    var random = SplitMix64(seed: 3)
    return [try random.tensor([batch, 3, 64, 48])]
  }

  private static func results(_ session: Session, _ inputs: [Tensor]) throws -> [Tensor] {
    var results: [Tensor] = []
    try session.run(inputs, into: &results)
    return results
  }

  @Test(arguments: SessionOptions.Precision.allCases, KernelChoice.names)
  func threads(precision: SessionOptions.Precision, kernels: String) throws {
    let model = try Self.network().model
    for batch in [1, 2] {
      let inputs = try Self.inputs(batch: batch)
      var expected: [Tensor]?
      for threads in [1, 2, 3, 7] {
        let session = try Session(
          model, options: SessionOptions(threads: threads, precision: precision), kernelsNamed: kernels)
        let results = try Self.results(session, inputs)
        #expect(results == expected ?? results, "\(threads) threads, batch \(batch)")
        expected = results
      }
    }
  }

  @Test(arguments: [1, 3]) func repeatedRuns(threads: Int) throws {
    let session = try Session(try Self.network().model, options: SessionOptions(threads: threads))
    let inputs = try Self.inputs()
    let expected = try Self.results(session, inputs)
    var reused: [Tensor] = []
    for run in 0..<100 {
      try session.run(inputs, into: &reused)
      guard reused == expected else {
        Issue.record("run \(run) differs")
        return
      }
    }
  }

  @Test func manyTasksAtOnce() async throws {
    let session = try Session(try Self.network().model, options: SessionOptions(threads: 3))
    let inputs = [try Self.inputs(batch: 1), try Self.inputs(batch: 2)]
    let expected = try inputs.map { try Self.results(session, $0) }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          for run in 0..<6 where try Self.results(session, inputs[(task + run) % 2]) != expected[(task + run) % 2] {
            return false
          }
          return true
        }
      }
      for try await isSame in group { #expect(isSame) }
    }
  }

  /// Tensors that a caller passes for the outputs are written to only if nothing else references them.
  @Test func tensorsToWriteInto() throws {
    let session = try Session(try Self.network().model, options: SessionOptions(threads: 2))
    let inputs = try Self.inputs()
    let expected = try Self.results(session, inputs)
    // A wrong shape, a different type, too few, and too many tensors.
    for given in [
      [try Tensor(zeros: [1], of: .float32)],
      try expected.map { try Tensor(zeros: $0.shape, of: .float64) },
      try expected.map { try Tensor(zeros: [$0.count], of: .float32) } + expected,
    ] {
      var results = given
      try session.run(inputs, into: &results)
      #expect(results == expected)
    }
    // Tensors that are shared and must not change: earlier results, one tensor twice, and the input itself.
    let other = try inputs[0].mapped { (x: Float) in -x }
    let kept = expected
    let copies = try expected.map { try $0.mapped { (x: Float) in x } }
    var results = expected
    try session.run([other], into: &results)
    #expect(kept == copies)
    #expect(results != expected)
    let changed = results
    results = [changed[0], changed[0], changed[2], changed[3], changed[3]]
    try session.run(inputs, into: &results)
    #expect(results == expected)
  }

  @Test func theInputAsTheOutput() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3, 4, 4])
    let graph = try network.finished(try network.node("Relu", [try network.node("Neg", [x])]), x)
    let session = try Session(graph.model)
    let input = try network.random.tensor([2, 3, 4, 4])
    let bits = try input.elements(as: Float.self)
    var results = [input, input]
    for _ in 0..<3 {
      try session.run([input], into: &results)
      #expect(try input.elements(as: Float.self) == bits)
      #expect(try results[0].elements(as: Float.self) == bits.map { max(-$0, 0) })
      #expect(results[1] == input)
    }
  }

  /// A run that fails leaves the session unchanged.
  @Test func aRunThatFails() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3]), index = network.input([1], "index", of: .int64)
    let a = try network.node("Relu", [x])
    let graph = try network.finished(try network.node("Exp", [try network.node("Gather", [a, index])]), a)
    let session = try Session(graph.model)
    let good = [try Tensor.counting([2, 3]), try Tensor.list(1)]
    let expected = try Self.results(session, good)
    var results = expected
    #expect(try errorCode { try session.run([good[0], try .list(7)], into: &results) } != nil)
    try session.run(good, into: &results)
    #expect(results == expected)
  }
}
