import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Reference evaluation of calls of model-local functions.
@Suite struct FunctionCallTests {
  /// Values that a node captures for a graph attribute are not passed to the function as inputs, even if the call omits an input.
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
