import Glibc
import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Creating a session and running it takes time about proportional to the model: four times the nodes may not take twelve times the
/// processor time. Quadratic work would take sixteen times, and far more at the sizes that models may have.
@Suite(.serialized) struct PlanningWorkTests {
  /// Graphs in which all values live at the same time, or depend on one node.
  enum Kind: String, CaseIterable {
    case outputs, references, split, splitAndConcat, concat, chain, convolutions, inputs

    func model(_ count: Int) throws -> Model {
      var network = NetworkBuilder()
      switch self {
      case .outputs:
        let x = network.input([1, 4])
        return try network.finished((0..<count).map { _ in try network.node("Relu", [x]) }).model
      case .references:
        let x = network.input([1, 4])
        return try network.finished((0..<count).map { _ in try network.node("ArgMax", [x]) }).model
      case .split:
        let x = network.input([1, .fixed(count)])
        return try network.finished(network.nodes("Split", [x], ["axis": .int(1)], outputs: count)).model
      case .splitAndConcat:
        let x = network.input([1, .fixed(count)])
        let parts = try network.nodes("Split", [x], ["axis": .int(1)], outputs: count)
        return try network.finished(network.node("Concat", parts.reversed(), ["axis": .int(1)])).model
      case .concat:
        let x = network.input([1, 4])
        let parts = try (0..<count).map { _ in try network.node("Softmax", [x]) }
        return try network.finished(network.node("Concat", parts, ["axis": .int(1)])).model
      case .chain:
        var x = network.input([4, 4])
        for index in 0..<count { x = try network.node(index.isMultiple(of: 2) ? "Sigmoid" : "Transpose", [x]) }
        return try network.finished(x).model
      case .convolutions:
        let x = network.input([1, 2, 2, 2])
        let weights = try network.weights([2, 2, 1, 1])
        let outputs = try (0..<count / 2).map { _ in
          try network.normalization(network.node("Conv", [x, weights]), channels: 2)
        }
        return try network.finished(outputs).model
      case .inputs:
        return try network.finished(
          (0..<count).map { index in
            try network.node("Relu", [network.input([2], "x\(index)")])
          }
        ).model
      }
    }
  }

  private static func processorTime() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

  /// The minimum of three measurements.
  private static func time(_ body: () throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<3 {
      let begin = processorTime()
      try body()
      least = min(least, processorTime() - begin)
    }
    return least
  }

  @Test(arguments: Kind.allCases, [true, false]) func sessions(kind: Kind, optimize: Bool) throws {
    let times = try [1500, 6000].map { count in
      let model = try kind.model(count)
      var inputs: [String: Tensor] = [:]
      for id in model.graph.inputs {
        inputs[model.graph[id].name] = try Tensor(zeros: model.graph[id].type!.shape!.sizes!, of: .float32)
      }
      return try Self.time {
        let session = try Session(model, options: SessionOptions(threads: 1, optimize: optimize))
        _ = try session.run(inputs)
      }
    }
    #expect(times[1] < 12 * times[0] + 0.05, "\(kind): \(times)")
  }

  /// A sequence of regions with data-dependent sizes. In each, a node reads the result of long arithmetic on the first of the sizes.
  @Test(arguments: [true, false]) func dataDependentRegions(optimize: Bool) throws {
    let times = try [100, 400].map { count in
      var network = NetworkBuilder()
      let one = try network.constant(Tensor(shape: [1], [1] as [Float])), zeros = network.constant(try .list(0, 0))
      var y = try network.node("Add", [network.input([2, 2]), one])
      var sizes = try network.node("Shape", [network.node("NonZero", [y])])
      for _ in 0..<count { sizes = try network.node("Add", [sizes, zeros]) }
      for _ in 0..<count {
        let found = try network.node("Cast", [network.node("NonZero", [y])], ["to": .int(1)])
        y = try network.node("Add", [network.node("Slice", [found, zeros, sizes]), one])
      }
      let model = try network.finished(y).model, input = try Tensor(zeros: [2, 2], of: .float32)
      return try Self.time {
        _ = try Session(model, options: SessionOptions(threads: 1, optimize: optimize)).run(["x": input])
      }
    }
    #expect(times[1] < 12 * times[0] + 0.05, "\(times)")
  }

  /// Each size is data-dependent unless a value has one element, which inference assumes before the run. Each region therefore turns out to
  /// contain the next one.
  @Test(arguments: [true, false]) func regionsInRegions(optimize: Bool) throws {
    let times = try [100, 400].map { count in
      var network = NetworkBuilder()
      let one = network.constant(try .list(1)), half = try network.constant(Tensor(shape: [1], [0.5] as [Float]))
      let x = network.input([3]), three = try network.node("Cast", [network.node("ReduceSum", [x])], ["to": .int(7)])
      var y = try network.node(
        "Cast", [network.node("Squeeze", [network.node("NonZero", [x]), network.constant(try .list(0))])],
        ["to": .int(1)])
      for _ in 0..<count {
        let index = try network.node("Min", [network.node("Sub", [network.node("Shape", [y]), one]), one])
        let sizes = try network.node("Concat", [one, three], ["axis": .int(0)])
        y = try network.node("Expand", [half, network.node("Gather", [sizes, index])])
      }
      let graph = try network.finished(y), input = try Tensor(shape: [3], [1, 1, 1] as [Float])
      return try Self.time {
        let session = try Session(graph.model, options: SessionOptions(threads: 1, optimize: optimize))
        #expect(try session.run(["x": input]).values.first?.shape == [3])
      }
    }
    #expect(times[1] < 12 * times[0] + 0.05, "\(times)")
  }

  @Test func foldingByNames() throws {
    let times = try [1500, 6000].map { count in
      let graph = try Kind.convolutions.model(count).graph
      return try Self.time { _ = try FoldBatchNormalization().fold(graph) }
    }
    #expect(times[1] < 12 * times[0] + 0.05, "\(times)")
  }

  /// Blocks that are all live at the same time.
  @Test func arenas() {
    let times = [5000, 20_000, 80_000].map { count in
      Self.time {
        _ = ArenaLayout((0..<count).map { ArenaLayout.Block(byteCount: 64 + $0 % 4096, lifetime: 0...count) })
      }
    }
    #expect(times[2] < 12 * times[1] + 0.05, "\(times)")
  }
}
