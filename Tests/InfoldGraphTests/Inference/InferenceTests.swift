import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct InferenceTests {
  /// x → Relu → y, with the given declarations.
  private func chain(_ x: TensorType?, declaring y: TensorType?) throws -> Graph {
    var graph = Graph()
    let input = graph.add(Value(name: "x", type: x)), output = graph.add(Value(name: "y", type: y))
    graph.inputs = [input]
    graph.outputs = [output]
    graph.add(try Node(name: "relu", opType: "Relu", opsetVersion: 14, inputs: [input], outputs: [output]))
    return graph
  }

  @Test func carriesSymbolsThrough() throws {
    var graph = try chain(TensorType(.float32, ["N", 3]), declaring: nil)
    try graph.inferTypes()
    #expect(graph[graph.outputs[0]].type == TensorType(.float32, ["N", 3]))
  }

  @Test func mergesWhatIsInferredWithWhatIsDeclared() throws {
    var graph = try chain(TensorType(.float32, ["N", .unknown]), declaring: TensorType(.float32, [.unknown, 7]))
    try graph.inferTypes()
    #expect(graph[graph.outputs[0]].type == TensorType(.float32, ["N", 7]))
  }

  @Test(arguments: [
    TensorType(.float32, [1, 4]), TensorType(.float64, [1, 3]), TensorType(.float32, [1, 3, 1]),
  ])
  func refusesADeclarationThatContradicts(_ declared: TensorType) throws {
    var graph = try chain(TensorType(.float32, [1, 3]), declaring: declared)
    graph.declaredShapes = .binding
    let error = #expect(throws: InfoldError.self) { try graph.inferTypes() }
    #expect(error?.code == .invalidModel)
    #expect(error?.node == "node \"relu\" (Relu)")
  }

  @Test(arguments: [[1, 4], [1, 3, 1], [], ["N", 2]] as [Shape])
  func warnsOfAShapeThatContradicts(_ declared: Shape) throws {
    var graph = try chain(TensorType(.float32, [1, 3]), declaring: TensorType(.float32, declared))
    let warnings = try graph.inferTypes()
    #expect(graph[graph.outputs[0]].type == TensorType(.float32, [1, 3]))
    #expect(
      warnings == [
        ModelWarning(
          .declaredShape,
          "the value \"y\" is float32 [1, 3], but the model declares float32 \(declared); the declaration is ignored",
          value: "y", node: "node \"relu\" (Relu)")
      ])
    // It is said once.
    #expect(try graph.inferTypes() == [])
  }

  /// Reading numbers as a type that they do not have would give wrong values.
  @Test func refusesAnElementTypeThatContradicts() throws {
    var graph = try chain(TensorType(.float32, [1, 3]), declaring: TensorType(.float64, [1, 3]))
    #expect(try errorCode { try graph.inferTypes() } == .invalidModel)
  }

  @Test func keepsTheDeclarationBehindAnOpaqueNode() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType(.float32, [2]))
    let y = graph.add(Value(name: "y", type: TensorType(.float32, [5]))), z = graph.add(Value(name: "z"))
    graph.add(try Node(opType: "Mystery", domain: "test", opsetVersion: 1, inputs: [x], outputs: [y]))
    graph.add(try Node(opType: "Relu", opsetVersion: 14, inputs: [y], outputs: [z]))
    graph.outputs = [z]
    try graph.inferTypes()
    #expect(graph[z].type == TensorType(.float32, [5]))
  }

  @Test func listsEveryOpaqueNodeAtOnce() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType(.float32, [2]))
    for name in ["Mystery", "Riddle"] {
      let y = graph.add(Value(name: name))
      graph.add(try Node(name: "the \(name)", opType: name, domain: "test", opsetVersion: 1, inputs: [x], outputs: [y]))
    }
    let error = #expect(throws: InfoldError.self) { try graph.requireNoOpaqueNodes() }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("the Mystery") == true)
    #expect(error?.description.contains("the Riddle") == true)
  }
}
