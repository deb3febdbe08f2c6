import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Calls of functions that a model defines, by the reference evaluation.
@Suite struct FunctionCallTests {
  /// What a node captures for a graph among its attributes is none of the function's inputs, also where the call leaves one out.
  @Test func capturesAreNoArguments() throws {
    var function = NetworkBuilder()
    let x = function.input([3]), least = function.input([], "least")
    let clipped = try function.node("Clip", [x, least])
    let body = try function.body(outputs: [clipped], captures: [])
    var attribute = Graph(name: "attribute")
    let captured = attribute.add(Value(name: "bound"))
    attribute.captures = [captured]
    attribute.outputs = [captured]

    var graph = Graph(name: "calling")
    let input = graph.addInput("x", TensorType(.float32, [3]))
    let bound = graph.addConstant("bound", try Tensor(scalar: Float(0)))
    let output = graph.add(Value(name: "y"))
    graph.add(
      try Node(
        name: "call", opType: "F", domain: "com.example", opsetVersion: 1, attributes: ["unused": .graph(attribute)],
        inputs: [input], outputs: [output], captures: [bound], calling: body))
    graph.outputs = [output]
    let numbers = try Tensor(shape: [3], [-2, -1, 3] as [Float])
    #expect(try ReferenceEvaluator(graph).run([input: numbers]) == [numbers])
  }
}
