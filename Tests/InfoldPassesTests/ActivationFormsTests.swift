import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// More forms in which exporters write activations. Numbers are float64, so that a constant has the digits of the definition, and results
/// must agree to the last few digits of a double.
@Suite struct ActivationFormsTests {
  /// A formula of x [2, 3, 4] in one element type.
  private struct Formula {
    var network: NetworkBuilder
    let type: ElementType
    let x: ValueID

    init(_ type: ElementType, opset: Int) {
      network = NetworkBuilder(opset: opset)
      self.type = type
      x = network.input([2, 3, 4], of: type)
    }

    mutating func number(_ number: Double) throws -> ValueID {
      network.constant(try Tensor(scalar: number).converted(to: type))
    }

    mutating func node(_ opType: String, _ inputs: ValueID...) throws -> ValueID { try network.node(opType, inputs) }

    mutating func scaled(_ x: ValueID, by factor: Double) throws -> ValueID { try node("Mul", x, number(factor)) }

    mutating func raised(_ x: ValueID, by summand: Double) throws -> ValueID { try node("Add", number(summand), x) }

    /// e⁻ˣ, of x negated by a node or by a factor.
    mutating func decay(_ x: ValueID, byFactor: Bool = false) throws -> ValueID {
      try node("Exp", byFactor ? scaled(x, by: -1) : node("Neg", x))
    }

    /// 1 ÷ (1 + e⁻ˣ).
    mutating func sigmoid(_ x: ValueID) throws -> ValueID {
      try node("Div", number(1), raised(decay(x), by: 1))
    }

    /// √(2 ÷ π) · (x + 0.044715 · x³) times a factor, with a power or with products.
    mutating func bent(
      byPower: Bool = false, times factor: Double = 1, with coefficient: Double = 0.044715
    ) throws -> ValueID {
      let cube = try byPower ? node("Pow", x, number(3)) : node("Mul", x, node("Mul", x, x))
      return try scaled(node("Add", x, scaled(cube, by: coefficient)), by: factor * (2 / Double.pi).squareRoot())
    }

    /// ½ · x · (1 + y).
    mutating func half(_ y: ValueID) throws -> ValueID {
      try node("Mul", scaled(x, by: 0.5), raised(y, by: 1))
    }
  }

  /// Runs the pass, and expects these operators and unchanged results.
  @discardableResult
  private func expect(
    _ operators: [String], _ type: ElementType = .float64, opset: Int = 12,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (inout Formula) throws -> ValueID
  ) throws -> Graph {
    var formula = Formula(type, opset: opset)
    let output = try body(&formula)
    let graph = try formula.network.finished(output)
    let rewritten = try RemoveDeadCode().run(on: try RecognizeActivations().run(on: graph).graph).graph
    #expect(rewritten.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    var random = SplitMix64(seed: 5)
    let x = try random.tensor([2, 3, 4], in: -6...6).converted(to: type)
    let expected = try ReferenceEvaluator(graph, precision: .double).run([graph.inputs[0]: x])[0]
    let result = try ReferenceEvaluator(rewritten, precision: .double).run([graph.inputs[0]: x])[0]
    #expect(try relativeError(result, expected) < (type == .float64 ? 1e-12 : 2e-6), sourceLocation: sourceLocation)
    return rewritten
  }

  @Test func geluByTanh() throws {
    for byPower in [false, true] {
      let graph = try expect(["Gelu"]) { f in try f.half(f.node("Tanh", f.bent(byPower: byPower))) }
      #expect((graph.nodes[0].typed as? Gelu)?.approximation == .tanh)
    }
    // x · (1 + 0.044715 · x²), as Hugging Face writes it.
    try expect(["Gelu"]) { f in
      let bend = try f.raised(f.scaled(f.node("Mul", f.x, f.x), by: 0.044715), by: 1)
      let slope = try f.scaled(f.x, by: (2 / Double.pi).squareRoot())
      return try f.half(f.node("Tanh", f.node("Mul", slope, bend)))
    }
    try expect(["Gelu"], .float32) { f in try f.half(f.node("Tanh", f.bent())) }
    // The same with a sigmoid.
    try expect(["Gelu"]) { f in try f.node("Mul", f.node("Sigmoid", f.bent(times: 2)), f.x) }
    try expect(["Gelu"]) { f in try f.node("Mul", f.x, f.sigmoid(f.bent(times: 2))) }
  }

  @Test func otherTangents() throws {
    for (factor, coefficient) in [(1.001, 0.044715), (1, 0.0448), (-1, 0.044715)] {
      try expect(["Mul", "Mul", "Mul", "Mul", "Add", "Mul", "Tanh", "Add", "Mul"]) { f in
        let half = try f.scaled(f.x, by: 0.5)
        let tangent = try f.node("Tanh", f.bent(times: factor, with: coefficient))
        return try f.node("Mul", half, f.raised(tangent, by: 1))
      }
    }
    // The cube of a different value.
    try expect(["Mul", "Abs", "Pow", "Mul", "Add", "Mul", "Tanh", "Add", "Mul"]) { f in
      let half = try f.scaled(f.x, by: 0.5)
      let cube = try f.node("Pow", f.node("Abs", f.x), f.number(3))
      let bent = try f.node("Add", f.x, f.scaled(cube, by: 0.044715))
      return try f.node("Mul", half, f.raised(f.node("Tanh", f.scaled(bent, by: (2 / Double.pi).squareRoot())), by: 1))
    }
  }

  @Test func swish() throws {
    try expect(["Swish"]) { f in try f.node("Mul", f.sigmoid(f.x), f.x) }
    try expect(["Swish"]) { f in try f.node("Mul", f.x, f.node("Reciprocal", f.raised(f.decay(f.x), by: 1))) }
    for byFactor in [false, true] {
      try expect(["Swish"]) { f in try f.node("Div", f.x, f.raised(f.decay(f.x, byFactor: byFactor), by: 1)) }
    }
    try expect(["Neg", "Exp", "Add", "Div"]) { f in try f.node("Div", f.x, f.raised(f.decay(f.x), by: 2)) }
    try expect(["Neg", "Exp", "Add", "Div"]) { f in
      let sum = try f.raised(f.decay(f.x), by: 1)
      return try f.node("Div", sum, f.x)
    }
    try expect(["Mul", "Exp", "Add", "Div"]) { f in
      try f.node("Div", f.x, f.raised(f.node("Exp", f.scaled(f.x, by: -2)), by: 1))
    }
  }

  /// Gelu with a sigmoid is Swish with a factor, which Swish's attribute must represent.
  @Test func swishWithAFactor() throws {
    let alpha = Double(Float(1.702))
    let graph = try expect(["Swish"]) { f in try f.node("Mul", f.x, f.node("Sigmoid", f.scaled(f.x, by: alpha))) }
    #expect((graph.nodes[0].typed as? Swish)?.alpha == 1.702)
    // A product with 1 is kept.
    try expect(["Mul", "Sigmoid", "Mul"], .float32) { f in
      try f.node("Mul", f.node("Sigmoid", f.scaled(f.x, by: 1)), f.x)
    }
    try expect(["Mul", "Sigmoid", "Mul"]) { f in
      try f.node("Mul", f.x, f.node("Sigmoid", f.scaled(f.x, by: 1.702)))
    }
  }

  @Test func hardSwish() throws {
    try expect(["HardSwish"], .float32) { f in
      let gate = try f.raised(f.node("Div", f.x, f.number(6)), by: 0.5)
      return try f.node("Mul", f.x, f.node("Clip", gate, f.number(0), f.number(1)))
    }
    // Bounds as Min and Max, or as Relu.
    try expect(["HardSwish"]) { f in
      let gate = try f.node("Min", f.node("Relu", f.raised(f.x, by: 3)), f.number(6))
      return try f.scaled(f.node("Mul", f.x, gate), by: 1.0 / 6)
    }
    try expect(["HardSwish"]) { f in
      let gate = try f.node("Max", f.number(0), f.node("Min", f.raised(f.x, by: 3), f.number(6)))
      return try f.node("Mul", gate, f.node("Div", f.x, f.number(6)))
    }
    try expect(["Div", "Add", "Clip", "Mul"], .float32) { f in
      let gate = try f.raised(f.node("Div", f.x, f.number(6)), by: 0.4)
      return try f.node("Mul", f.x, f.node("Clip", gate, f.number(0), f.number(1)))
    }
    try expect(["Add", "Relu", "Min", "Mul", "Mul"]) { f in
      let gate = try f.node("Min", f.node("Relu", f.raised(f.x, by: 3)), f.number(5))
      return try f.scaled(f.node("Mul", f.x, gate), by: 1.0 / 6)
    }
  }

  /// The factors of a product may be in any order, and a constant may be split. A factor may itself be a product.
  @Test func products() throws {
    try expect(["Gelu"]) { f in
      let erf = try f.raised(f.node("Erf", f.scaled(f.x, by: 0.5.squareRoot())), by: 1)
      return try f.scaled(f.node("Mul", f.scaled(erf, by: 0.25), f.x), by: 2)
    }
    try expect(["Mul", "Swish"]) { f in
      let y = try f.node("Mul", f.x, f.x)
      return try f.node("Mul", f.node("Sigmoid", y), y)
    }
    try expect(["Mul", "Swish"]) { f in
      let y = try f.scaled(f.x, by: 2)
      return try f.node("Mul", f.node("Sigmoid", y), y)
    }
    // A factor too many.
    try expect(["Abs", "Sigmoid", "Mul", "Mul"]) { f in
      let other = try f.node("Abs", f.x)
      let gate = try f.node("Sigmoid", f.x)
      return try f.node("Mul", other, f.node("Mul", other, gate))
    }
  }

  /// A product inside of an activation that is the first of two.
  @Test func activationsOfActivations() throws {
    try expect(["Swish", "Swish"]) { f in
      let y = try f.node("Mul", f.x, f.node("Sigmoid", f.x))
      return try f.node("Mul", y, f.node("Sigmoid", y))
    }
  }

  /// In a long chain of constants, the time per constant does not grow.
  @Test func longChains() throws {
    var formula = Formula(.float32, opset: 12)
    var y = formula.x
    for _ in 0..<20000 { y = try formula.scaled(y, by: 1) }
    let graph = try formula.network.finished(y)
    #expect(try RecognizeActivations().run(on: graph).changes.isEmpty)
  }
}
