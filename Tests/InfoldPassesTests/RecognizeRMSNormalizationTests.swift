import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct RecognizeRMSNormalizationTests {
  /// A way to write a root mean square normalization, or a change that prevents its recognition.
  struct Form: Sendable, CustomStringConvertible {
    /// How the value is divided by the root: directly, or by multiplying with an inverse.
    enum Inverse: String, Sendable, CaseIterable { case division, reciprocal, oneDividedByIt, power, inversePower }

    var inverse = Inverse.division
    var squaresByMul = false
    var axes: [Int64] = [-1]
    var keepsDimensions = true
    var epsilon = Double(Float(1e-3))
    var scale: [Int]? = [6]
    var scaleComesFirst = false
    /// Whether the squares are of a different value than the dividend.
    var squaresAnother = false
    /// Whether another node reads the value before the scale.
    var showsNormal = false
    var shape: Shape = ["N", 4, 6]
    var type = ElementType.float64

    var description: String {
      "\(inverse), \(squaresByMul), \(axes), \(keepsDimensions), \(epsilon), \(String(describing: scale)), \(shape), \(type)"
    }
  }

  private func graph(_ form: Form) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input(form.shape, of: form.type)
    func number(_ number: Double) throws -> ValueID {
      network.constant(try Tensor(scalar: number).converted(to: form.type))
    }
    let base = form.squaresAnother ? try network.node("Neg", [network.node("Abs", [x])]) : x
    let square =
      try form.squaresByMul ? network.node("Mul", [base, base]) : network.node("Pow", [base, number(2)])
    let mean = try network.node(
      "ReduceMean", [square], ["axes": .ints(form.axes), "keepdims": .int(form.keepsDimensions ? 1 : 0)])
    let sum = try network.node("Add", [mean, number(form.epsilon)])
    var y: ValueID
    switch form.inverse {
    case .division: y = try network.node("Div", [x, network.node("Sqrt", [sum])])
    case .reciprocal: y = try network.node("Mul", [x, network.node("Reciprocal", [network.node("Sqrt", [sum])])])
    case .oneDividedByIt:
      y = try network.node("Mul", [network.node("Div", [number(1), network.node("Sqrt", [sum])]), x])
    case .inversePower: y = try network.node("Mul", [network.node("Pow", [sum, number(-0.5)]), x])
    case .power: y = try network.node("Div", [x, network.node("Pow", [sum, number(0.5)])])
    }
    let normal = y
    if let scale = form.scale {
      let factor = network.constant(try network.random.tensor(scale, in: 0.5...2).converted(to: form.type))
      y = try network.node("Mul", form.scaleComesFirst ? [factor, y] : [y, factor])
    }
    return try form.showsNormal ? network.finished(y, normal) : network.finished(y)
  }

  private func operators(_ form: Form) throws -> [String] {
    let graph = try graph(form)
    let result = try RemoveDeadCode().run(on: RecognizeRMSNormalization().run(on: graph).graph).graph
    try result.checkTypes()
    var random = SplitMix64(seed: 3)
    let sizes = form.shape.map { $0.size ?? 3 }
    let x = try random.tensor(sizes, in: -2...2).converted(to: form.type)
    let expected = try ReferenceEvaluator(graph, precision: .double).run([graph.inputs[0]: x])
    for (found, wanted) in zip(try ReferenceEvaluator(result, precision: .double).run([graph.inputs[0]: x]), expected) {
      #expect(found.shape == wanted.shape)
      #expect(try relativeError(found, wanted) < 1e-12)
    }
    return result.nodes.map(\.opType)
  }

  @Test(arguments: Form.Inverse.allCases) func becomesOneNode(inverse: Form.Inverse) throws {
    for squaresByMul in [true, false] {
      for scale in [[6], [1, 1, 6], nil] {
        for comesFirst in [true, false] {
          let form = Form(
            inverse: inverse, squaresByMul: squaresByMul, scale: scale, scaleComesFirst: comesFirst)
          #expect(try operators(form) == ["RMSNormalization"])
        }
      }
    }
    #expect(
      try operators(Form(inverse: inverse, axes: [1, 2], scale: [4, 6], type: .float32)) == ["RMSNormalization"])
  }

  @Test func arithmeticBehind() throws {
    #expect(try operators(Form(scale: [4, 1])) == ["RMSNormalization", "Mul"])
    #expect(try operators(Form(scale: [])) == ["RMSNormalization", "Mul"])
    #expect(try operators(Form(showsNormal: true)) == ["RMSNormalization", "Mul"])
  }

  @Test(arguments: [
    Form(axes: [1]), Form(epsilon: 0), Form(epsilon: 1e-3), Form(squaresAnother: true),
    Form(keepsDimensions: false, scale: nil, shape: [6, 6]),
  ])
  func staysAsItIs(form: Form) throws {
    #expect(try operators(form) == graph(form).nodes.map(\.opType))
  }

  @Test func openSizes() throws {
    let graph = try graph(Form(scale: nil, shape: [2, "C"]))
    #expect(try RecognizeRMSNormalization().run(on: graph).changes.isEmpty)
  }
}
