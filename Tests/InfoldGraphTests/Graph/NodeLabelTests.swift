import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Messages identify a node by something that can be found in the model.
@Suite struct NodeLabelTests {
  @Test(arguments: [
    ("conv1", ["y"], ["x"], "node \"conv1\" (Conv)"), ("", ["y", "z"], ["x"], "node (Conv) that produces \"y\""),
    ("", ["", "z"], ["x"], "node (Conv) that produces \"z\""), ("", [""], ["", "w"], "node (Conv) that reads \"w\""),
    ("", [], [], "node (Conv)"),
  ])
  func names(name: String, outputs: [String], inputs: [String], expected: String) {
    #expect(Node.label(name: name, opType: "Conv", domain: "", outputs: outputs, inputs: inputs) == expected)
  }

  @Test func namesANodeOfAGraph() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType(.float32, [1]))
    let y = graph.add(Value(name: "y"))
    graph.add(try Node(opType: "Relu", opsetVersion: 13, attributes: [:], inputs: [x], outputs: [y]))
    #expect(graph.label(of: graph.nodes[0]) == "node (Relu) that produces \"y\"")
  }

  /// A node that refers to a value of another graph is identified by its output.
  @Test func namesANodeOfAnInconsistentGraph() throws {
    var other = Graph()
    let strangers = (0..<5).map { other.add(Value(name: "\($0)")) }
    var graph = Graph()
    let y = graph.add(Value(name: "y"))
    graph.add(try Node(opType: "Relu", opsetVersion: 13, attributes: [:], inputs: [strangers[4]], outputs: [y]))
    let error = #expect(throws: InfoldError.self) { try graph.makeConsistent() }
    #expect(error?.node == "node (Relu) that produces \"y\"")
  }
}
