import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct ConstantFoldingTests {
  private func folded(_ graph: Graph, byteLimit: Int = 1 << 20) throws -> Graph {
    let folded = try ConstantFolding(byteLimit: byteLimit).run(on: graph).graph
    return try RemoveDeadCode().run(on: folded).graph
  }

  @Test func nodesOnConstantsBecomeInitializers() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 2])
    let a = network.constant(try Tensor(shape: [2], [1, 2] as [Float]))
    let sum = try network.node("Add", [a, a])
    let y = try network.node("Mul", [x, try network.node("Transpose", [sum])])
    let graph = try folded(try network.finished(y))
    #expect(graph.nodes.map(\.opType) == ["Mul"])
    #expect(graph.constant(graph.nodes[0].inputs[1]!) == (try Tensor(shape: [2], [2, 4] as [Float])))
    #expect(graph[a].initializer == nil)
  }

  /// Constants that are too large for inference, and are left to the pass.
  @Test func largeWeightsAreFolded() throws {
    var network = NetworkBuilder()
    let weights = try network.weights([64, 64])
    let y = try network.node("MatMul", [network.input([1, 64]), try network.node("Transpose", [weights])])
    let graph = try network.finished(y)
    let result = try folded(graph, byteLimit: 0)
    #expect(result.nodes.map(\.opType) == ["MatMul"])
    let inputs = try graph.randomInputs()
    #expect(try ReferenceEvaluator(result).run(inputs) == ReferenceEvaluator(graph).run(inputs))
  }

  /// Nodes that expand a few numbers to the weight of a convolution, up to a total number of bytes.
  @Test func weightsAreFoldedWhereSessionsAsk() throws {
    var network = NetworkBuilder()
    var value = network.input([1, 16, 8, 8])
    for _ in 0..<3 {
      let weight = try network.node("ConstantOfShape", [network.constant(try .list(16, 16, 3, 3))])
      value = try network.node("Conv", [value, weight], ["pads": .ints([1, 1, 1, 1])])
    }
    let other = try network.node("ConstantOfShape", [network.constant(try .list(64, 64, 64))])
    let graph = try network.finished([value, other])
    let byteCount = 16 * 16 * 9 * 4
    for (limit, left) in [(0, 3), (2 * byteCount, 1), (3 * byteCount - 1, 1), (3 * byteCount, 0)] {
      let result = try ConstantFolding(byteLimit: 1000, weightByteLimit: limit).run(on: graph).graph
      #expect(result.nodes.count { $0.opType == "ConstantOfShape" } == left + 1, "\(limit) bytes")
    }
  }

  @Test func chainsOfShapesDisappearWhenTheyAreKnown() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3, 4, 5])
    let size = try network.node("Gather", [try network.node("Shape", [x]), network.constant(try .list(0))])
    let wanted = try network.node("Concat", [size, network.constant(try .list(-1))], ["axis": .int(0)])
    let y = try network.node("Reshape", [x, wanted])
    let graph = try folded(try network.finished(y))
    #expect(graph.nodes.map(\.opType) == ["Reshape"])
    #expect(graph.constant(graph.nodes[0].inputs[1]!) == (try .list(2, -1)))
  }

  @Test func openShapesStay() throws {
    var network = NetworkBuilder()
    let graph = try network.finished(try network.node("Shape", [network.input(["N", 3])]))
    #expect(try folded(graph).nodes.map(\.opType) == ["Shape"])
    #expect(try folded(try graph.binding(["N": 4])).nodes.isEmpty)
  }

  @Test func aDefaultThatMayBeOverriddenIsNoConstant() throws {
    var network = NetworkBuilder()
    let a = network.overridable(try .counting([2]), "a")
    let graph = try network.finished(try network.node("Relu", [a]))
    #expect(try folded(graph).nodes.map(\.opType) == ["Relu"])
  }

  @Test(arguments: [(400, true), (399, false)])
  func fewNumbersStayFew(byteLimit: Int, isFolded: Bool) throws {
    var network = NetworkBuilder()
    let one = network.constant(try Tensor(shape: [1], [1] as [Float]))
    // Two nodes, so that inference does not know the result.
    let large = try network.node("Expand", [one, network.constant(try .list(2000))])
    let graph = try network.finished(
      try network.node(
        "Slice",
        [
          large, network.constant(try .list(0)), network.constant(try .list(100)),
        ]))
    let result = try folded(graph, byteLimit: byteLimit * 20)
    #expect(result.nodes.isEmpty == isFolded)
  }

  /// Up to four times the size of the constants is permitted, because a conversion may take as much.
  @Test func conversionsAreFolded() throws {
    var network = NetworkBuilder()
    let bytes = network.constant(try Tensor(zeros: [3000], of: .uint8))
    let graph = try network.finished(try network.node("Cast", [bytes], ["to": .int(1)]))
    #expect(try folded(graph, byteLimit: 0).nodes.isEmpty)
    let wide = try folded(
      {
        var network = NetworkBuilder()
        let bytes = network.constant(try Tensor(zeros: [3000], of: .uint8))
        return try network.finished(try network.node("Cast", [bytes], ["to": .int(11)]))
      }(), byteLimit: 0)
    #expect(wide.nodes.count == 1)
  }

  @Test func whatFailsIsLeftToFail() throws {
    var network = NetworkBuilder()
    let a = network.constant(try .list(1)), zero = network.constant(try .list(0))
    let graph = try network.finished(try network.node("Div", [a, zero], name: "division"))
    let result = try ConstantFolding().run(on: graph)
    #expect(result.graph.nodes.count == 1)
    #expect(result.refusals.map(\.node) == ["node \"division\" (Div)"])
  }

  @Test func outputsOfTheGraphStayOutputs() throws {
    var network = NetworkBuilder()
    let y = try network.node("Neg", [network.constant(try .list(1, 2))])
    let graph = try folded(try network.finished(y))
    #expect(graph.nodes.isEmpty)
    #expect(try ReferenceEvaluator(graph).run([:]) == [try .list(-1, -2)])
  }
}
