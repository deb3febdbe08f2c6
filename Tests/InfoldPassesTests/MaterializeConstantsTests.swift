import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct MaterializeConstantsTests {
  private func constantNode(_ tensor: Tensor, in network: inout NetworkBuilder) throws -> ValueID {
    try network.node("Constant", [], ["value": .tensor(tensor)])
  }

  @Test func constantNodesAndIdentitiesBecomeInitializers() throws {
    var network = NetworkBuilder()
    let x = network.input([2])
    let tensor = try network.random.tensor([2])
    let held = try constantNode(tensor, in: &network)
    let forwarded = try network.node("Identity", [held])
    let sum = try network.node("Add", [x, forwarded])
    let graph = try network.finished(try network.node("Identity", [sum]), held)
    #expect(graph.constant(held) == nil && graph.constant(forwarded) == nil)

    let result = try MaterializeConstants().run(on: graph)
    #expect(result.graph.nodes.map(\.opType) == ["Add", "Identity"])
    #expect(result.changes.count == 2)
    for id in [held, forwarded] {
      #expect(result.graph.constant(id) == tensor && result.graph[id].initializer != nil)
      #expect(result.graph[id].type == TensorType(.float32, [2]))
    }
    let inputs = try graph.randomInputs()
    #expect(try ReferenceEvaluator(result.graph).run(inputs) == ReferenceEvaluator(graph).run(inputs))
  }

  /// The mode of a Dropout determines what it does only if it is a constant.
  @Test func aDropoutWhoseModeIsAConstantNode() throws {
    var network = NetworkBuilder()
    let weights = try network.weights([2])
    let ratio = network.constant(try Tensor(scalar: Float(0.5)))
    let mode = try constantNode(try Tensor(scalar: false), in: &network)
    let forwarded = try network.node("Dropout", [weights, ratio, mode])
    let result = try MaterializeConstants().run(
      on: network.finished(network.node("Add", [network.input([2]), forwarded])))
    #expect(result.graph.nodes.map(\.opType) == ["Add"])
  }

  @Test func whatACallerMayOverrideIsHandedOnByItsNode() throws {
    var network = NetworkBuilder()
    let value = network.overridable(try .counting([2]), "a")
    let graph = try network.finished(try network.node("Identity", [value]))
    let result = try MaterializeConstants().run(on: graph)
    #expect(result.graph.nodes.map(\.opType) == ["Identity"] && result.changes.isEmpty)
  }

  /// Nothing is copied: a constant uses the memory of the node's attribute.
  @Test func theMemoryIsTheSame() throws {
    var network = NetworkBuilder()
    let tensor = try network.random.tensor([64, 64])
    let held = try constantNode(tensor, in: &network)
    let forwarded = try network.node("Identity", [held])
    let graph = try MaterializeConstants().run(on: network.finished(network.node("Relu", [forwarded]))).graph
    let address = tensor.withElements(as: Float.self) { $0.withUnsafeBufferPointer { $0.baseAddress } }
    for id in [held, forwarded] {
      let own = try #require(graph.constant(id))
      #expect(own.withElements(as: Float.self) { $0.withUnsafeBufferPointer { $0.baseAddress } } == address)
    }
  }

  /// Without rewriting the graph, which is written unchanged.
  @Test func aGraphKnowsItsConstantsWhereTheNodesStay() throws {
    var network = NetworkBuilder()
    let tensor = try network.random.tensor([2])
    let held = try constantNode(tensor, in: &network)
    let forwarded = try network.node("Identity", [held])
    var graph = try network.finished(try network.node("Relu", [forwarded]))
    graph.recordConstants()
    #expect(graph.constant(held) == tensor && graph.constant(forwarded) == tensor && graph.isConstant(forwarded))
    #expect(graph.nodes.count == 3 && graph[held].initializer == nil)
    graph.discardRecordedConstants()
    #expect(graph.constant(held) == nil && !graph.isConstant(forwarded))
  }
}
