import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Valid models, and the graphs that they are decoded to.
struct ModelDecodingTests {
  @Test func header() throws {
    let model = try Model(
      bytes: Onnx.model(
        ir: 9, opsets: [("", 17), ("com.example", 3)], graph: [.text(2, "net"), Onnx.input("x"), Onnx.output("x")],
        more: [
          .text(2, "writer"), .text(3, "1.2"), .text(6, "What it is."),
          .message(14, [.text(1, "author"), .text(2, "someone")]),
        ]), operators: .standard)
    #expect(model.irVersion == 9)
    #expect(model.opsetImports == [.init(version: 17), .init(domain: "com.example", version: 3)])
    #expect(model.producerName == "writer")
    #expect(model.producerVersion == "1.2")
    #expect(model.documentation == "What it is.")
    #expect(model.metadata.map(\.key) == ["author"])
    #expect(model.metadata.map(\.value) == ["someone"])
    #expect(model.graph.name == "net")
  }

  @Test func declaredShapes() throws {
    let dims: [Wire] = [Onnx.dim("N"), Onnx.dim(3), .message(1, []), Onnx.dim(-1), Onnx.dim(""), Onnx.dim("?")]
    let model = try Model(
      bytes: Onnx.model(graph: [Onnx.input("x", type: 10, dims), Onnx.output("x")]), operators: .standard)
    let type = model.graph[model.graph.inputs[0]].type
    #expect(type == TensorType(.float16, ["N", 3, .unknown, .unknown, .unknown, .unknown]))
  }

  @Test func unknownRank() throws {
    let model = try Model(bytes: Onnx.model(graph: [Onnx.input("x"), Onnx.output("x")]), operators: .standard)
    #expect(model.graph[model.graph.inputs[0]].type == TensorType(.float32, nil))
  }

  /// Values that are not tensors have no tensor type, and are not an error.
  @Test func sequences() throws {
    let sequence: [Wire] = [.message(4, [.message(1, [.message(1, [.int(1, 1)])])])]
    let model = try Model(
      bytes: Onnx.model(graph: [.message(11, [.text(1, "x"), .message(2, sequence)]), Onnx.output("x")]),
      operators: .standard)
    #expect(model.graph[model.graph.inputs[0]].type == nil)
  }

  @Test func nodes() throws {
    let model = try Model(
      bytes: Onnx.model(
        opsets: [("ai.onnx", 13), ("com.example", 1)],
        graph: [
          Onnx.input("x"), Onnx.output("y"),
          Onnx.node("Relu", name: "first", domain: "ai.onnx", ["x"], ["a"]),
          Onnx.node("Strange", domain: "com.example", ["a", "", "x"], ["", "y"]),
        ]), operators: .standard)
    let graph = model.graph
    let (relu, strange) = (graph.nodes[0], graph.nodes[1])
    #expect(relu.typed is Relu)
    #expect(relu.name == "first")
    #expect(relu.domain == "")
    #expect(relu.opsetVersion == 13)
    #expect(strange.typed == nil)
    #expect(strange.opsetVersion == 1)
    #expect(strange.inputs.map { $0.map { graph[$0].name } } == ["a", nil, "x"])
    #expect(strange.outputs.map { $0.map { graph[$0].name } } == [nil, "y"])
  }

  @Test func nodesAreSorted() throws {
    let model = try Model(
      bytes: Onnx.model(graph: [
        Onnx.input("x"), Onnx.output("z"), Onnx.node("Relu", name: "late", ["y"], ["z"]),
        Onnx.node("Relu", name: "early", ["x"], ["y"]),
      ]), operators: .standard)
    #expect(model.graph.nodes.map(\.name) == ["early", "late"])
  }

  @Test func attributes() throws {
    let attributes: [[Wire]] = [
      Onnx.attribute("float", type: 1, [.float(2, 1.5)]),
      Onnx.attribute("int", type: 2, [.int(3, -4)]),
      Onnx.attribute("string", type: 3, [.bytes(4, [0x61, 0x00, 0xff])]),
      Onnx.attribute("tensor", type: 4, [.message(5, Onnx.tensor(name: "t", [2], [Onnx.raw([1, 2])]))]),
      Onnx.attribute("floats", type: 6, [.float(7, 1), .float(7, 2)]),
      Onnx.attribute("ints", type: 7, [.int(8, 1), .int(8, -2)]),
      Onnx.attribute("strings", type: 8, [.text(9, "a"), .text(9, "b")]),
      Onnx.attribute("tensors", type: 9, [.message(10, Onnx.tensor([1], [Onnx.raw([1])]))]),
      Onnx.attribute("zero", type: 2, []),
    ]
    let model = try Model(
      bytes: Onnx.model(
        opsets: [("d", 1)],
        graph: [Onnx.node("Op", domain: "d", [], ["y"], attributes: attributes), Onnx.output("y")]),
      operators: .standard)
    let read = model.graph.nodes[0].attributes
    #expect(
      read.entries.map(\.name) == ["float", "int", "string", "tensor", "floats", "ints", "strings", "tensors", "zero"])
    guard case .float(1.5) = read["float"], case .int(-4) = read["int"],
      case .string([0x61, 0, 0xff]) = read["string"],
      case .tensor(let tensor) = read["tensor"], case .floats([1, 2]) = read["floats"],
      case .ints([1, -2]) = read["ints"], case .strings([[0x61], [0x62]]) = read["strings"],
      case .message = read["tensors"], case .int(0) = read["zero"]
    else {
      Issue.record("\(read)")
      return
    }
    #expect(try tensor == Tensor(shape: [2], [Float(1), 2]))
  }

  /// Repeated numbers may be packed, whether the schema says so or not.
  @Test func packedAttributes() throws {
    let model = try Model(
      bytes: Onnx.model(
        opsets: [("d", 1)],
        graph: [
          Onnx.node("Op", domain: "d", [], ["y"], attributes: [Onnx.attribute("a", type: 7, [.packed(8, [3, -1])])]),
          Onnx.output("y"),
        ]), operators: .standard)
    guard case .ints([3, -1]) = model.graph.nodes[0].attributes["a"] else {
      Issue.record("\(model.graph.nodes[0].attributes)")
      return
    }
  }

  /// The inner graph uses x of the outer one, through a graph between them that does not use it.
  @Test func subgraphsCapture() throws {
    let inner: [Wire] = [Onnx.node("Relu", ["x"], ["b"]), Onnx.output("b")]
    let middle: [Wire] = [
      Onnx.node("Op", domain: "d", ["c"], ["q"], attributes: [Onnx.attribute("body", type: 5, [.message(6, inner)])]),
      Onnx.node("Relu", ["q"], ["c"].map { $0 + "2" }), Onnx.input("c"), Onnx.output("c2"),
    ]
    let model = try Model(
      bytes: Onnx.model(
        opsets: [("", 13), ("d", 1)],
        graph: [
          Onnx.input("x0"), Onnx.output("y"), Onnx.node("Relu", ["x0"], ["x"]),
          Onnx.node(
            "Op", domain: "d", [], ["y"], attributes: [Onnx.attribute("body", type: 5, [.message(6, middle)])]),
        ]), operators: .standard)
    let graph = model.graph
    #expect(graph.captures.isEmpty)
    #expect(graph.nodes[1].captures.map { graph[$0].name } == ["x"])
    guard case .graph(let body) = graph.nodes[1].attributes["body"] else {
      Issue.record("no body")
      return
    }
    #expect(body.captures.map { body[$0].name } == ["x"])
    #expect(body.nodes[0].captures.map { body[$0].name } == ["x"])
  }

  /// From IR version 4 on, an initializer that is also an input is a default value; before, it is a constant.
  @Test(arguments: [3, 4]) func overridableInitializers(ir: Int) throws {
    let model = try Model(
      bytes: Onnx.model(
        ir: ir,
        graph: [
          Onnx.input("x"), Onnx.input("w", [Onnx.dim(1)]), Onnx.initializer("w", [1], [Onnx.raw([2])]),
          Onnx.output("x"),
        ]), operators: .standard)
    let graph = model.graph
    #expect(graph.inputs.map { graph[$0].name } == (ir == 3 ? ["x"] : ["x", "w"]))
    #expect(graph.listedConstants.map { graph[$0].name } == (ir == 3 ? ["w"] : []))
    let w = try #require(graph.valueIDs.first { graph[$0].name == "w" })
    #expect(graph.isConstant(w) == (ir == 3))
    #expect(try graph[w].initializer?.tensor == Tensor(shape: [1], [Float(2)]))
  }

  /// The output's shape is not declared. It is the shape of Relu's input.
  @Test func inferredTypes() throws {
    let model = try Model(bytes: Onnx.relu(), operators: .standard)
    #expect(model.graph[model.graph.outputs[0]].type == TensorType(.float32, ["N", 3]))
  }

  @Test func valueInformation() throws {
    let bytes = Onnx.model(graph: [
      Onnx.input("x"), Onnx.output("y"), Onnx.node("Relu", ["x"], ["a"]), Onnx.node("Relu", ["a"], ["y"]),
      .message(13, Onnx.declaration("a", [Onnx.dim(7)])),
    ])
    func type(_ declaredShapes: DeclaredShapes) throws -> TensorType? {
      let graph = try Model(bytes: bytes, operators: .standard, declaredShapes: declaredShapes).graph
      return try graph[#require(graph.value(named: "a"))].type
    }
    #expect(try type(.binding) == TensorType(.float32, [7]))
    // The declaration may be true, but nothing relies on it.
    #expect(try type(.advisory) == TensorType(.float32, nil))
  }

  /// A model-local function has the name of a standard operator.
  @Test func functionsAreNotMistaken() throws {
    let function = Onnx.function("Relu", domain: "", ["a"], ["b"], [Onnx.node("Neg", ["a"], ["b"])])
    let model = try Model(bytes: Onnx.relu() + function.bytes, operators: .standard)
    #expect(model.graph.nodes[0].typed == nil)
    #expect(model.graph.nodes[0].body?.nodes.map(\.opType) == ["Neg"])
  }

  @Test func stringAndSparseInitializers() throws {
    let model = try Model(
      bytes: Onnx.relu(more: [
        Onnx.initializer("s", type: 8, [2], [.text(6, "a"), .text(6, "b")]),
        .message(
          15,
          [
            .message(1, Onnx.tensor(name: "z", [2], [Onnx.raw([1, 2])])),
            .message(2, Onnx.tensor(type: 7, [2], [.packed(7, [0, 5])])), .int(3, 3), .int(3, 4),
          ]),
      ]), operators: .standard)
    let values = model.graph.values
    let s = try #require(values.first { $0.name == "s" })
    let z = try #require(values.first { $0.name == "z" })
    #expect(s.type == TensorType(.string, [2]))
    #expect(s.initializer != nil && s.initializer?.tensor == nil)
    #expect(z.type == TensorType(.float32, [3, 4]))
    #expect(z.initializer != nil && z.initializer?.tensor == nil)
  }
}
