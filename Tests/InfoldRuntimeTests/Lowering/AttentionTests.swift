import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Attention that is written as separate nodes runs as one step.
@Suite struct AttentionTests {
  /// Queries, keys and values as they are multiplied, or as models have them before transposing them.
  struct Form: Sendable, CustomStringConvertible {
    var batch = 2
    var heads = 3
    var rows = 7
    var inner = 8
    var keys = 5
    var columns = 4
    /// Whether the heads come after the positions, so that transpositions move them forward.
    var headsAreInside = false
    var transposesKeys = true
    var scale: Float? = 0.35
    var divides = false
    var mask: [Int]?

    var description: String {
      "\(batch)×\(heads)×\(rows)×\(inner), \(keys)×\(columns), \(headsAreInside), \(transposesKeys), \(String(describing: mask))"
    }

    func graph() throws -> Graph {
      var network = NetworkBuilder()
      func operand(_ name: String, _ sizes: [Int], _ axes: [Int64] = [0, 1, 2, 3]) throws -> ValueID {
        // The sizes of x before it is transposed at run time.
        var before = sizes
        for (axis, size) in zip(axes, sizes) { before[Int(axis)] = size }
        let x = network.input(Shape(before), name)
        return try axes == [0, 1, 2, 3] ? x : network.node("Transpose", [x], ["perm": .ints(axes)])
      }
      let inside: [Int64] = headsAreInside ? [0, 2, 1, 3] : [0, 1, 2, 3]
      let keyAxes: [Int64] = headsAreInside ? [0, 2, 3, 1] : [0, 1, 3, 2]
      let q = try operand("q", [batch, heads, rows, inner], inside)
      let k = try operand("k", [batch, heads, inner, keys], transposesKeys ? keyAxes : [0, 1, 2, 3])
      let v = try operand("v", [batch, heads, keys, columns], inside)
      var scores = try network.node("MatMul", [q, k])
      if let scale {
        let factor = network.constant(try Tensor(scalar: divides ? 1 / scale : scale))
        scores = try network.node(divides ? "Div" : "Mul", [scores, factor])
      }
      if let mask { scores = try network.node("Add", [network.input(Shape(mask), "mask"), scores]) }
      var y = try network.node("MatMul", [network.node("Softmax", [scores], ["axis": .int(-1)]), v])
      if headsAreInside { y = try network.node("Transpose", [y], ["perm": .ints(inside)]) }
      return try network.finished(y)
    }
  }

  private static let forms = [
    Form(), Form(headsAreInside: true), Form(transposesKeys: false), Form(scale: nil), Form(divides: true),
    Form(mask: [2, 3, 7, 5]), Form(headsAreInside: true, mask: [2, 1, 1, 5]), Form(mask: [7, 5]), Form(mask: [5]),
    Form(headsAreInside: true, scale: nil, mask: [3, 1, 5]),
    Form(batch: 1, heads: 1, rows: 1, inner: 1, keys: 1, columns: 1),
    Form(batch: 1, heads: 2, rows: 150, inner: 33, keys: 130, columns: 40, headsAreInside: true),
    Form(batch: 1, heads: 1, rows: 20, inner: 5, keys: 3000, columns: 3, mask: [20, 3000]),
  ]

  @Test(arguments: forms) func isOneStep(form: Form) throws {
    let graph = try form.graph()
    try expectKernels(graph, tolerance: 1e-5)
    let session = try Session(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)]))
    let shapes = Dictionary(uniqueKeysWithValues: graph.inputs.map { (graph[$0].name, graph[$0].type!.shape!.sizes!) })
    #expect(try session.algorithms(for: shapes) == ["attention"])
  }

  /// Every row has the same bits as a product, a softmax and a product in sequence, which are used if another node reads the scores.
  @Test(arguments: forms) func keepsBits(form: Form) throws {
    let graph = try form.graph()
    var shown = graph
    shown.outputs.append(try #require(graph.nodes.first { $0.opType == "Softmax" }?.outputs[0]))
    var random = SplitMix64(seed: 4)
    var inputs: [String: Tensor] = [:]
    for id in graph.inputs { inputs[graph[id].name] = try random.tensor(graph[id].type!.shape!.sizes!, in: -2...2) }
    func result(_ graph: Graph) throws -> Tensor? {
      let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])
      return try Session(model).run(inputs)[graph[graph.outputs[0]].name]
    }
    // A division by a constant becomes a product with its rounded inverse.
    guard !form.divides else { return }
    #expect(try result(graph) == result(shown))
  }

  /// Channels-last operands.
  @Test func imagesAsSequences() throws {
    var network = NetworkBuilder()
    let x = try network.operand([2, 6, 4, 5], .channelsLast)
    func sequence(_ channels: Int) throws -> ValueID {
      let y = try network.node("Conv", [x, network.weights([channels, 6, 1, 1])])
      return try network.node("Reshape", [y, network.constant(try .list(2, Int64(channels), 20))])
    }
    func transposed(_ x: ValueID) throws -> ValueID { try network.node("Transpose", [x], ["perm": .ints([0, 2, 1])]) }
    let scores = try network.node("MatMul", [transposed(sequence(3)), sequence(3)])
    let shares = try network.node("Softmax", [scores], ["axis": .int(-1)])
    let y = try network.node("MatMul", [shares, transposed(sequence(7))])
    let image = try network.node("Reshape", [transposed(y), network.constant(try .list(2, 7, 4, 5))])
    try expectKernels(network.finished(network.consumed(image, rank: 4)), tolerance: 1e-5)
  }
}
