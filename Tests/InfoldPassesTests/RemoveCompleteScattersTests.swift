import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// ScatterND that replaces all elements, and similar ones that do not.
@Suite struct RemoveCompleteScattersTests {
  private let shape = [2, 3, 4]

  /// A network that writes updates to a tensor of `shape`, at the indices that `indices` computes.
  private func expect(
    isRemoved: Bool, updates: [Int], reduction: String = "none", sourceLocation: SourceLocation = #_sourceLocation,
    _ indices: (inout NetworkBuilder) throws -> ValueID
  ) throws {
    var network = NetworkBuilder(opset: 18)
    let x = network.input(Shape(shape), "x"), y = network.input(Shape(updates), "y")
    let attributes: AttributeList = reduction == "none" ? [:] : ["reduction": .string(Array(reduction.utf8))]
    let scattered = try network.node("ScatterND", [x, try indices(&network), y], attributes)
    let graph = try network.finished(scattered)
    let rewritten = try RemoveDeadCode().run(on: try RemoveCompleteScatters().run(on: graph).graph).graph
    #expect((rewritten.nodes.map(\.opType) == ["Identity"]) == isRemoved, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    let inputs = try graph.randomInputs()
    #expect(
      try ReferenceEvaluator(rewritten).run(inputs) == ReferenceEvaluator(graph).run(inputs),
      sourceLocation: sourceLocation)
  }

  /// Indices as exporters write them: the positions along each axis, expanded.
  private func expanded(_ network: inout NetworkBuilder, _ counts: [[Int64]]) throws -> ValueID {
    let sizes = counts.map { Int64($0.count) }
    var parts: [ValueID] = []
    for (axis, numbers) in counts.enumerated() {
      let ones = Array(repeating: 1, count: counts.count - 1 - axis)
      let list = network.constant(try Tensor(shape: [numbers.count] + ones, numbers))
      let wide = try network.node("Expand", [list, network.constant(try Tensor(shape: [sizes.count], sizes))])
      parts.append(
        try network.node("Unsqueeze", [wide, network.constant(try Tensor(shape: [1], [Int64(sizes.count)]))]))
    }
    return try network.node("Concat", parts, ["axis": .int(-1)])
  }

  @Test func ofAllElements() throws {
    try expect(isRemoved: true, updates: shape) { try expanded(&$0, [[0, 1], [0, 1, 2], [0, 1, 2, 3]]) }
    try expect(isRemoved: true, updates: shape) { try expanded(&$0, [[0, 1], [0, 1, 2]]) }
    try expect(isRemoved: true, updates: shape) { network in
      network.constant(try Tensor(shape: [2, 1], [0, 1] as [Int64]))
    }
    try expect(isRemoved: true, updates: shape) { network in
      let grid = (0..<6 as Range<Int64>).flatMap { (index: Int64) -> [Int64] in [index / 3, index % 3] }
      return network.constant(try Tensor(shape: [2, 3, 2], grid))
    }
  }

  @Test func ofOthers() throws {
    try expect(isRemoved: false, updates: shape) { try expanded(&$0, [[0, 1], [0, 2, 1], [0, 1, 2, 3]]) }
    try expect(isRemoved: false, updates: [2, 2, 4]) { try expanded(&$0, [[0, 1], [1, 2], [0, 1, 2, 3]]) }
    try expect(isRemoved: false, updates: shape) { try expanded(&$0, [[1, 0], [0, 1, 2]]) }
    try expect(isRemoved: false, updates: shape, reduction: "add") {
      try expanded(&$0, [[0, 1], [0, 1, 2], [0, 1, 2, 3]])
    }
    try expect(isRemoved: false, updates: shape) { network in
      network.constant(try Tensor(shape: [2, 1], [1, 0] as [Int64]))
    }
  }
}
