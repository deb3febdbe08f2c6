import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct InlineBodiesTests {
  private typealias Branch = NetworkBuilder.Branch

  /// x → Neg or Relu.
  private func choice(
    opset: Int = 13, _ condition: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws -> Graph {
    var network = NetworkBuilder(opset: opset)
    let x = network.input(["N", 2])
    let condition = try condition(&network, x)
    return try network.finished(
      try network.choice(
        condition, then: try Branch(of: "x", opset: opset) { try $0.node("Neg", [$1]) },
        else: try Branch(of: "x", opset: opset) { try $0.node("Relu", [$1]) }))
  }

  /// Every version of If, and the newest opset.
  @Test(arguments: [(true, "Neg"), (false, "Relu")], [1, 11, 13, 16, 19, 21, 23, 24, 25, 28])
  func theConditionChooses(_ choice: (condition: Bool, opType: String), opset: Int) throws {
    let (condition, opType) = choice
    let graph = try self.choice(opset: opset) { network, _ in network.constant(try Tensor(scalar: condition)) }
    let result = try InlineBodies().run(on: graph)
    #expect(result.graph.nodes.map(\.opType) == [opType])
    #expect(result.graph[result.graph.outputs[0]].name == graph[graph.outputs[0]].name)
    #expect(result.graph.nodes[0].name == "if0/\(opType.lowercased())0")
    #expect(result.changes.count == 1)
    try result.graph.checkTypes()
  }

  @Test func conditionsOnShapesAreDecidedOnceTheyAreKnown() throws {
    let graph = try choice { network, x in
      let size = try network.node("Gather", [try network.node("Shape", [x]), network.constant(try .list(0))])
      return try network.node("Equal", [size, network.constant(try .list(3))])
    }
    let open = try InlineBodies().run(on: graph)
    #expect(open.graph.nodes.last?.opType == "If")
    #expect(open.changes.isEmpty)
    try open.graph.requireRunnableOnceBound()
    for (size, opType) in [(3, "Neg"), (4, "Relu")] {
      #expect(try InlineBodies().run(on: graph.binding(["N": size])).graph.nodes.last?.opType == opType)
    }
  }

  @Test func conditionsOnDataStay() throws {
    let graph = try choice { network, x in
      let sum = try network.node("ReduceSum", [x], ["keepdims": .int(0)])
      return try network.node("Greater", [sum, network.constant(try Tensor(scalar: Float(0)))])
    }
    let open = try InlineBodies().run(on: graph).graph
    #expect(open.nodes.last?.opType == "If")
    try open.requireRunnableOnceBound()
  }

  @Test func whatAnIfDoesNotHaveIsRefused() throws {
    let graph = try choice { network, _ in network.constant(try Tensor(scalar: true)) }
    let node = try #require(graph.nodes.last)
    let error = #expect(throws: InfoldError.self) {
      var attributes = node.attributes
      attributes["depth"] = .int(1)
      _ = try node.replacing(attributes: attributes)
    }
    #expect(error?.code == .invalidModel && error?.description.contains("no attribute \"depth\"") == true)
    var changed = graph
    var wider = node
    wider.inputs.append(wider.inputs[0])
    changed.replaceNodes([wider])
    #expect(try errorCode { _ = try InlineBodies().run(on: changed) } == .invalidModel)
  }

  @Test func aConditionOfManyValuesIsRefused() throws {
    let error = try errorCode {
      _ = try InlineBodies().run(on: choice { network, _ in network.constant(try Tensor(zeros: [2], of: .bool)) })
    }
    #expect(error == .invalidModel)
  }

  /// Names that occur in both graphs, a branch inside a branch, and outputs that the branch does not compute itself.
  @Test func nestedBranches() throws {
    let yes = try Tensor(scalar: true)
    let inner = try Branch(of: "x") { network, x in try network.node("Neg", [x], name: "same") }
    let outer = try Branch(of: "x") { network, x in
      let condition = network.constant(yes, "condition")
      let y = try network.choice(condition, then: inner, else: inner)
      return try network.node("Add", [y, x], name: "same")
    }
    var network = NetworkBuilder()
    let x = network.input([2])
    let doubled = try network.node("Add", [x, x], name: "same")
    let y = try network.choice(
      network.constant(yes, "condition"), then: outer, else: try Branch(of: "x") { $1 })
    let graph = try network.finished(try network.node("Sub", [doubled, y]))
    let result = try InlineBodies().run(on: graph).graph
    #expect(result.nodes.map(\.opType) == ["Add", "Neg", "Add", "Sub"])
    #expect(Set(result.values.map(\.name)).count == result.values.count)
    let input = try Tensor(shape: [2], [3, -5] as [Float])
    #expect(try ReferenceEvaluator(result).run([x: input]) == [try Tensor(shape: [2], [6, -10] as [Float])])
  }

  @Test func aBranchMayHandOnWhatItFindsOutside() throws {
    var network = NetworkBuilder()
    let x = network.input([2])
    let same = try Branch(of: "x") { $1 }
    let graph = try network.finished(
      try network.choice(network.constant(try Tensor(scalar: true)), then: same, else: same))
    let result = try InlineBodies().run(on: graph).graph
    #expect(result.nodes.map(\.opType) == ["Identity"])
    #expect(result.nodes[0].inputs == [x])
  }
}
