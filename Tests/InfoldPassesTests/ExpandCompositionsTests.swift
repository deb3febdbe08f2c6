import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct ExpandCompositionsTests {
  private func fused(_ input: Shape, activation: String = "Relu") throws -> Graph {
    var graph = Graph()
    let x = graph.addInput("x", TensorType(.float32, input))
    let w = graph.addConstant("w", try Tensor(repeating: Float(0.5), shape: [2, 3, 1, 1]))
    let y = graph.add(Value(name: "y"))
    graph.add(
      try Node(
        name: "fused", opType: "FusedConv", domain: "com.microsoft", opsetVersion: 1,
        attributes: ["activation": .string(Array(activation.utf8)), "kernel_shape": .ints([1, 1])], inputs: [x, w],
        outputs: [y]))
    graph.outputs = [y]
    return graph
  }

  @Test func operatorsTakeThePlaceOfFusedOnes() throws {
    var graph = try fused(["N", 3, "H", 5])
    try graph.inferTypes()
    #expect(graph[graph.outputs[0]].type?.shape == ["N", 2, "H", 5])
    let result = try ExpandCompositions().run(on: graph)
    #expect(result.graph.nodes.map(\.opType) == ["Conv", "Relu"])
    #expect(result.graph[result.graph.outputs[0]].name == "y")
    #expect(result.changes.map(\.node) == ["node \"fused\" (com.microsoft.FusedConv)"])
    try result.graph.checkTypes()
    let x = try Tensor(shape: [1, 3, 1, 5], (0..<15).map { Float($0) - 7 })
    let expected = try ReferenceEvaluator(graph).run([graph.inputs[0]: x])
    #expect(try ReferenceEvaluator(result.graph).run([result.graph.inputs[0]: x]) == expected)
    #expect(expected[0].shape == [1, 2, 1, 5])
  }

  /// What the composition depends on may be known only after sizes are bound.
  @Test func staysWhileSizesAreOpen() throws {
    var network = NetworkBuilder(opset: 24)
    let x = network.input(["N", 2, "M", 4])
    let graph = try network.finished(network.node("Attention", [x, x, x], ["is_causal": .int(1)]))
    let open = try ExpandCompositions().run(on: graph)
    #expect(open.changes.isEmpty && open.graph.nodes.map(\.opType) == ["Attention"])
    let bound = try ExpandCompositions().run(on: graph.binding(["N": 1, "M": 3])).graph
    #expect(bound.nodes.contains { $0.opType == "Softmax" } && !bound.nodes.contains { $0.opType == "Attention" })
    try bound.checkTypes()
  }

  @Test func otherActivationsAreRefusedByName() throws {
    let graph = try fused([1, 3, 4, 5], activation: "Sine")
    guard case .opaque(let reason) = graph.nodes[0].kind else {
      Issue.record("the activation is none")
      return
    }
    #expect(reason.description.contains("\"Sine\""))
  }
}
