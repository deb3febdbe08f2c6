import Glibc
import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// The element functions that operators declare, compared with their reference evaluations.
@Suite struct ElementFunctionTests {
  private static let numbers = [-8, -3, -2.5, -1, -0.75, -0.5, -0.125, 0, 0.125, 0.5, 0.75, 1, 1.5, 2.5, 4, 8.0]

  /// Uses whose function depends on attributes or inputs.
  private static let uses: [(name: String, opset: Int, attributes: AttributeList)] = [
    ("LeakyRelu", 16, ["alpha": .float(0.25)]), ("Elu", 22, ["alpha": .float(0.5)]),
    ("Selu", 22, ["alpha": .float(1.5), "gamma": .float(0.5)]), ("Swish", 24, ["alpha": .float(0.5)]),
    ("HardSigmoid", 22, ["alpha": .float(0.5), "beta": .float(0.25)]),
    ("Gelu", 20, ["approximate": .string(Array("tanh".utf8))]), ("Clip", 6, ["min": .float(-1), "max": .float(2)]),
    ("Clip", 1, ["max": .float(2)]), ("Clip", 6, [:]),
  ]

  private static func value(_ function: ElementFunction, _ x: Double) -> Double {
    func hardSigmoid(_ alpha: Double, _ beta: Double) -> Double { min(max(alpha * x + beta, 0), 1) }
    func elu(_ alpha: Float) -> Double { x >= 0 ? x : Double(alpha) * (exp(x) - 1) }
    switch function {
    case .absolute: return abs(x)
    case .negative: return -x
    case .reciprocal: return 1 / x
    case .squareRoot: return x.squareRoot()
    case .floor: return Glibc.floor(x)
    case .ceiling: return ceil(x)
    case .roundToEven: return rint(x)
    case .exponential: return exp(x)
    case .logarithm: return log(x)
    case .errorFunction: return erf(x)
    case .tanh: return Glibc.tanh(x)
    case .sigmoid: return 1 / (1 + exp(-x))
    case .swish(let alpha): return x / (1 + exp(-Double(alpha) * x))
    case .gelu: return x * (1 + erf(x / 2.0.squareRoot())) / 2
    case .geluByTanh: return x * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
    case .clip(let lower, let upper): return min(max(x, Double(lower)), Double(upper))
    case .leakyRelu(let alpha): return x >= 0 ? x : Double(alpha) * x
    case .elu(let alpha): return elu(alpha)
    case .selu(let alpha, let gamma): return Double(gamma) * elu(alpha)
    case .hardSigmoid(let alpha, let beta): return hardSigmoid(Double(alpha), Double(beta))
    case .hardSwish: return x * hardSigmoid(1 / 6, 0.5)
    case .softplus: return log(1 + exp(x))
    case .softsign: return x / (1 + abs(x))
    case .mish: return x * Glibc.tanh(log(1 + exp(x)))
    case .sine: return sin(x)
    case .cosine: return cos(x)
    }
  }

  private static func value(_ function: ElementCombination.Function, _ a: Double, _ b: Double) -> Double {
    switch function {
    case .sum: a + b
    case .difference: a - b
    case .product: a * b
    case .quotient: a / b
    case .maximum: max(a, b)
    case .minimum: min(a, b)
    case .parametricRelu: a >= 0 ? a : b * a
    }
  }

  private static func node(
    _ name: String, _ opset: Int, _ attributes: AttributeList, _ inputs: [Tensor]
  ) throws -> Node {
    var graph = Graph()
    let ids = inputs.map { graph.addInput("x\(graph.values.count)", TensorType($0.elementType, Shape($0.shape))) }
    return try Node(
      opType: name, opsetVersion: opset, attributes: attributes, inputs: ids, outputs: [graph.add(Value(name: "y"))])
  }

  private static func expect(_ node: Node, _ inputs: [Tensor], gives function: ElementFunction) throws {
    let results = try #require(try node.evaluate(inputs.map(Optional.some), precision: .double)[0]).numbers()
    for (x, y) in zip(numbers, results) {
      let expected = value(function, x)
      // HardSigmoid's default slope is a float32 number.
      let isNear = expected.isNaN && y.isNaN || expected == y || abs(expected - y) <= 1e-7 * max(1, abs(expected))
      #expect(isNear, "\(node.opType)(\(x)) is \(y), and \(function) \(expected)")
    }
  }

  @Test func functions() throws {
    let x = try Tensor(shape: [Self.numbers.count], Self.numbers.map { Float($0) })
    var found: [String] = []
    let newest = OperatorRegistry.newestOpset
    let all = OperatorRegistry.standard.ownOperators.filter { $0.arity(since: $0.versions.last!).inputs.contains(1) }
    for type in all where type.deprecation == nil && !["If", "Loop"].contains(type.name) {
      guard let node = try? Self.node(type.name, newest, [:], [x]), case .typed(let typed) = node.kind,
        let function = typed.elementFunction(OperatorInputs([x]))
      else { continue }
      found.append(type.name)
      try Self.expect(node, [x], gives: function)
    }
    #expect(found.count == 26, "\(found)")
    for use in Self.uses {
      let node = try Self.node(use.name, use.opset, use.attributes, [x])
      try Self.expect(node, [x], gives: try #require(node.typed?.elementFunction(OperatorInputs([x]))))
    }
  }

  /// The bounds of Clip are inputs, which are known only if they are constants.
  @Test func bounds() throws {
    let x = try Tensor(shape: [Self.numbers.count], Self.numbers.map { Float($0) })
    let lower = try Tensor(scalar: Float(-1)), upper = try Tensor(shape: [1], [Float(2)])
    let node = try Self.node("Clip", 13, [:], [x, lower, upper])
    let clip = try #require(node.typed)
    #expect(clip.elementFunction(OperatorInputs([x, lower, upper])) == .clip(lower: -1, upper: 2))
    try Self.expect(node, [x, lower, upper], gives: .clip(lower: -1, upper: 2))
    #expect(clip.elementFunction(OperatorInputs([x, nil, upper])) == .clip(lower: -.infinity, upper: 2))
    #expect(clip.elementFunction(OperatorInputs([x, upper, lower])) == nil)
    #expect(clip.elementFunction(OperatorInputs([x, try Tensor(scalar: Float.nan), upper])) == nil)
    let types = [x, lower, upper].map { Optional(TensorType($0.elementType, Shape($0.shape))) }
    #expect(clip.elementFunction(OperatorInputs(types: types, constants: [nil, lower, nil])) == nil)
    let bytes = try Tensor(scalar: Int8(-3)), most = try Tensor(scalar: Int8(5))
    #expect(clip.elementFunction(OperatorInputs([bytes, bytes, most])) == .clip(lower: -3, upper: 5))
  }

  @Test func combinations() throws {
    let pairs = Self.numbers.flatMap { a in Self.numbers.map { b in (a, b) } }
    let a = try Tensor(shape: [pairs.count], pairs.map { Float($0.0) })
    let b = try Tensor(shape: [pairs.count], pairs.map { Float($0.1) })
    var found: [String] = []
    for type in OperatorRegistry.standard.ownOperators where type.arity(since: type.versions.last!).inputs.contains(2) {
      guard let node = try? Self.node(type.name, OperatorRegistry.newestOpset, [:], [a, b]),
        let combination = node.typed?.elementCombination
      else { continue }
      found.append(type.name)
      let results = try #require(try node.evaluate([a, b], precision: .double)[0]).numbers()
      for ((a, b), y) in zip(pairs, results) {
        let expected = Self.value(combination.function, a, b)
        #expect(expected.isNaN && y.isNaN || expected == y, "\(type.name)(\(a), \(b)) is \(y)")
      }
    }
    #expect(found.sorted() == ["Add", "Div", "Max", "Min", "Mul", "PRelu", "Sub", "Sum"])
  }
}
