import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Activations that are written as several nodes, and graphs that only look similar.
@Suite struct RecognizeActivationsTests {
  /// A network with an input x [2, 3, 4] and scalar constants.
  private struct Formula {
    var network = NetworkBuilder(opset: 20)
    let x: ValueID

    init() { x = network.input([2, 3, 4]) }

    mutating func number(_ number: Float, shape: [Int] = []) throws -> ValueID {
      network.constant(try Tensor(repeating: number, shape: shape))
    }

    mutating func node(_ opType: String, _ inputs: ValueID...) throws -> ValueID { try network.node(opType, inputs) }

    mutating func clip(_ x: ValueID, _ low: Float, _ high: Float) throws -> ValueID {
      try node("Clip", x, try number(low), try number(high))
    }

    /// clip(x + 3, 0, 6) of a value, with the given constants.
    mutating func gate(_ x: ValueID, _ shift: Float = 3, _ low: Float = 0, _ high: Float = 6) throws -> ValueID {
      try clip(try node("Add", x, try number(shift)), low, high)
    }
  }

  /// Runs the pass, and expects these operators and the same results, up to rounding constants to single precision.
  private func expect(
    _ operators: [String], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout Formula) throws -> [ValueID]
  ) throws {
    var formula = Formula()
    let outputs = try body(&formula)
    let graph = try formula.network.finished(outputs)
    let rewritten = try RemoveDeadCode().run(on: try RecognizeActivations().run(on: graph).graph).graph
    #expect(rewritten.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    let inputs = try graph.randomInputs().mapValues { try $0.mapped { (x: Float) in 5 * x } }
    let expected = try ReferenceEvaluator(graph, precision: .double).run(inputs)
    let results = try ReferenceEvaluator(rewritten, precision: .double).run(inputs)
    for (a, b) in zip(results, expected) {
      #expect(try relativeError(a, b) < 2e-6, sourceLocation: sourceLocation)
      #expect(a.shape == b.shape, sourceLocation: sourceLocation)
    }
  }

  @Test func hardSwish() throws {
    try expect(["HardSwish"]) { f in [try f.node("Div", try f.node("Mul", f.x, try f.gate(f.x)), try f.number(6))] }
    try expect(["HardSwish"]) { f in [try f.node("Mul", try f.node("Div", try f.gate(f.x), try f.number(6)), f.x)] }
    try expect(["HardSwish"]) { f in
      [try f.node("Mul", f.x, try f.node("Mul", try f.gate(f.x), try f.number(1.0 / 6)))]
    }
    try expect(["HardSwish"]) { f in
      [try f.node("Mul", try f.node("Div", f.x, try f.number(6)), try f.gate(f.x))]
    }
    try expect(["HardSwish"]) { f in
      let gate = try f.network.node("HardSigmoid", [f.x], ["alpha": .float(1.0 / 6), "beta": .float(0.5)])
      return [try f.node("Mul", gate, f.x)]
    }
  }

  @Test func swish() throws {
    try expect(["Swish"]) { f in [try f.node("Mul", f.x, try f.node("Sigmoid", f.x))] }
    try expect(["Swish"]) { f in [try f.node("Mul", try f.node("Sigmoid", f.x), f.x)] }
  }

  @Test func mish() throws {
    try expect(["Mish"]) { f in [try f.node("Mul", f.x, try f.node("Tanh", try f.node("Softplus", f.x)))] }
  }

  @Test func gelu() throws {
    func onePlusErf(_ f: inout Formula, _ x: ValueID) throws -> ValueID {
      try f.node("Add", try f.node("Erf", try f.node("Div", x, try f.number(Float(2).squareRoot()))), try f.number(1))
    }
    try expect(["Gelu"]) { f in
      [try f.node("Mul", try f.node("Mul", f.x, try onePlusErf(&f, f.x)), try f.number(0.5))]
    }
    try expect(["Gelu"]) { f in
      [try f.node("Mul", f.x, try f.node("Mul", try f.number(0.5), try onePlusErf(&f, f.x)))]
    }
    try expect(["Gelu"]) { f in
      [try f.node("Mul", try f.node("Mul", f.x, try f.number(0.5)), try onePlusErf(&f, f.x))]
    }
    // A different scale inside, and none outside.
    try expect(["Div", "Erf", "Add", "Mul", "Mul"]) { f in
      let erf = try f.node("Erf", try f.node("Div", f.x, try f.number(1.5)))
      return [try f.node("Mul", try f.node("Mul", f.x, try f.node("Add", erf, try f.number(1))), try f.number(0.5))]
    }
    try expect(["Div", "Erf", "Add", "Mul"]) { f in [try f.node("Mul", f.x, try onePlusErf(&f, f.x))] }
    try expect(["Div", "Erf", "Sub", "Mul", "Mul"]) { f in
      let erf = try f.node("Erf", try f.node("Div", f.x, try f.number(Float(2).squareRoot())))
      return [try f.node("Mul", try f.node("Mul", f.x, try f.node("Sub", erf, try f.number(1))), try f.number(0.5))]
    }
  }

  @Test func aGateOnAnotherValue() throws {
    try expect(["Neg", "Sigmoid", "Mul"]) { f in
      let other = try f.node("Neg", f.x)
      return [try f.node("Mul", f.x, try f.node("Sigmoid", other))]
    }
    try expect(["Abs", "Add", "Clip", "Mul", "Div"]) { f in
      let other = try f.node("Abs", f.x)
      return [try f.node("Div", try f.node("Mul", f.x, try f.gate(other)), try f.number(6))]
    }
    // x · 2 times the gate of x is no activation, nor is x + 1 times it, nor the gate squared.
    try expect(["Mul", "Sigmoid", "Mul"]) { f in
      [try f.node("Mul", try f.node("Mul", f.x, try f.number(2)), try f.node("Sigmoid", f.x))]
    }
    try expect(["Add", "Sigmoid", "Mul"]) { f in
      [try f.node("Mul", try f.node("Add", f.x, try f.number(1)), try f.node("Sigmoid", f.x))]
    }
    try expect(["Sigmoid", "Mul"]) { f in
      let gate = try f.node("Sigmoid", f.x)
      return [try f.node("Mul", gate, gate)]
    }
    try expect(["Abs", "Mul", "Sigmoid", "Mul"]) { f in
      let other = try f.node("Abs", f.x)
      return [try f.node("Mul", f.x, try f.node("Sigmoid", try f.node("Mul", other, try f.number(1.702))))]
    }
  }

  @Test(
    arguments: [(2, 0, 6, 6), (3, 0.1, 6, 6), (3, 0, 5, 6), (3, -1, 6, 6), (3, 0, 6, 5), (-3, 0, 6, 6)]
      as [(Float, Float, Float, Float)])
  func otherConstants(shift: Float, low: Float, high: Float, divisor: Float) throws {
    try expect(["Add", "Clip", "Mul", "Div"]) { f in
      [try f.node("Div", try f.node("Mul", f.x, try f.gate(f.x, shift, low, high)), try f.number(divisor))]
    }
  }

  @Test func arithmeticTheOtherWayRound() throws {
    // 6 ÷ (x · gate), and 3 − x in the gate.
    try expect(["Add", "Clip", "Mul", "Add", "Div"]) { f in
      let product = try f.node("Mul", f.x, try f.gate(f.x))
      return [try f.node("Div", try f.number(6), try f.node("Add", product, try f.number(9)))]
    }
    try expect(["Sub", "Clip", "Mul", "Div"]) { f in
      let gate = try f.clip(try f.node("Sub", try f.number(3), f.x), 0, 6)
      return [try f.node("Div", try f.node("Mul", f.x, gate), try f.number(6))]
    }
  }

  /// A value that other nodes read remains.
  @Test func valuesWithOtherReaders() throws {
    try expect(["Add", "Clip", "Mul", "HardSwish"]) { f in
      let product = try f.node("Mul", f.x, try f.gate(f.x))
      return [try f.node("Div", product, try f.number(6)), product]
    }
    try expect(["Sigmoid", "Swish", "Neg"]) { f in
      let gate = try f.node("Sigmoid", f.x)
      return [try f.node("Mul", f.x, gate), try f.node("Neg", gate)]
    }
  }

  /// A constant that adds a dimension changes the shape, and one with many numbers is not one number.
  @Test func constantsOfMoreDimensions() throws {
    try expect(["Add", "Clip", "Mul", "Div"]) { f in
      [try f.node("Div", try f.node("Mul", f.x, try f.gate(f.x)), try f.number(6, shape: [1, 1, 1, 1]))]
    }
    try expect(["Add", "Clip", "Mul", "Div"]) { f in
      let sum = try f.node("Add", f.x, try f.number(3, shape: [1, 1, 1, 1]))
      return [try f.node("Div", try f.node("Mul", f.x, try f.clip(sum, 0, 6)), try f.number(6))]
    }
    try expect(["HardSwish"]) { f in
      [try f.node("Div", try f.node("Mul", f.x, try f.gate(f.x)), try f.number(6, shape: [1, 1]))]
    }
    try expect(["Add", "Clip", "Mul", "Div"]) { f in
      [try f.node("Div", try f.node("Mul", f.x, try f.gate(f.x)), try f.number(6, shape: [4]))]
    }
  }

  /// Constants that a caller may override are not known.
  @Test func defaultsAreNoConstants() throws {
    try expect(["Add", "Clip", "Mul", "Div"]) { f in
      let six = f.network.overridable(try Tensor(scalar: Float(6)), "six")
      return [try f.node("Div", try f.node("Mul", f.x, try f.gate(f.x)), six)]
    }
  }
}
