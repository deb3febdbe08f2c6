import InfoldGraph
import InfoldOperators
import InfoldTensor

extension VersionCase {
  static let elementWise = functions + arithmetic + comparisons + variadic + selections

  /// The case with the hint `consumed_inputs` of opset 1, and without it for later versions.
  private static func hinted(
    _ name: String, _ versions: [Int], _ attributes: AttributeList, _ inputs: [Numbers?], gives output: Numbers
  ) -> [VersionCase] {
    var withHint = attributes
    withHint["consumed_inputs"] = .ints([0])
    let later = versions.filter { $0 > 1 }
    return [VersionCase(name, [1], withHint, inputs, gives: output)]
      + (later.isEmpty ? [] : [VersionCase(name, later, attributes, inputs, gives: output)])
  }

  private static func hinted(
    _ name: String, _ versions: [Int], _ inputs: [Numbers?], gives output: Numbers
  ) -> [VersionCase] {
    hinted(name, versions, [:], inputs, gives: output)
  }

  private static let functions =
    hinted("Abs", [1, 6, 13], [floats(-2, 0, 3)], gives: floats(2, 0, 3))
    + hinted("Ceil", [1, 6, 13], [floats(-1.5, 0.25)], gives: floats(-1, 1))
    + hinted("Elu", [1, 6, 22], ["alpha": .float(2)], [floats(3, -1)], gives: floats(3, -1.26424112))
    + [VersionCase("Erf", [9, 13], [floats(0, 0.476936276)], gives: floats(0, 0.5))]
    + hinted("Exp", [1, 6, 13], [floats(0, 1)], gives: floats(1, 2.71828183))
    + hinted("Floor", [1, 6, 13], [floats(-1.5, 0.25)], gives: floats(-2, 0))
    + [
      VersionCase("Gelu", [20], ["approximate": .text("tanh")], [floats(0, 1)], gives: floats(0, 0.841191991))
    ]
    + hinted(
      "HardSigmoid", [1, 6, 22], ["alpha": .float(0.5), "beta": .float(0.25)], [floats(1, 2, -1)],
      gives: floats(0.75, 1, 0))
    + [VersionCase("HardSwish", [14, 22], [floats(-3, 3, 1.5)], gives: floats(0, 3, 1.125))]
    + hinted("LeakyRelu", [1, 6, 16], ["alpha": .float(0.5)], [floats(-4, 4)], gives: floats(-2, 4))
    + hinted("Log", [1, 6, 13], [floats(1, 2.71828183)], gives: floats(0, 1))
    + [VersionCase("Mish", [18, 22], [floats(0, 1)], gives: floats(0, 0.86509839))]
    + hinted("Neg", [1, 6, 13], [floats(-2, 3)], gives: floats(2, -3))
    + [VersionCase("Not", [1], [bools(0, 1)], gives: bools(1, 0))]
    + hinted("Reciprocal", [1, 6, 13], [floats(-2, 4)], gives: floats(-0.5, 0.25))
    + hinted("Relu", [1, 6, 13, 14], [floats(-2, 3)], gives: floats(0, 3))
    + [VersionCase("Round", [11, 22], [floats(0.5, 1.5, -2.6)], gives: floats(0, 2, -3))]
    + hinted(
      "Selu", [1, 6, 22], ["alpha": .float(0.5), "gamma": .float(3)], [floats(2, -1)], gives: floats(6, -0.94818084))
    + hinted("Sigmoid", [1, 6, 13], [floats(0, 1.09861229)], gives: floats(0.5, 0.75))
    + [
      VersionCase("Sign", [9, 13], [floats(-2, 0, 3)], gives: floats(-1, 0, 1)),
      VersionCase("Softplus", [1, 22], [floats(0, -40)], gives: floats(0.693147181, 0)),
      VersionCase("Softsign", [1, 22], [floats(-1, 3)], gives: floats(-0.5, 0.75)),
    ]
    + hinted("Sqrt", [1, 6, 13], [floats(9, 0.25)], gives: floats(3, 0.5))
    + [VersionCase("Swish", [24], ["alpha": .float(2)], [floats(0, 1)], gives: floats(0, 0.880797078))]
    + hinted("Tanh", [1, 6, 13], [floats(0, 0.549306144)], gives: floats(0, 0.5))

  /// Operands of [2, 3] and [2], broadcast by the attributes of opsets 1 and 6, and by NumPy's rule.
  private static func binary(
    _ name: String, _ versions: [Int], isHinted: Bool = false, _ a: [Double], _ b: [Double], gives result: Numbers
  ) -> [VersionCase] {
    let legacy: AttributeList = ["broadcast": .int(1), "axis": .int(0)]
    let type = ["And", "Or", "Xor"].contains(name) ? ElementType.bool : .float32
    let first = Numbers(type: type, shape: [2, 3], values: a)
    let old = [first, Numbers(type: type, shape: [2], values: b)]
    let new = [first, Numbers(type: type, shape: [2, 1], values: b)]
    let early = versions.filter { $0 < 7 }, late = versions.filter { $0 >= 7 }
    return
      (isHinted
      ? hinted(name, early, legacy, old, gives: result)
      : early.isEmpty ? [] : [VersionCase(name, early, legacy, old, gives: result)])
      + [VersionCase(name, late, [:], new, gives: result)]
  }

  private static let counting: [Double] = [1, 2, 3, 4, 5, 6]

  private static let arithmetic =
    binary(
      "Add", [1, 6, 7, 13, 14], isHinted: true, counting, [10, 20], gives: floats([2, 3], 11, 12, 13, 24, 25, 26))
    + binary(
      "Div", [1, 6, 7, 13, 14], isHinted: true, counting, [2, 4], gives: floats([2, 3], 0.5, 1, 1.5, 1, 1.25, 1.5))
    + binary(
      "Mul", [1, 6, 7, 13, 14], isHinted: true, counting, [2, 3], gives: floats([2, 3], 2, 4, 6, 12, 15, 18))
    + binary("Pow", [1, 7, 12, 13, 15], counting, [2, -1], gives: floats([2, 3], 1, 4, 9, 0.25, 0.2, 0.166666667))
    + binary(
      "Sub", [1, 6, 7, 13, 14], isHinted: true, counting, [1, 2], gives: floats([2, 3], 0, 1, 2, 2, 3, 4))
    + hinted(
      "PRelu", [1, 6], [floats([1, 2, 2], 1, -2, -3, 4), floats(0.5, 2)], gives: floats([1, 2, 2], 1, -1, -6, 4))
    + [
      VersionCase(
        "PRelu", [7, 9, 16], [floats([1, 2, 2], 1, -2, -3, 4), floats([2, 1], 0.5, 2)],
        gives: floats([1, 2, 2], 1, -1, -6, 4)),
      VersionCase("Mod", [10, 13, 28], ["fmod": .int(1)], [floats(-7, 7.5), floats(3)], gives: floats(-1, 1.5)),
      VersionCase("Mod", [10, 13, 28], [integers(-7, 7), integers(3)], gives: integers(2, 1)),
      VersionCase("Mod", [28], [floats(-7, 7.5), floats(3)], gives: floats(2, 1.5)),
    ]

  private static func truths(_ values: Double...) -> Numbers {
    Numbers(type: .bool, shape: [2, 3], values: values)
  }

  private static let comparisons =
    binary("And", [1, 7], [0, 1, 1, 0, 0, 1], [1, 0], gives: truths(0, 1, 1, 0, 0, 0))
    + binary("Or", [1, 7], [0, 1, 1, 0, 0, 1], [1, 0], gives: truths(1, 1, 1, 0, 0, 1))
    + binary("Xor", [1, 7], [0, 1, 1, 0, 0, 1], [1, 0], gives: truths(1, 0, 0, 0, 0, 1))
    + binary("Equal", [1, 7, 11, 13, 19], counting, [2, 6], gives: truths(0, 1, 0, 0, 0, 1))
    + binary("Greater", [1, 7, 9, 13], counting, [2, 5], gives: truths(0, 0, 1, 0, 0, 1))
    + binary("GreaterOrEqual", [12, 16], counting, [2, 5], gives: truths(0, 1, 1, 0, 1, 1))
    + binary("Less", [1, 7, 9, 13], counting, [2, 5], gives: truths(1, 0, 0, 1, 0, 0))
    + binary("LessOrEqual", [12, 16], counting, [2, 5], gives: truths(1, 1, 0, 1, 1, 0))

  /// Three inputs: of equal shape before opset 8, then of shapes that are broadcast.
  private static func variadic(_ name: String, _ versions: [Int], _ equal: Numbers, _ broadcast: Numbers)
    -> [VersionCase]
  {
    hinted(name, versions.filter { $0 < 8 }, [floats(1, 9), floats(4, 2), floats(3, 7)], gives: equal)
      + [
        VersionCase(
          name, versions.filter { $0 >= 8 }, [floats([2, 1], 1, 9), floats(4, 2), floats(3)], gives: broadcast)
      ]
  }

  private static let variadic =
    variadic("Max", [1, 6, 8, 12, 13], floats(4, 9), floats([2, 2], 4, 3, 9, 9))
    + variadic("Mean", [1, 6, 8, 13], floats(2.66666667, 6), floats([2, 2], 2.66666667, 2, 5.33333333, 4.66666667))
    + variadic("Min", [1, 6, 8, 12, 13], floats(1, 2), floats([2, 2], 1, 1, 3, 2))
    + variadic("Sum", [1, 6, 8, 13], floats(8, 18), floats([2, 2], 8, 6, 16, 14))

  private static let selections =
    hinted("Clip", [1, 6], ["min": .float(-1), "max": .float(2)], [floats(-3, 0, 3)], gives: floats(-1, 0, 2))
    + [
      VersionCase("Clip", [11, 12, 13], [floats(-3, 0, 3), floats([], -1), floats([], 2)], gives: floats(-1, 0, 2)),
      VersionCase("Clip", [11, 12, 13], [floats(-3, 0, 3), nil, floats([], 2)], gives: floats(-3, 0, 2)),
      VersionCase(
        "Where", [9, 16], [bools(1, 0), floats([2, 1], 1, 2), floats(8, 9)], gives: floats([2, 2], 1, 9, 2, 9)),
    ]
}
