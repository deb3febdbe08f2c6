import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Products along the channels between two transpositions, some of which are convolutions.
@Suite struct RecognizeChannelMixingTests {
  private struct Form {
    var shape = [2, 4, 5, 6]
    var weight = [4, 3]
    var bias: [Int]? = [3]
    var biasIsFirst = false
    var before: [Int64] = [0, 2, 3, 1]
    var behind: [Int64] = [0, 3, 1, 2]
    var readsProduct = false
    var weightIsInput = false

    func graph() throws -> Graph {
      var network = NetworkBuilder(opset: 13)
      let x = network.input(Shape(shape))
      let a = try network.node("Transpose", [x], ["perm": .ints(before)])
      let w = weightIsInput ? network.input(Shape(weight), "w") : try network.weights(weight)
      let product = try network.node("MatMul", [a, w])
      var sum = product
      if let bias {
        let b = try network.weights(bias)
        sum = try network.node("Add", biasIsFirst ? [b, product] : [product, b])
      }
      let y = try network.node("Transpose", [sum], ["perm": .ints(behind)])
      return readsProduct ? try network.finished(y, product) : try network.finished(y)
    }
  }

  private func expect(
    _ form: Form, isFound: Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let graph = try form.graph()
    let rewritten = try RemoveDeadCode().run(on: try RecognizeChannelMixing().run(on: graph).graph).graph
    #expect((rewritten.nodes.map(\.opType) == ["Conv"]) == isFound, sourceLocation: sourceLocation)
    #expect(isFound || rewritten.nodes.count == graph.nodes.count, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    let inputs = try graph.randomInputs()
    let results = try ReferenceEvaluator(rewritten, precision: .double).run(inputs)
    for (result, wanted) in zip(results, try ReferenceEvaluator(graph, precision: .double).run(inputs)) {
      let pairs = zip(try result.widened().numbers(), try wanted.widened().numbers())
      #expect(
        result.shape == wanted.shape && pairs.allSatisfy { abs($0 - $1) <= 1e-12 }, sourceLocation: sourceLocation)
    }
  }

  @Test func mixing() throws {
    try expect(Form(), isFound: true)
    try expect(Form(bias: nil), isFound: true)
    try expect(Form(biasIsFirst: true), isFound: true)
    try expect(Form(shape: [1, 1, 1, 2], weight: [1, 1], bias: [1]), isFound: true)
    try expect(Form(shape: [2, 4, 5], before: [0, 2, 1], behind: [0, 2, 1]), isFound: true)
  }

  @Test func otherProducts() throws {
    try expect(Form(behind: [0, 3, 2, 1]), isFound: false)
    try expect(Form(before: [0, 3, 2, 1]), isFound: false)
    try expect(Form(bias: [1]), isFound: false)
    try expect(Form(bias: [6, 3]), isFound: false)
    try expect(Form(readsProduct: true), isFound: false)
    try expect(Form(weightIsInput: true), isFound: false)
    try expect(Form(shape: [2, 4, 5, 4], before: [0, 1, 2, 3]), isFound: false)
  }
}
