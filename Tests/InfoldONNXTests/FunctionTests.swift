import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Model-local functions.
@Suite struct FunctionTests {
  private let opsets = [("", 13), ("local", 1)]

  /// y = F(x, …), in a model with these functions.
  private func model(
    _ functions: [Wire], calling name: String = "F", inputs: [String] = ["x"], attributes: [[Wire]] = [],
    overload: String = ""
  ) -> [UInt8] {
    let call = Onnx.node(
      name, name: "call", domain: "local", inputs, ["y"], attributes: attributes,
      more: overload.isEmpty ? [] : [.text(8, overload)])
    return Onnx.model(
      ir: 10, opsets: opsets, graph: [.text(2, "g"), Onnx.input("x", [Onnx.dim("N")]), Onnx.output("y"), call],
      more: functions)
  }

  /// The result of the model for [−1, 2] with its functions inlined, compared with the evaluation of the calls themselves.
  private func run(_ bytes: [UInt8]) throws -> (operators: [String], result: [Float]) {
    let model = try Model(bytes: bytes, operators: .standard)
    let written = try model.serialized()
    let copy = try Model(bytes: written, operators: .standard)
    #expect(try copy.serialized() == written)
    let inlined = try InlineBodies().run(on: model.graph).graph
    let input = [model.graph.inputs[0]: try Tensor(shape: [2], [-1, 2] as [Float])]
    let result = try ReferenceEvaluator(inlined).run(input)
    #expect(try ReferenceEvaluator(model.graph).run(input) == result)
    #expect(try ReferenceEvaluator(copy.graph).run([copy.graph.inputs[0]: input.values.first!]) == result)
    #expect(Set(inlined.values.map(\.name)).count == inlined.values.count)
    #expect(model.graph[model.graph.outputs[0]].type == TensorType(.float32, ["N"]))
    return (inlined.nodes.map(\.opType), try result[0].elements())
  }

  /// LeakyRelu's alpha is the function's `slope`, or as `fields` define it.
  private func leaky(_ fields: [Wire]? = nil, more: [Wire] = []) -> Wire {
    let alpha = fields ?? [.text(1, "alpha"), .text(21, "slope"), .int(20, 1)]
    return Onnx.function(
      "F", ["a"], ["b"], [Onnx.node("LeakyRelu", ["a"], ["b"], attributes: [alpha])], more: more)
  }

  @Test func aCallIsItsBody() throws {
    let function = Onnx.function(
      "F", ["a"], ["b"], [Onnx.node("Neg", ["a"], ["x"]), Onnx.node("Add", ["a", "x"], ["b"])])
    let (operators, result) = try run(model([function]))
    #expect(operators == ["Neg", "Add"])
    #expect(result == [0, 0])
  }

  @Test func attributesAreGivenHaveDefaultsOrAreLeftOut() throws {
    let required: Wire = .text(6, "slope")
    let fallback: Wire = .message(11, Onnx.attribute("slope", type: 1, [.float(2, 0.25)]))
    let half = Onnx.attribute("slope", type: 1, [.float(2, 0.5)])
    #expect(try run(model([leaky(more: [required])], attributes: [half])).result == [-0.5, 2])
    #expect(try run(model([leaky(more: [fallback])], attributes: [half])).result == [-0.5, 2])
    #expect(try run(model([leaky(more: [fallback])])).result == [-0.25, 2])
    #expect(try run(model([leaky(more: [required])])).result == [-0.01, 2])
  }

  @Test func functionsCallFunctionsAndHandAttributesOn() throws {
    let inner = leaky(more: [.text(6, "slope")])
    let outer = Onnx.function(
      "G", ["p"], ["q"],
      [
        Onnx.node("F", domain: "local", ["p"], ["a"], attributes: [[.text(1, "slope"), .text(21, "s"), .int(20, 1)]]),
        Onnx.node("F", domain: "local", ["a"], ["q"], attributes: [Onnx.attribute("slope", type: 1, [.float(2, 0.5)])]),
      ], more: [.text(6, "s")])
    let bytes = model([inner, outer], calling: "G", attributes: [Onnx.attribute("s", type: 1, [.float(2, 0.25)])])
    let (operators, result) = try run(bytes)
    #expect(operators == ["LeakyRelu", "LeakyRelu"])
    #expect(result == [-0.125, 2])
  }

  @Test func overloadsAreToldApart() throws {
    let plain = Onnx.function("F", ["a"], ["b"], [Onnx.node("Neg", ["a"], ["b"])])
    let other = Onnx.function("F", ["a"], ["b"], [Onnx.node("Relu", ["a"], ["b"])], more: [.text(13, "o")])
    #expect(try run(model([plain, other])).operators == ["Neg"])
    #expect(try run(model([plain, other], overload: "o")).operators == ["Relu"])
  }

  /// The function's own opset imports: Dropout of opset 6 has the attribute is_test.
  @Test func aFunctionHasItsOwnOperatorSets() throws {
    let function = Onnx.function(
      "F", ["a"], ["b"],
      [Onnx.node("Dropout", ["a"], ["b"], attributes: [Onnx.attribute("is_test", type: 2, [.int(3, 1)])])],
      opsets: [("", 6)])
    #expect(try run(model([function])).result == [-1, 2])
  }

  @Test func inputsThatACallLeavesOut() throws {
    let function = Onnx.function("F", ["a", "low", "high"], ["b"], [Onnx.node("Clip", ["a", "low", "high"], ["b"])])
    #expect(try run(model([function])).result == [-1, 2])
    let needed = Onnx.function(
      "F", ["a", "c"], ["b"], [Onnx.node("Neg", ["a"], ["d"]), Onnx.node("Neg", ["d"], ["b"])])
    #expect(try run(model([needed], inputs: ["x", ""])).result == [-1, 2])
    let forwarded = Onnx.function("F", ["a", "c"], ["c"], [Onnx.node("Neg", ["a"], ["d"])])
    expectError(.invalidModel, "missing input", "\"c\"", "call") { () throws(InfoldError) in
      try InlineBodies().run(on: try Model(bytes: model([forwarded]), operators: .standard).graph)
    }
  }

  /// Every call of a function shares the function's constants, which are read once and not modified.
  @Test func constantsOfAFunction() throws {
    let constant = Onnx.node(
      "Constant", [], ["c"],
      attributes: [Onnx.attribute("value", type: 4, [.message(5, Onnx.tensor([1], [Onnx.raw([3])]))])])
    let inner = Onnx.function("F", ["a"], ["b"], [constant, Onnx.node("Add", ["a", "c"], ["b"])])
    let outer = Onnx.function(
      "G", ["a"], ["c"],
      [Onnx.node("F", domain: "local", ["a"], ["b"]), Onnx.node("F", domain: "local", ["b"], ["c"])])
    let (operators, result) = try run(model([inner, outer], calling: "G"))
    #expect(operators == ["Constant", "Add", "Constant", "Add"])
    #expect(result == [5, 8])
  }

  @Test func whatABodyCannotRunIsNamed() throws {
    let function = Onnx.function("F", ["a"], ["b"], [Onnx.node("Mystery", name: "inner", ["a"], ["b"])])
    let graph = try Model(bytes: model([function]), operators: .standard).graph
    expectError(.unsupported, "Mystery", "\"inner\"") { () throws(InfoldError) in try graph.requireNoOpaqueNodes() }
    expectError(.unsupported, "Mystery", "\"call/inner\"") { () throws(InfoldError) in
      try InlineBodies().run(on: graph).graph.requireNoOpaqueNodes()
    }
  }

  @Test func functionsThatCallThemselves() {
    let direct = Onnx.function("F", ["a"], ["b"], [Onnx.node("F", domain: "local", ["a"], ["b"])])
    expectError(.invalidModel, "\"F\" calls itself") { () throws(InfoldError) in
      try Model(bytes: model([direct]), operators: .standard)
    }
    let indirect = [
      Onnx.function("F", ["a"], ["b"], [Onnx.node("G", domain: "local", ["a"], ["b"])]),
      Onnx.function("G", ["a"], ["b"], [Onnx.node("F", domain: "local", ["a"], ["b"])]),
    ]
    expectError(.invalidModel, "\"F\" calls itself") { () throws(InfoldError) in
      try Model(bytes: model(indirect), operators: .standard)
    }
  }

  /// Each function calls the next one twice: 2⁴⁰ bodies.
  @Test func functionsThatMultiply() {
    let functions = (0..<40).map { index in
      let name = index == 0 ? "F" : "F\(index)"
      return Onnx.function(
        name, ["a"], ["c"],
        [
          Onnx.node("F\(index + 1)", domain: "local", ["a"], ["b"]),
          Onnx.node("F\(index + 1)", domain: "local", ["b"], ["c"]),
        ])
    }
    expectError(.limitExceeded, "call each other") { () throws(InfoldError) in
      try Model(bytes: model(functions), operators: .standard)
    }
  }

  @Test func functionsThatAreNestedTooDeeply() {
    let functions = (0..<200).map { index in
      Onnx.function(
        index == 0 ? "F" : "F\(index)", ["a"], ["b"], [Onnx.node("F\(index + 1)", domain: "local", ["a"], ["b"])])
    }
    expectError(.limitExceeded, "deep") { () throws(InfoldError) in
      try Model(bytes: model(functions), operators: .standard)
    }
  }

  @Test func brokenFunctionsAndCalls() {
    let neg = Onnx.node("Neg", ["a"], ["b"])
    let reference = Onnx.node(
      "LeakyRelu", ["a"], ["b"], attributes: [[.text(1, "alpha"), .text(21, "s"), .int(20, 1)]])
    let broken: [(String, [UInt8])] = [
      ("at most 1 input and", model([Onnx.function("F", ["a"], ["b"], [neg])], inputs: ["x", "x"])),
      ("no attribute \"s\"", model([Onnx.function("F", ["a"], ["b"], [reference])])),
      (
        "no attribute \"z\"",
        model([Onnx.function("F", ["a"], ["b"], [neg])], attributes: [Onnx.attribute("z", type: 2, [.int(3, 1)])])
      ),
      (
        "duplicate function name \"F\"",
        model([Onnx.function("F", ["a"], ["b"], [neg]), Onnx.function("F", ["a"], ["b"], [neg])])
      ),
      ("input \"a\"", model([Onnx.function("F", ["a", "a"], ["b"], [neg])])),
      ("defines the graph output \"b\"", model([Onnx.function("F", ["a"], ["b"], [])])),
      ("missing opset import", model([Onnx.function("F", ["a"], ["b"], [neg], opsets: [("local", 1)])])),
      ("imports no opset", model([Onnx.function("F", ["a"], ["b"], [neg], opsets: [])])),
    ]
    for (part, bytes) in broken {
      expectError(.invalidModel, part) { () throws(InfoldError) in try Model(bytes: bytes, operators: .standard) }
    }
  }
}
