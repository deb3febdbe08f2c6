import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Allocations that a few bytes of a model can request are bounded by the memory limit.
@Suite struct MemoryLimitTests {
  private static let limit = 16 << 20

  /// A model that requests more than the limit. Its list of sizes is a constant, or an input of every run.
  struct Greedy: Sendable, CustomTestStringConvertible {
    var name: String
    var sizes: [Int64]
    var build: @Sendable (inout ModelBuilder, _ x: ValueID, _ sizes: ValueID) throws -> ValueID

    init(
      _ name: String, _ sizes: [Int64] = [],
      _ build: @escaping @Sendable (inout ModelBuilder, ValueID, ValueID) throws -> ValueID
    ) {
      (self.name, self.sizes, self.build) = (name, sizes, build)
    }

    var testDescription: String { name }
  }

  /// x is [1, 1, 4, 4].
  static let byNumbers: [Greedy] = [
    Greedy("ConstantOfShape", [1 << 20, 1 << 20]) { try $0.node("ConstantOfShape", [$2]) },
    Greedy("ConstantOfShape, one dimension", [1 << 40]) { try $0.node("ConstantOfShape", [$2]) },
    Greedy("Expand", [1 << 10, 1 << 20, 4, 4]) { try $0.node("Expand", [$1, $2]) },
    Greedy("Tile", [1 << 10, 1 << 20, 1, 1]) { try $0.node("Tile", [$1, $2]) },
    Greedy("Pad", [0, 0, 0, 1 << 33, 0, 0, 0, 1 << 33]) { try $0.node("Pad", [$1, $2]) },
    Greedy("Pad by its edge", [0, 0, 0, 1 << 33, 0, 0, 0, 0]) {
      try $0.node("Pad", [$1, $2], attributes: ["mode": .string(Array("edge".utf8))])
    },
    Greedy("Resize", [1, 1, 1 << 20, 1 << 20]) { try $0.node("Resize", [$1, nil, nil, $2]) },
    Greedy("Resize, linear", [1, 1, 1 << 33, 4]) {
      try $0.node("Resize", [$1, nil, nil, $2], attributes: ["mode": .string(Array("linear".utf8))])
    },
    Greedy("Range", [0, 1 << 40, 1]) { builder, _, sizes in
      let parts = try builder.nodes("Split", [sizes], attributes: ["axis": .int(0)], outputCount: 3)
      return try builder.node("Range", try parts.map { try builder.node("Squeeze", [$0]) })
    },
    Greedy("Gather", [1 << 20, 1 << 20]) { builder, x, sizes in
      let zero = try builder.constant(Tensor(scalar: Int64(0)))
      return try builder.node("Gather", [x, builder.node("Expand", [zero, sizes])])
    },
  ]

  static let byAttributes: [Greedy] = [
    Greedy("Conv with padding") { builder, x, _ in
      try builder.convolution(x, weight: Tensor(repeating: 1 as Float, shape: [1, 1, 3, 3]), padding: 1 << 20)
    },
    Greedy("ConvTranspose with strides") { builder, x, _ in
      let weight = try builder.constant(Tensor(repeating: 1 as Float, shape: [1, 1, 1, 1]))
      return try builder.node("ConvTranspose", [x, weight], attributes: ["strides": .ints([1 << 22, 1 << 22])])
    },
    Greedy("doubling by Concat") { builder, x, _ in
      var x = x
      for _ in 0..<50 { x = try builder.concatenation([x, x]) }
      return x
    },
    Greedy("doubling a constant by Tile") { builder, _, _ in
      var x = try builder.constant(Tensor(repeating: 1 as Float, shape: [2, 2]))
      let twice = try builder.constant(Tensor(shape: [2], [Int64(2), 1]))
      for _ in 0..<40 { x = try builder.node("Tile", [x, twice]) }
      return x
    },
    Greedy("Upsample") { builder, x, _ in
      let scales = try builder.constant(Tensor(shape: [4], [1, 1, 1e6, 1e6] as [Float]))
      return try builder.node("Resize", [x, nil, scales])
    },
  ]

  private func model(_ greedy: Greedy, sizesAreConstant: Bool) throws -> Model {
    var builder = ModelBuilder(opset: 13)
    let x = try builder.input("x", shape: [1, 1, 4, 4])
    let sizes =
      sizesAreConstant
      ? try builder.constant(Tensor(shape: [greedy.sizes.count], greedy.sizes))
      : try builder.input("sizes", shape: [.fixed(greedy.sizes.count)], of: .int64)
    try builder.output(greedy.build(&builder, x, sizes), named: "y")
    return try builder.model()
  }

  private static let x = try! Tensor(repeating: 1 as Float, shape: [1, 1, 4, 4])

  @Test(arguments: byNumbers + byAttributes, [true, false]) func constantsAsk(_ greedy: Greedy, optimize: Bool) throws {
    let model = try model(greedy, sizesAreConstant: true)
    let options = SessionOptions(threads: 1, optimize: optimize, memoryLimit: Self.limit)
    let code = try errorCode { _ = try Session(model, options: options).run(["x": Self.x]) }
    #expect(code == .limitExceeded)
  }

  @Test(arguments: byNumbers) func inputsAsk(_ greedy: Greedy) throws {
    let session = try Session(
      model(greedy, sizesAreConstant: false), options: SessionOptions(threads: 1, memoryLimit: Self.limit))
    let sizes = try Tensor(shape: [greedy.sizes.count], greedy.sizes)
    for _ in 0..<2 {
      let code = try errorCode { _ = try session.run(["x": Self.x, "sizes": sizes]) }
      #expect(code == .limitExceeded)
    }
  }

  /// Sizes that overflow, or nearly do, and windows that are far larger than the image.
  @Test(arguments: [1 << 20, 1 << 31, 1 << 40, 1 << 61, Int64.max - 1], [true, false])
  func windows(large: Int64, optimize: Bool) throws {
    let options = SessionOptions(threads: 1, optimize: optimize, memoryLimit: Self.limit)
    let attributes: [AttributeList] = [
      ["pads": .ints([large, large, large, large])],
      ["pads": .ints([large, large, large, large]), "strides": .ints([large, large])],
      ["pads": .ints([0, large, 0, large]), "strides": .ints([1, large])],
      ["strides": .ints([large, large])],
      ["dilations": .ints([large, large])],
      ["dilations": .ints([large, large]), "pads": .ints([large, large, large, large])],
      ["dilations": .ints([1, large]), "pads": .ints([1, large, 1, large]), "strides": .ints([1, large])],
    ]
    for attributes in attributes {
      for kind in ["Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool"] {
        for window in kind.hasSuffix("Pool") ? [2, large] : [2] {
          let code = try errorCode {
            var builder = ModelBuilder(opset: 19)
            let x = try builder.input("x", shape: [1, 1, 4, 4])
            var attributes = attributes
            if kind.hasSuffix("Pool") { attributes["kernel_shape"] = .ints([window, window]) }
            let weight = try Tensor(repeating: 1 as Float, shape: [1, 1, 2, 2])
            let inputs = kind.hasSuffix("Pool") ? [x] : [x, try builder.constant(weight)]
            try builder.output(builder.node(kind, inputs, attributes: attributes), named: "y")
            _ = try Session(builder.model(), options: options).run(["x": Self.x])
          }
          #expect([nil, .limitExceeded, .invalidModel, .invalidArgument, .unsupported].contains(code))
        }
      }
    }
  }

  /// The limit applies to the session as a whole. Returned results do not count.
  @Test func resultsOfCallersDoNotCount() throws {
    var builder = ModelBuilder()
    let x = try builder.input("x", shape: ["N"])
    try builder.output(builder.node("Sign", [builder.node("Cast", [x], attributes: ["to": .int(11)])]), named: "y")
    let session = try Session(builder.model(), options: SessionOptions(threads: 1, memoryLimit: 1 << 20))
    let input = try Tensor(repeating: 2 as Float, shape: [40_000])
    var results: [Tensor] = []
    for _ in 0..<20 { results.append(try session.run(["x": input])["y"]!) }
    #expect(results.allSatisfy { $0.count == 40_000 })
    let large = try Tensor(repeating: 2 as Float, shape: [400_000])
    #expect(try errorCode { _ = try session.run(["x": large]) } == .limitExceeded)
    #expect(try errorCode { _ = try session.run(["x": input]) } == nil)
  }

  @Test func runsAtATimeShareTheLimit() throws {
    let budget = MemoryBudget(limit: 1000)
    let first: AlignedMemory? = try AlignedMemory(byteCount: 600, budget: budget)
    #expect(try errorCode { _ = try AlignedMemory(byteCount: 600, budget: budget) } == .limitExceeded)
    #expect(budget.available == 400)
    withExtendedLifetime(first) {}
  }

  @Test func tensorsCountWhileTheyExist() throws {
    let budget = MemoryBudget(limit: 1000)
    var tensor: Tensor? = try budget.charging { () throws(InfoldError) in try Tensor(zeros: [200], of: .float32) }
    #expect(budget.available == 200)
    let copy = tensor
    tensor = nil
    #expect(budget.available == 200)
    copy?.leaveBudget()
    #expect(budget.available == 1000)
    copy?.leaveBudget()
    #expect(budget.available == 1000)
    #expect(
      try errorCode { try budget.charging { () throws(InfoldError) in _ = try Tensor(zeros: [.max], of: .uint8) } }
        == .limitExceeded)
    #expect(budget.available == 1000)
  }

  /// The copy of a shared tensor counts before it is made.
  @Test func copiesThatDoNotFit() throws {
    let budget = MemoryBudget(limit: 1000)
    let original = try Tensor(repeating: 1 as Float, shape: [300])
    var copy = original
    let change = { () throws(InfoldError) in
      try budget.charging { () throws(InfoldError) in try copy.withMutableSpan(as: Float.self) { $0[0] = 2 } }
    }
    #expect(try errorCode(change) == .limitExceeded)
    #expect(copy == original && budget.available == 1000)
    try copy.withMutableSpan(as: Float.self) { $0[0] = 2 }
    #expect(try copy.element(at: 0) as Float == 2 && original.element(at: 0) as Float == 1)
  }

  /// A model whose weights are also referenced elsewhere, with limits from 1 KB to enough: each entry point gives an error or a result, and
  /// results do not depend on the limit.
  @Test(arguments: [true, false]) func everyEntry(optimize: Bool) async throws {
    var network = NetworkBuilder()
    var y = network.input(["N", 8, 6, 6])
    for (channels, inner) in [(64, 8), (64, 64)] {
      y = try network.node("Conv", [y, network.weights([channels, inner, 3, 3], in: -0.1...0.1)])
      y = try network.node("Relu", [network.normalization(y, channels: channels)])
    }
    let model = try network.finished(network.node("GlobalAveragePool", [y])).model
    let x = try network.random.tensor([2, 8, 6, 6])
    let unlimited = SessionOptions(threads: 1, optimize: optimize)
    func output(_ session: Session) throws -> Tensor { try session.run(x) }
    let truth = try output(Session(model, options: unlimited))
    var refusals = 0, limit = 1024
    while limit <= 1 << 26 {
      var options = unlimited
      options.memoryLimit = limit
      let entries: [() async throws -> Tensor?] = [
        { try output(Session(model, options: options)) },
        { try Session(model, options: options).runHere(["x": x]).values.first },
        { try await Session(model, options: options).run(["x": x]).values.first },
        {
          var results: [Tensor] = []
          try Session(model, options: options).run([x], into: &results)
          return results[0]
        },
        {
          let session = try Session(model.binding(inputs: ["x": [2, 8, 6, 6]]), options: options)
          _ = try session.layerTimes(["x": x], runs: 1)
          try session.warmUp(["x": x])
          return try output(session)
        },
        {
          _ = try MemoryBudget(limit: limit).charging { () throws(InfoldError) in
            try FoldBatchNormalization().fold(model.graph)
          }
          return nil
        },
        {
          let evaluator = try ReferenceEvaluator(model.graph, precision: .double, memoryLimit: limit)
          _ = try evaluator.run([model.graph.inputs[0]: x])
          return nil
        },
      ]
      for entry in entries {
        do {
          let result = try await entry()
          #expect(result == nil || result == truth, "\(limit)")
        } catch let error as InfoldError {
          #expect(error.code == .limitExceeded, "\(limit): \(error)")
          refusals += 1
        }
      }
      limit *= 2
    }
    #expect(refusals > 20 && limit > 1 << 26)
    #expect(try output(Session(model, options: unlimited)) == truth)
  }

  /// The double-precision evaluation, which the tool runs without a session.
  @Test(arguments: byAttributes) func evaluation(_ greedy: Greedy) throws {
    let graph = try model(greedy, sizesAreConstant: true).graph
    let code = try errorCode {
      let evaluator = try ReferenceEvaluator(graph, precision: .double, memoryLimit: Self.limit)
      _ = try evaluator.run([graph.inputs[0]: Self.x])
    }
    #expect(code == .limitExceeded)
  }
}
