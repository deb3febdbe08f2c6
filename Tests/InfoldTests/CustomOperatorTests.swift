import Infold
import TestSupport
import Testing

/// x + bias, times `factor` from version 2 on. A factor of NaN is not supported.
private struct Shift: UnaryOperator {
  static let name = "Shift"
  static let domain = "com.example"
  static let versions = [1, 2]

  let bias: Float
  let factor: Float

  init(_ attributes: inout AttributeReader) throws(InfoldError) {
    bias = try attributes.requiredFloat("bias")
    factor = attributes.version >= 2 ? try attributes.float("factor") ?? 1 : 1
    guard !factor.isNaN else { throw InfoldError(.unsupported, "a factor that is no number") }
  }

  func apply<Element: FloatingPointElement>(_ x: Element) -> Element { (x + Element(bias)) * Element(factor) }
}

/// exp(−x²) · tanh(x), with functions that `import Infold` provides.
private struct Pulse: UnaryOperator {
  static let name = "Pulse"
  static let domain = "com.example"
  static let versions = [1]
  init(_ attributes: inout AttributeReader) {}
  func apply<Element: FloatingPointElement>(_ x: Element) -> Element { .exp(-x * x) * .tanh(x) }
}

/// The rows of x [N, …], each repeated as often as its count. The evaluation returns float32, whatever the shape rule promised.
private struct RepeatRows: Operator {
  static let name = "RepeatRows"
  static let domain = "com.example"
  static let versions = [1]
  static func arity(since version: Int) -> Arity { Arity(inputs: 2...2, outputs: 1...2) }

  init(_ attributes: inout AttributeReader) {}

  func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    var x = try inputs.type(0, of: .numeric)
    try inputs.requireRank(1...Shape.maximumRank, of: 0)
    let counts = try inputs.integers(1)
    x.shape?[0] = counts.map { .fixed($0.reduce(0, +)) } ?? .unknown
    return [x, TensorType(.int64, [inputs.constant(1).map { .fixed($0.count) } ?? .unknown])]
  }

  func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, counts = try inputs[1]!.numbers().map { Int($0) }
    let width = x.shape.dropFirst().reduce(1, *)
    let numbers = try x.numbers().map(Float.init)
    let rows = counts.enumerated().flatMap { row, count in
      Array(repeating: numbers[(row * width)..<((row + 1) * width)], count: count).joined()
    }
    return [
      try Tensor(shape: [counts.reduce(0, +)] + x.shape.dropFirst(), Array(rows)),
      context.wantsOutput(1) ? try Tensor(zeros: [counts.count + 1], of: .int64) : nil,
    ]
  }
}

/// Another Relu: |x|.
private struct OtherRelu: UnaryOperator {
  static let name = "Relu"
  static let versions = [1]
  init(_ attributes: inout AttributeReader) {}
  func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x.magnitude }
}

@Suite struct CustomOperatorTests {
  private let operators = OperatorRegistry.standard.adding(Shift.self, RepeatRows.self)
  private let x: Tensor

  init() throws {
    x = try Tensor(shape: [2, 2], [-3, -1, 0, 2] as [Float])
  }

  private func shift(
    _ input: String, _ output: String, bias: Float = 1, more: [[Wire]] = []
  ) -> Wire {
    Onnx.node(
      "Shift", name: "s", domain: "com.example", [input], [output],
      attributes: [Onnx.attribute("bias", type: 1, [.float(2, bias)])] + more)
  }

  private static func factor(_ factor: Float) -> [Wire] { Onnx.attribute("factor", type: 1, [.float(2, factor)]) }

  /// y = Relu(Shift(x)) for x [N, 2].
  private func model(version: Int = 2, more: [[Wire]] = [], functions: [Wire] = [], _ nodes: [Wire]? = nil) -> [UInt8] {
    let nodes = nodes ?? [shift("x", "h", more: more), Onnx.node("Relu", ["h"], ["y"])]
    return Onnx.model(
      opsets: [("", 13), ("com.example", version)],
      graph: [.text(2, "g"), Onnx.input("x", [Onnx.dim("N"), Onnx.dim(2)]), Onnx.output("y")] + nodes,
      more: functions)
  }

  @Test(arguments: [true, false]) func runsInASession(optimize: Bool) throws {
    let decoded = try Model(bytes: model(more: [Self.factor(3)]), operators: operators)
    let session = try Session(decoded, options: SessionOptions(optimize: optimize))
    #expect(session.outputs[0].type == TensorType(.float32, ["N", 2]))
    #expect(try session.run(["x": x])["y"]?.elements() == [0, 0, 3, 9 as Float])
  }

  @Test func isReadFromAFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("model.onnx", model())
    let session = try Session(Model(path: path, operators: operators))
    #expect(try session.run(["x": x])["y"]?.elements() == [0, 0, 1, 3 as Float])
  }

  @Test func isRefusedWhereItIsNotRegistered() throws {
    let error = #expect(throws: InfoldError.self) { _ = try Session(Model(bytes: model())) }
    #expect(error?.code == .unsupported)
    #expect(error?.reason.contains("com.example.Shift") == true)
    #expect(!OperatorRegistry.standard.all.contains { $0 == Shift.self })
  }

  /// Version 1 does not have `factor`; every version from 2 on does.
  @Test func followsTheVersionOfItsDomain() throws {
    let error = #expect(throws: InfoldError.self) {
      _ = try Model(bytes: model(version: 1, more: [Self.factor(3)]), operators: operators)
    }
    #expect(error?.code == .invalidModel)
    #expect(error?.node == "node \"s\" (com.example.Shift)")
    #expect(error?.reason.contains("\"factor\" in version 1") == true)
    let later = try Model(bytes: model(version: 9, more: [Self.factor(3)]), operators: operators)
    #expect(try Session(later).run(["x": x])["y"]?.elements() == [0, 0, 3, 9 as Float])
  }

  @Test func refusesWhatItsAttributesForbid() throws {
    let missing = Onnx.node("Shift", domain: "com.example", ["x"], ["y"])
    #expect(try errorCode { _ = try Model(bytes: model([missing]), operators: operators) } == .invalidModel)
    let two = Onnx.node("Shift", domain: "com.example", ["x", "x"], ["y"])
    #expect(try errorCode { _ = try Model(bytes: model([two]), operators: operators) } == .invalidModel)
    // A node that the operator does not support can be inspected, but not run.
    let decoded = try Model(bytes: model(more: [Self.factor(.nan)]), operators: operators)
    let error = #expect(throws: InfoldError.self) { _ = try Session(decoded) }
    #expect(error?.reason.contains("a factor that is no number") == true)
  }

  @Test func isWrittenAsItWas() throws {
    let conv = [
      Onnx.node("Conv", ["image", "w"], ["c"]), Onnx.node("BatchNormalization", ["c", "p", "p", "p", "p"], ["n"]),
      shift("n", "y", bias: 0.5, more: [Self.factor(3)]),
    ]
    let bytes = Onnx.model(
      opsets: [("", 13), ("com.example", 2)],
      graph: [
        Onnx.input("image", [1, 1, 2, 2].map(Onnx.dim)), Onnx.output("y"),
        Onnx.initializer("w", [1, 1, 1, 1], [Onnx.raw([2])]), Onnx.initializer("p", [1], [Onnx.raw([4])]),
      ] + conv)
    let original = try Model(bytes: bytes, operators: operators)
    let outcome = try FoldBatchNormalization().fold(original)
    let (folded, report) = (outcome.model, outcome.report)
    #expect(report.foldedNormalizations == 1)
    let again = try Model(bytes: folded.serialized(), operators: operators)
    #expect(again.opsetVersion(of: "com.example") == 2)
    #expect(again.graph.nodes.map(\.opType) == ["Conv", "Shift"])
    let image = try Tensor.counting([1, 1, 2, 2])
    let expected = try Session(original).run(["image": image])["y"]!.numbers()
    let actual = try Session(again).run(["image": image])["y"]!.numbers()
    for (a, b) in zip(expected, actual) { #expect(abs(a - b) < 1e-4) }
    // If it is not registered, it is still written.
    let opaque = try Model(bytes: Model(bytes: bytes).serialized(), operators: operators)
    #expect(try Session(opaque).run(["image": image])["y"]!.numbers() == expected)
  }

  @Test func isComputedAheadOnConstants() throws {
    let nodes = [
      Onnx.initializer("c", [2], [Onnx.raw([1, 2])]), shift("c", "d", bias: 10), Onnx.node("Add", ["x", "d"], ["y"]),
    ]
    let decoded = try Model(bytes: model(nodes), operators: operators)
    #expect(try OptimizationPipeline().run(on: decoded.graph).nodes.map(\.opType) == ["Add"])
    #expect(try Session(decoded).run(["x": x])["y"]?.elements() == [8, 11, 11, 14 as Float])
  }

  @Test func runsInAFunctionOfTheModel() throws {
    let function = Onnx.function(
      "F", domain: "local", ["a"], ["b"], [shift("a", "b", bias: 2)], opsets: [("", 13), ("com.example", 2)])
    let bytes = Onnx.model(
      opsets: [("", 13), ("local", 1)],
      graph: [Onnx.input("x", [Onnx.dim(2)]), Onnx.output("y"), Onnx.node("F", domain: "local", ["x"], ["y"])],
      more: [function])
    let session = try Session(Model(bytes: bytes, operators: operators))
    #expect(try session.run(["x": .counting([2])])["y"]?.elements() == [2, 3 as Float])
  }

  @Test func computesInDouble() throws {
    let graph = try Model(bytes: model(), operators: operators).graph
    let result = try ReferenceEvaluator(graph, precision: .double).run([graph.inputs[0]: x])
    #expect(try result[0].elements() == [0, 0, 1, 3 as Double])
  }

  /// e⁻¹ · tanh 1 and e⁻⁴ · tanh 2, in the element type of the input.
  @Test func computesWithFunctionsOfItsElementType() throws {
    let expected = [0, 0.28017483249244307, 0.017656781035448935]
    for (type, tolerance) in [(ElementType.float16, 2e-4), (.float32, 1e-7), (.float64, 1e-15)] {
      var builder = ModelBuilder(operators: operators.adding(Pulse.self))
      let x = try builder.input("x", shape: [3], of: type)
      try builder.output(builder.node("Pulse", [x], domain: "com.example"), named: "y")
      let input: Tensor =
        switch type {
        case .float16: try Tensor(shape: [3], [0, 1, 2] as [Float16])
        case .float32: try Tensor(shape: [3], [0, 1, 2] as [Float])
        default: try Tensor(shape: [3], [0, 1, 2] as [Double])
        }
      let y = try #require(try Session(builder.model()).run(["x": input])["y"])
      #expect(y.elementType == type)
      for (a, b) in zip(try y.numbers(), expected) { #expect(abs(a - b) <= tolerance) }
    }
  }

  @Test func mayStandForOneOfONNX() throws {
    let registry = operators.adding(OtherRelu.self)
    let session = try Session(Model(bytes: model(), operators: registry))
    #expect(try session.run(["x": x])["y"]?.elements() == [2, 0, 1, 3 as Float])
  }

  /// x [N, 2] of `type`, its rows once and twice.
  private func repeated(type: Int, outputs: [String]) throws -> Session {
    let node = Onnx.node("RepeatRows", name: "r", domain: "com.example", ["x", "n"], outputs)
    let bytes = Onnx.model(
      opsets: [("", 13), ("com.example", 1)],
      graph: [
        Onnx.input("x", type: type, [Onnx.dim("N"), Onnx.dim(2)]), Onnx.output("y", type: type), node,
        Onnx.initializer("n", type: 7, [2], [.packed(7, [1, 2])]),
      ] + (outputs.count > 1 ? [Onnx.output(outputs[1], type: 7)] : []))
    return try Session(Model(bytes: bytes, operators: operators))
  }

  @Test func readsConstantsInItsShapeRule() throws {
    let session = try repeated(type: 1, outputs: ["y"])
    #expect(session.outputs[0].type?.shape == [3, 2])
    #expect(try session.run(["x": x])["y"] == Tensor(shape: [3, 2], [-3, -1, 0, 2, 0, 2] as [Float]))
  }

  /// An evaluation that does not return what the shape rule promised is an error, not a wrong result.
  @Test func mustDoWhatItsShapeRuleSays() throws {
    let wrongType = #expect(throws: InfoldError.self) {
      _ = try repeated(type: 11, outputs: ["y"]).run(["x": Tensor(zeros: [2, 2], of: .float64)])
    }
    #expect(wrongType?.node == "node \"r\" (com.example.RepeatRows)")
    #expect(
      wrongType?.reason.contains("returns float32 [3, 2] as output 0, but its shape rule says float64 [3, 2]") == true)
    let wrongShape = #expect(throws: InfoldError.self) {
      _ = try repeated(type: 1, outputs: ["y", "z"]).run(["x": x])
    }
    #expect(wrongShape?.reason.contains("int64 [3] as output 1, but its shape rule says int64 [2]") == true)
  }
}
