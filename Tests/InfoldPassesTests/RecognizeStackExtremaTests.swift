import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// ReduceMax and ReduceMin of a Concat that stacks values, and of others.
@Suite struct RecognizeStackExtremaTests {
  /// Expects these operators after the pass for values of these shapes that are concatenated and then reduced, and identical results.
  private func expect(
    _ operators: [String], _ reduction: String = "ReduceMax", shapes: [[Int]], unsqueezed: Int64? = nil, axis: Int64,
    reduced: [Int64], keeps: Bool = false, readsStack: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var network = NetworkBuilder(opset: 18)
    var values: [ValueID] = []
    for (index, shape) in shapes.enumerated() {
      var value = network.input(Shape(shape), "x\(index)")
      if let unsqueezed {
        value = try network.node("Unsqueeze", [value, network.constant(try Tensor(shape: [1], [unsqueezed]))])
      }
      values.append(value)
    }
    let stack = try network.node("Concat", values, ["axis": .int(axis)])
    let axes = network.constant(try Tensor(shape: [reduced.count], reduced))
    let y = try network.node(reduction, [stack, axes], ["keepdims": .int(keeps ? 1 : 0)])
    let graph = readsStack ? try network.finished(y, stack) : try network.finished(y)
    let rewritten = try RemoveDeadCode().run(on: try RecognizeStackExtrema().run(on: graph).graph).graph
    #expect(rewritten.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    let inputs = try graph.randomInputs()
    #expect(
      try ReferenceEvaluator(rewritten).run(inputs) == ReferenceEvaluator(graph).run(inputs),
      sourceLocation: sourceLocation)
  }

  @Test(arguments: ["ReduceMax", "ReduceMin"]) func comparesElementByElement(reduction: String) throws {
    let name = reduction == "ReduceMax" ? "Max" : "Min"
    try expect([name], reduction, shapes: [[2, 3], [2, 3], [2, 3]], unsqueezed: 2, axis: -1, reduced: [-1])
    try expect([name], reduction, shapes: [[2, 3], [2, 3]], unsqueezed: 0, axis: 0, reduced: [0])
    try expect([name], reduction, shapes: [[2, 1, 3], [2, 1, 3]], axis: 1, reduced: [1], keeps: true)
  }

  @Test func otherReductions() throws {
    // Other axes, longer values, a single value, a stack that is read elsewhere, and sums.
    try expect(["Concat", "ReduceMax"], shapes: [[2, 1, 3], [2, 1, 3]], axis: 1, reduced: [2])
    try expect(["Concat", "ReduceMax"], shapes: [[2, 1, 3], [2, 1, 3]], axis: 1, reduced: [1, 2], keeps: true)
    try expect(["Concat", "ReduceMax"], shapes: [[2, 2, 3], [2, 1, 3]], axis: 1, reduced: [1], keeps: true)
    try expect(["Concat", "ReduceMax"], shapes: [[2, 1, 3]], axis: 1, reduced: [1], keeps: true)
    try expect(
      ["Concat", "ReduceMax"], shapes: [[2, 1, 3], [2, 1, 3]], axis: 1, reduced: [1], keeps: true, readsStack: true)
    try expect(["Concat", "ReduceSum"], "ReduceSum", shapes: [[1, 3], [1, 3]], axis: 0, reduced: [0], keeps: true)
    // The dimension of size 1 is not removed by Unsqueeze or Reshape.
    try expect(["Concat", "ReduceMax"], shapes: [[2, 1, 3], [2, 1, 3]], axis: 1, reduced: [1])
  }
}
