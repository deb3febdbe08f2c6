import Glibc
import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Making a session and running it takes time in proportion to the model, or little more: four times the nodes may not take twelve
/// times the processor's time. What grew with the square took sixteen times, and far more at the sizes that models may have.
@Suite(.serialized) struct PlanningWorkTests {
  /// Graphs in which everything lives at the same time, or hangs on one node.
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

  /// The least of three measurements.
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

  @Test func foldingByNames() throws {
    let times = try [1500, 6000].map { count in
      let graph = try Kind.convolutions.model(count).graph
      return try Self.time { _ = try FoldBatchNormalization().fold(graph) }
    }
    #expect(times[1] < 12 * times[0] + 0.05, "\(times)")
  }

  /// Blocks that all live at the same time.
  @Test func arenas() {
    let times = [5000, 20_000, 80_000].map { count in
      Self.time {
        _ = ArenaLayout((0..<count).map { ArenaLayout.Block(byteCount: 64 + $0 % 4096, lifetime: 0...count) })
      }
    }
    #expect(times[2] < 12 * times[1] + 0.05, "\(times)")
  }
}
