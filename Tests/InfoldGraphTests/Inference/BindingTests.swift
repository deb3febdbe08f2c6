import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import Testing

@Suite struct BindingTests {
  /// x [`batch`, 4, H, 8] → Conv with 6 filters of 3×3 in 2 groups → y.
  private func convolution(batch: Dimension) throws -> Graph {
    var graph = Graph()
    let x = graph.addInput("x", TensorType(.float32, [batch, 4, "H", 8]))
    let weight = graph.addConstant("w", try Tensor(zeros: [6, 2, 3, 3], of: .float32))
    let y = graph.add(Value(name: "y", type: TensorType(.float32, [batch, 6, .unknown, 6])))
    graph.outputs = [y]
    graph.add(
      try Node(opType: "Conv", opsetVersion: 11, attributes: ["group": .int(2)], inputs: [x, weight], outputs: [y]))
    try graph.inferTypes()
    return graph
  }

  @Test func replacesSymbolsAndInfersAgain() throws {
    let graph = try convolution(batch: "N")
    let bound = try graph.binding(["N": 5, "H": 10, "other": 1])
    #expect(bound[bound.inputs[0]].type?.shape == [5, 4, 10, 8])
    #expect(bound[bound.outputs[0]].type?.shape == [5, 6, 8, 6])
    #expect(graph[graph.inputs[0]].type?.shape == ["N", 4, "H", 8])
    #expect(throws: InfoldError.self) { try graph.binding(["H": 2]) }
  }

  @Test(arguments: ["N", .unknown, 3] as [Dimension])
  func bindsTheBatch(batch: Dimension) throws {
    let bound = try convolution(batch: batch).bindingBatch(to: 1)
    #expect(bound[bound.inputs[0]].type?.shape == [.fixed(batch.size ?? 1), 4, "H", 8])
  }

  @Test func countsMultiplyAccumulates() throws {
    let graph = try convolution(batch: "N")
    #expect(graph.multiplyAccumulates(of: graph.nodes[0]) == nil)
    let bound = try graph.binding(["N": 5, "H": 10])
    #expect(bound.multiplyAccumulates(of: bound.nodes[0]) == 5 * 6 * 8 * 6 * (2 * 3 * 3))
    let huge = try graph.binding(["N": .max, "H": 10])
    #expect(huge.multiplyAccumulates(of: huge.nodes[0]) == nil)
  }

  @Test(
    arguments: [
      ("Gemm", [[5, 2], [7, 5]], ["transA": .int(1), "transB": .int(1)], 2 * 5 * 7),
      ("MatMul", [[3, 1, 2, 5], [4, 5, 7]], [:], 3 * 4 * 2 * 5 * 7), ("MatMul", [[5], [5, 7]], [:], 5 * 7),
      ("ConvTranspose", [[1, 4, 5, 5], [4, 3, 2, 2]], ["group": .int(2)], 4 * 5 * 5 * 3 * 2 * 2),
      ("Relu", [[5]], [:], 0),
    ] as [(String, [[Int]], AttributeList, Int)])
  func countsByOperator(opType: String, inputs: [[Int]], attributes: AttributeList, expected: Int) throws {
    var graph = Graph()
    let ids = inputs.enumerated().map { graph.addInput("x\($0)", TensorType(.float32, Shape($1))) }
    let y = graph.add(Value(name: "y"))
    graph.outputs = [y]
    graph.add(try Node(opType: opType, opsetVersion: 13, attributes: attributes, inputs: ids, outputs: [y]))
    try graph.inferTypes()
    #expect(graph.multiplyAccumulates(of: graph.nodes[0]) == expected)
  }

  /// s = a + b for a [N, C] and b [N, 4].
  private func sum(_ declaredShapes: DeclaredShapes = .advisory) throws -> Model {
    var graph = Graph()
    graph.declaredShapes = declaredShapes
    let a = graph.addInput("a", TensorType(.float32, ["N", "C"])),
      b = graph.addInput("b", TensorType(.float32, ["N", 4]))
    let c = graph.addConstant("c", try Tensor(zeros: [1], of: .float32))
    let s = graph.add(Value(name: "s")), t = graph.add(Value(name: "t"))
    graph.add(try Node(opType: "Add", opsetVersion: 13, inputs: [a, b], outputs: [s]))
    graph.add(try Node(opType: "Add", opsetVersion: 13, inputs: [s, c], outputs: [t]))
    graph.outputs = [t]
    try graph.inferTypes()
    return Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])
  }

  @Test func bindsAModelToShapes() throws {
    let model = try sum()
    let bound = try model.binding(inputs: ["a": [3, 1]]).graph
    #expect(bound.inputs.map { bound[$0].type?.shape } == [[3, 1], [3, 4]])
    #expect(bound[bound.outputs[0]].type?.shape == [3, 4])
    #expect(
      try model.binding(inputs: [:]).graph.inputs.map { model.graph[$0].type?.shape } == [["N", "C"], ["N", 4]])
  }

  @Test(
    arguments: [
      (["z": [1, 4]], "\"z\" is not a graph input"), (["c": [1]], "\"c\" is not a graph input but a constant"),
      (["a": [1]], "the input \"a\" has the shape [1]; the model expects [N, C]"),
      (["b": [1, 5]], "the input \"b\" has the shape [1, 5]; the model expects [N, 4]"),
      (["a": [-1, 4]], "sizes are at least 0"),
      (["a": Array(repeating: 1, count: 65)], "more than 64"),
    ] as [([String: [Int]], String)])
  func refusesShapesThatContradictTheModel(shapes: [String: [Int]], part: String) throws {
    let error = #expect(throws: InfoldError.self) { _ = try sum().binding(inputs: shapes) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.description.contains(part) == true, "\(error!)")
  }

  @Test func bindsSymbols() throws {
    let model = try sum()
    let bound = try model.binding(symbols: ["N": 3, "C": 1]).graph
    #expect(bound.inputs.map { bound[$0].type?.shape } == [[3, 1], [3, 4]])
    #expect(bound[bound.outputs[0]].type?.shape == [3, 4])
    #expect(try model.binding(inputs: ["b": [3, 4]], symbols: ["C": 1]).graph[bound.inputs[0]].type?.shape == [3, 1])
    let open = try model.binding(symbols: ["N": 3]).graph
    #expect(open.inputs.map { open[$0].type?.shape } == [[3, "C"], [3, 4]])
  }

  @Test func sizesOfZero() throws {
    let bound = try sum().binding(inputs: ["b": [0, 4]], symbols: ["C": 4]).graph
    #expect(bound.inputs.map { bound[$0].type?.shape } == [[0, 4], [0, 4]])
    #expect(bound[bound.outputs[0]].type?.shape == [0, 4])
  }

  @Test(
    arguments: [
      ([:], ["M": 3], "\"M\" is not a symbol of the model's input shapes; the symbols are \"N\", \"C\""),
      ([:], ["N": -1], "the symbol \"N\" cannot be -1"),
      (["a": [2, 4]], ["N": 3], "the dimension N would be 2, but the caller sets it to 3"),
    ] as [([String: [Int]], [String: Int], String)])
  func refusesSymbolsThatContradictTheModel(shapes: [String: [Int]], symbols: [String: Int], part: String) throws {
    let error = #expect(throws: InfoldError.self) { _ = try sum().binding(inputs: shapes, symbols: symbols) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.description.contains(part) == true, "\(error!)")
  }

  /// If two inputs give a symbol different sizes, they are treated as independent; if declared shapes are binding, this is an error.
  @Test func splitsASymbolOfTwoSizes() throws {
    let shapes = ["a": [1, 4], "b": [3, 4]]
    let bound = try sum().binding(inputs: shapes)
    #expect(bound.graph[bound.graph.outputs[0]].type?.shape == [3, 4])
    #expect(bound.warnings.map(\.code) == [.sharedSymbol])
    #expect(
      bound.warnings[0].reason
        == "the input \"b\" has the shape [3, 4], so the dimension N would be 3, but the input \"a\" sets it to 1; the two "
        + "are treated as independent sizes")
    let error = #expect(throws: InfoldError.self) { _ = try sum(.binding).binding(inputs: shapes) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.contains("the dimension N would be 3, but the input \"a\" sets it to 1") == true)
  }

  @Test func refusesSizesThatTheGraphContradicts() throws {
    let error = #expect(throws: InfoldError.self) { _ = try sum().binding(inputs: ["a": [2, 3]]) }
    #expect(error?.code == .invalidModel)
  }
}
