import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Pairs of networks that compute the same. No difference is reported.
@Suite struct RightPairTests {
  private func expectEqual(
    _ first: Graph, _ second: Graph, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (first, second) in [(first, second), (second, first)] {
      let report = try compared(first, second)
      #expect(report.equal, "\(report.first as Any)", sourceLocation: sourceLocation)
      #expect(report.first == nil && report.values.compared > 0, sourceLocation: sourceLocation)
    }
  }

  struct Form: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (Graph) throws -> Graph

    init(_ description: String, _ change: @escaping @Sendable (Graph) throws -> Graph) {
      (testDescription, self.change) = (description, change)
    }
  }

  @Test(arguments: [
    Form("itself") { $0 },
    Form("folded") { try $0.folded() },
    Form("optimized") { try $0.optimized() },
    Form("renamed") { $0.renamed() },
    Form("folded and renamed") { try $0.folded().renamed() },
    Form("names of other values") { $0.shiftedNames() },
    Form("folded, names of other values") { try $0.folded().shiftedNames() },
  ]) func rewritten(_ form: Form) throws {
    let graph = try ImageNetwork().graph()
    try expectEqual(graph, form.change(graph))
  }

  struct Writing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout ImageNetwork) -> Void

    init(_ description: String, _ change: @escaping @Sendable (inout ImageNetwork) -> Void) {
      (testDescription, self.change) = (description, change)
    }
  }

  static let writings = [
    Writing("Identity nodes") { $0.isNoisy = true },
    Writing("MatMul and Add") { $0.splitsGemm = true },
    Writing("Min and Max") { $0.splitsClip = true },
    Writing("an activation by its formula") { $0.writesActivation = true },
    Writing("Reshape instead of Flatten") { $0.flattens = false },
    Writing("sizes instead of scales") { $0.sizes = true },
    Writing("a bias by a node of its own") { $0.splitsBias = true },
    Writing("all of it, as another exporter") {
      ($0.isNoisy, $0.splitsGemm, $0.splitsClip, $0.writesActivation) = (true, true, true, true)
      ($0.flattens, $0.sizes, $0.splitsBias) = (false, true, true)
    },
  ]

  @Test(arguments: writings) func writtenDifferently(_ writing: Writing) throws {
    let first = try ImageNetwork().graph(), second = try ImageNetwork.with(writing.change)
    try expectEqual(first, second)
    try expectEqual(first, second.renamed())
    try expectEqual(first.folded(), second)
  }

  /// Channels in another order, which the next layer undoes.
  @Test func permutedChannels() throws {
    let first = try ImageNetwork().graph(), order = [3, 0, 7, 1, 2, 6, 4, 5]
    func rows(_ numbers: inout [Float], _ length: Int) {
      let old = numbers
      for (row, source) in order.enumerated() {
        for index in 0..<length { numbers[row * length + index] = old[source * length + index] }
      }
    }
    func columns(_ numbers: inout [Float]) {
      let length = 9
      for row in 0..<8 {
        var part = Array(numbers[(row * 8 * length)..<((row + 1) * 8 * length)])
        rows(&part, length)
        numbers.replaceSubrange((row * 8 * length)..<((row + 1) * 8 * length), with: part)
      }
    }
    let second = try first.changing("w2") { rows(&$0, 72) }.changing("w3") { columns(&$0) }
    try expectEqual(first, second)
    let report = try compared(first, second)
    #expect(report.notes.contains { $0.contains("\"conv2.out\" are in another order") }, "\(report.notes)")
    // The next layer does not undo it.
    let wrong = try compared(first, first.changing("w2") { rows(&$0, 72) })
    #expect(wrong.first?.node == "conv2")
  }

  /// Factors that one layer introduces and the next one removes.
  @Test func movedScale() throws {
    let first = try ImageNetwork().graph()
    let second = try first.changing("w2") { weights in
      for row in 0..<8 { for index in 0..<72 { weights[row * 72 + index] *= 1 + 0.3 * Float(row) } }
    }.changing("w3") { weights in
      for row in 0..<8 {
        for column in 0..<8 { for tap in 0..<9 { weights[(row * 8 + column) * 9 + tap] /= 1 + 0.3 * Float(column) } }
      }
    }
    try expectEqual(first, second)
    let report = try compared(first, second)
    #expect(report.notes.contains { $0.contains("multiplied by factors") }, "\(report.notes)")
  }

  /// A normalization over the last axis, as an operator and as its formula.
  @Test func normalizationByItsFormula() throws {
    func network(isWritten: Bool) throws -> Graph {
      var network = NetworkBuilder(opset: 18, seed: 9)
      let x = network.input([2, 5, 16])
      let (scale, shift) = (try network.weights([16]), try network.weights([16]))
      let epsilon = network.constant(try Tensor(scalar: Float(1e-5))),
        two = network.constant(try Tensor(scalar: Float(2)))
      let weight = try network.weights([16, 16])
      var y: ValueID
      if isWritten {
        let axes = network.constant(try Tensor(shape: [1], [-1] as [Int64]))
        let mean = try network.node("ReduceMean", [x, axes])
        let centered = try network.node("Sub", [x, mean])
        let squares = try network.node("Pow", [centered, two])
        let variance = try network.node("ReduceMean", [squares, axes])
        let shifted = try network.node("Add", [variance, epsilon])
        let deviation = try network.node("Sqrt", [shifted])
        let normal = try network.node("Div", [centered, deviation])
        let scaled = try network.node("Mul", [normal, scale])
        y = try network.node("Add", [scaled, shift], name: "normalized")
      } else {
        y = try network.node("LayerNormalization", [x, scale, shift], ["epsilon": .float(1e-5)], name: "normalized")
      }
      y = try network.node("MatMul", [y, weight], name: "matmul")
      return try network.finished(y)
    }
    try expectEqual(network(isWritten: true), network(isWritten: false))
  }

  /// Rounding errors do not accumulate over twenty folded layers.
  @Test func deepNetwork() throws {
    var network = NetworkBuilder(opset: 18, seed: 21)
    var x = network.input([1, 6, 9, 9])
    for index in 0..<20 {
      let weights = try network.weights([6, 6, 3, 3], in: -0.4...0.4)
      x = try network.node("Conv", [x, weights], ["pads": .ints([1, 1, 1, 1])], name: "conv\(index)")
      x = try network.normalization(x, channels: 6, name: "bn\(index)")
      x = try network.node("Relu", [x], name: "relu\(index)")
    }
    let graph = try network.finished(x)
    try expectEqual(graph, graph.folded())
    let wrong = try graph.changing(graph[graph.nodes[27].inputs[1]!].name) { $0[5] += 0.01 }
    let report = try compared(graph, wrong.folded())
    #expect(report.first?.node == "conv9")
  }
}
