import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct RecognizeLayerNormalizationTests {
  /// A way to write a layer normalization, or a change that prevents its recognition.
  struct Form: Sendable {
    var squaresByMul = false
    var subtractsTwice = false
    /// Whether the difference is multiplied by the inverse of the deviation instead of divided by the deviation.
    var multipliesByInverse = false
    var meanAxes: [Int64] = [-1]
    var varianceAxes: [Int64] = [-1]
    var keepsDimensions = true
    var exponent: Float = 2
    var hasIntegerExponent = false
    var epsilon: Float = 1e-3
    var scale: [Int]? = [6]
    var shift: [Int]? = [6]
    /// Whether another node reads the value before the scale.
    var showsNormal = false
    var shape: Shape = ["N", 4, 6]
  }

  private func graph(_ form: Form) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input(form.shape)
    let keep: Attribute = .int(form.keepsDimensions ? 1 : 0)
    let mean = try network.node("ReduceMean", [x], ["axes": .ints(form.meanAxes), "keepdims": keep])
    let difference = try network.node("Sub", [x, mean])
    let other = form.subtractsTwice ? try network.node("Sub", [x, mean]) : difference
    let square =
      form.squaresByMul
      ? try network.node("Mul", [other, other])
      : try network.node(
        "Pow",
        [
          other,
          network.constant(
            form.hasIntegerExponent
              ? try Tensor(scalar: Int64(form.exponent)) : try Tensor(scalar: form.exponent)),
        ])
    let variance = try network.node("ReduceMean", [square], ["axes": .ints(form.varianceAxes), "keepdims": keep])
    let sum = try network.node("Add", [variance, network.constant(try Tensor(scalar: form.epsilon))])
    let deviation = try network.node("Sqrt", [sum])
    let normal =
      try form.multipliesByInverse
      ? network.node("Mul", [network.node("Reciprocal", [deviation]), difference])
      : network.node("Div", [difference, deviation])
    var y = normal
    if let scale = form.scale { y = try network.node("Mul", [y, try network.weights(scale)]) }
    if let shift = form.shift { y = try network.node("Add", [try network.weights(shift), y]) }
    return try form.showsNormal ? network.finished(y, normal) : network.finished(y)
  }

  private func operators(_ graph: Graph) throws -> [String] {
    let inputs = try graph.randomInputs()
    let result = try RemoveDeadCode().run(on: RecognizeLayerNormalization().run(on: graph).graph).graph
    let expected = try ReferenceEvaluator(graph, precision: .double).run(inputs)
    for (found, wanted) in zip(try ReferenceEvaluator(result, precision: .double).run(inputs), expected) {
      let a = try found.elements(as: Double.self), b = try wanted.elements(as: Double.self)
      #expect(zip(a, b).allSatisfy { ($0 - $1).magnitude < 1e-6 })
    }
    return result.nodes.map(\.opType)
  }

  @Test(arguments: [
    Form(), Form(squaresByMul: true), Form(subtractsTwice: true), Form(scale: nil), Form(shift: nil),
    Form(multipliesByInverse: true), Form(multipliesByInverse: true, scale: nil),
    Form(scale: nil, shift: nil), Form(scale: [1, 1, 6], shift: [1, 6]),
    Form(meanAxes: [1, 2], varianceAxes: [2, 1], scale: [4, 6], shift: [4, 6]), Form(meanAxes: [2]),
    Form(hasIntegerExponent: true),
  ])
  func becomesOneNode(form: Form) throws {
    #expect(try operators(graph(form)) == ["LayerNormalization"])
  }

  /// The arithmetic after the division remains if it is not a scale or shift of the normalized dimensions.
  @Test func arithmeticBehind() throws {
    #expect(try operators(graph(Form(scale: [4, 1]))) == ["LayerNormalization", "Mul", "Add"])
    #expect(try operators(graph(Form(showsNormal: true))) == ["LayerNormalization", "Mul", "Add"])
    #expect(try operators(graph(Form(scale: [], shift: nil))) == ["LayerNormalization", "Mul"])
    #expect(try operators(graph(Form(shift: [1, 1, 1]))) == ["LayerNormalization", "Add"])
  }

  @Test(arguments: [
    Form(meanAxes: [1], varianceAxes: [1]), Form(varianceAxes: [1]), Form(exponent: 4), Form(epsilon: 0),
    Form(keepsDimensions: false, scale: [6, 6], shift: nil, shape: [6, 6]),
  ])
  func staysAsItIs(form: Form) throws {
    let graph = try graph(form)
    #expect(try operators(graph) == graph.nodes.map(\.opType))
  }

  /// If a size is dynamic, it is unknown how many ones a scale needs.
  @Test func openSizes() throws {
    let graph = try graph(Form(scale: nil, shift: nil, shape: [2, "C"]))
    #expect(try RecognizeLayerNormalization().run(on: graph).changes.isEmpty)
  }
}
