import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct RecognizeAttentionTests {
  /// A way to write attention, or a change that prevents its recognition.
  struct Form: Sendable {
    var query: Shape = [2, 3, 5, 4]
    var key: Shape = [2, 3, 6, 4]
    var value: Shape = [2, 3, 6, 2]
    var queryAxes: [Int64]?
    var keyAxes: [Int64]? = [0, 1, 3, 2]
    var valueAxes: [Int64]?
    var resultAxes: [Int64]?
    var scale: [Int]? = []
    var mask: [Int]?
    var axis: Int64 = -1
    var showsScores = false
    var showsShares = false
    var opset = 13
    var type = ElementType.float64
  }

  private func graph(_ form: Form) throws -> Graph {
    var network = NetworkBuilder(opset: form.opset)
    func operand(_ shape: Shape, _ name: String, _ axes: [Int64]?) throws -> ValueID {
      let x = network.input(shape, name, of: form.type)
      return try axes.map { try network.node("Transpose", [x], ["perm": .ints($0)]) } ?? x
    }
    let products = try network.node(
      "MatMul", [operand(form.query, "q", form.queryAxes), operand(form.key, "k", form.keyAxes)])
    var scores = products
    if let shape = form.scale {
      let factor = network.constant(try Tensor(repeating: Float(0.3), shape: shape).converted(to: form.type))
      scores = try network.node("Mul", [factor, scores])
    }
    if let mask = form.mask {
      scores = try network.node("Add", [scores, network.input(Shape(mask), "mask", of: form.type)])
    }
    let shares = try network.node("Softmax", [scores], ["axis": .int(form.axis)])
    var y = try network.node("MatMul", [shares, operand(form.value, "v", form.valueAxes)])
    if let axes = form.resultAxes { y = try network.node("Transpose", [y], ["perm": .ints(axes)]) }
    return try network.finished([y] + (form.showsScores ? [products] : []) + (form.showsShares ? [shares] : []))
  }

  private func operators(_ graph: Graph) throws -> [String] {
    let result = try RemoveDeadCode().run(on: RecognizeAttention().run(on: graph).graph).graph
    try result.checkTypes()
    var random = SplitMix64(seed: 8)
    var inputs: [ValueID: Tensor] = [:]
    for id in graph.inputs {
      let type = try #require(graph[id].type)
      inputs[id] = try random.tensor(type.shape!.map { $0.size ?? 2 }, in: -2...2).converted(to: type.elementType)
    }
    let expected = try ReferenceEvaluator(graph, precision: .double).run(inputs)
    for (found, wanted) in zip(try ReferenceEvaluator(result, precision: .double).run(inputs), expected) {
      #expect(found.shape == wanted.shape)
      #expect(try relativeError(found, wanted) < 1e-12)
    }
    return result.nodes.map(\.opType)
  }

  @Test(arguments: [
    Form(), Form(scale: nil), Form(scale: [1, 1]), Form(mask: [2, 3, 5, 6]), Form(mask: [2, 1, 1, 6]), Form(mask: [6]),
    Form(scale: nil, mask: [5, 6]), Form(axis: 3), Form(axis: 3, opset: 11),
    Form(key: [2, 3, 4, 6], keyAxes: nil),
    Form(
      query: [2, 5, 3, 4], key: [2, 6, 3, 4], value: [2, 6, 3, 2], queryAxes: [0, 2, 1, 3], keyAxes: [0, 2, 3, 1],
      valueAxes: [0, 2, 1, 3], resultAxes: [0, 2, 1, 3]),
    Form(value: [2, 3, 2, 6], valueAxes: [0, 1, 3, 2]),
    Form(query: [5, 4], key: [6, 4], value: [6, 2], keyAxes: [1, 0]), Form(type: .float32),
  ])
  func becomesOneNode(form: Form) throws {
    #expect(try operators(graph(form)) == ["DotProductAttention"])
  }

  /// Transpositions that would split rows remain.
  @Test func transpositionsAround() throws {
    #expect(
      try operators(graph(Form(query: [2, 3, 4, 5], queryAxes: [0, 1, 3, 2]))) == ["Transpose", "DotProductAttention"])
    #expect(try operators(graph(Form(resultAxes: [0, 1, 3, 2]))) == ["DotProductAttention", "Transpose"])
  }

  @Test(arguments: [
    Form(showsScores: true), Form(showsShares: true), Form(axis: 2), Form(axis: 2, opset: 11),
    Form(mask: [2, 3, 5, 1]), Form(scale: [1, 3, 1, 1]), Form(query: [2, 1, 5, 4]), Form(value: [3, 6, 2]),
    Form(query: ["N", 3, 5, 4], key: ["N", 3, 6, 4], value: ["N", 3, 6, 2]), Form(mask: [1, 2, 3, 5, 6]),
  ])
  func staysAsItIs(form: Form) throws {
    let graph = try graph(form)
    #expect(try operators(graph) == graph.nodes.map(\.opType))
  }
}
