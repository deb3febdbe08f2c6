import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// A model with operators that Infold cannot run can be read; only a session refuses it.
@Suite struct UnsupportedTests {
  @Test func aTypeThatAnOperatorDoesNotHaveMakesItsNodeOpaque() throws {
    var graph = Graph()
    let x = graph.addInput("x", TensorType(.complex64, [2])), y = graph.addInput("y", TensorType(.uint4, [2]))
    for (name, input) in [("one", x), ("two", y)] {
      let output = graph.add(Value(name: name, type: TensorType(graph[input].type!.elementType, ["N"])))
      graph.add(try Node(name: name, opType: "Relu", opsetVersion: 14, inputs: [input], outputs: [output]))
      graph.outputs.append(output)
    }
    try graph.sort()
    try graph.inferTypes()
    #expect(graph[graph.outputs[0]].type == TensorType(.complex64, ["N"]))
    let error = #expect(throws: InfoldError.self) { try graph.requireNoOpaqueNodes() }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("node \"one\" (Relu)") == true)
    #expect(error?.description.contains("node \"two\" (Relu)") == true)
  }

  @Test func moreDimensionsThanATensorMayHaveAreRefused() throws {
    let error = #expect(throws: InfoldError.self) {
      try evaluate(
        "Unsqueeze", opset: 13,
        [Tensor(scalar: Float(1)), Tensor(shape: [Shape.maximumRank + 1], (0...Int64(Shape.maximumRank)).map { $0 })])
    }
    #expect(error?.code == .limitExceeded)
  }

  /// Empty tensors of huge sizes cost no computation, and no product of their sizes overflows.
  @Test(arguments: [
    ("BatchNormalization", [[1 << 61, 1, 0], [1], [1], [1], [1]]), ("MatMul", [[1 << 61, 0, 1], [1, 1]]),
    ("GlobalAveragePool", [[1 << 61, 0, 1, 1]]),
    ("Relu", [[1 << 30, 0, 1 << 30]]),
  ])
  func emptyTensorsOfHugeSizesCostNothing(operation: String, shapes: [[Int]]) throws {
    var inputs: [Tensor] = []
    for shape in shapes { inputs.append(try Tensor(zeros: shape, of: .float32)) }
    let result = try evaluate(operation, opset: 15, inputs)
    #expect(result[0]?.count == 0)
  }

  @Test func sizesWhoseProductOverflowsAreRefusedEvenInAnEmptyTensor() {
    #expect(throws: InfoldError.self) { try Tensor(zeros: [1 << 40, 1 << 40, 0], of: .float32) }
  }
}
