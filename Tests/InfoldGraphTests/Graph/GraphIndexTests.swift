import InfoldGraph
import InfoldTensor
import TestSupport
import Testing

@Suite struct GraphIndexTests {
  /// x → Relu → a; Add(a, a) → b; Mul(a, b) → c.
  private func network() throws -> (graph: Graph, x: ValueID, a: ValueID, b: ValueID, c: ValueID) {
    var network = NetworkBuilder()
    let x = network.input([2])
    let a = try network.node("Relu", [x])
    let b = try network.node("Add", [a, a])
    let c = try network.node("Mul", [a, b])
    return (try network.finished(c), x, a, b, c)
  }

  @Test func whoMakesAndReadsAValue() throws {
    let (graph, x, a, b, c) = try network()
    let nodes = Array(graph.nodeIDs), index = graph.index
    #expect(index.producer(of: x) == nil && index.producer(of: a) == nodes[0] && index.producer(of: c) == nodes[2])
    #expect(index.consumers(of: a) == [nodes[1], nodes[2]] && index.consumers(of: c).isEmpty)
    #expect(index.useCount(of: a) == 3 && index.useCount(of: b) == 1 && index.useCount(of: c) == 1)
    #expect(index.onlyConsumer(of: x) == nodes[0] && index.onlyConsumer(of: a) == nil)
    #expect(index.isOutput(c) && !index.isOutput(b) && !index.isCaptured(a))
  }

  /// If the graph also returns a value, its only consuming node is not its only consumer.
  @Test func anOutputHasNoOnlyConsumer() throws {
    var (graph, x, a, b, c) = try network()
    _ = (x, a)
    #expect(graph.index.onlyConsumer(of: b) != nil)
    graph.outputs = [b, c]
    #expect(graph.index.onlyConsumer(of: b) == nil && graph.index.useCount(of: b) == 2)
  }

  /// The index is updated after every change of the graph, and a copy keeps its own index.
  @Test func everyChangeIsSeen() throws {
    var (graph, _, a, b, c) = try network()
    let original = graph
    #expect(graph.index.consumers(of: b).count == 1)
    let last = graph.nodeIDs.last!
    graph[last].inputs = [a, a]
    #expect(graph.index.consumers(of: b).isEmpty && original.index.consumers(of: b).count == 1)
    graph.removeNodes { $0.opType == "Add" }
    #expect(graph.index.producer(of: b) == nil && graph.index.producer(of: c) == graph.nodeIDs.last)
    let added = graph.add(Value(name: "added"))
    #expect(graph.index.producer(of: added) == nil && graph.index.useCount(of: added) == 0)
    graph.add(try Node(opType: "Relu", opsetVersion: 13, inputs: [c], outputs: [added], registry: .standard))
    #expect(graph.index.producer(of: added) == graph.nodeIDs.last && graph.index.onlyConsumer(of: c) == nil)
  }
}

@Suite struct NameRegistryTests {
  @Test func namesThatAreNotTaken() {
    var names = NameRegistry(["a", "a.2", "b"])
    #expect(names.unused("a") == "a.3" && names.unused("a") == "a.4")
    #expect(names.unused("c") == "c" && names.unused("c") == "c.2")
    #expect(!names.take("c.2") && names.take("d") && names.unused("d") == "d.2")
    names.take(contentsOf: ["b.2", "b.3"])
    #expect(names.unused("b") == "b.4")
  }

  @Test func namesThatAreNumberedAnyway() {
    var names = NameRegistry(["conv2"])
    #expect(names.numbered("conv", from: 1) == "conv1" && names.numbered("conv", from: 1) == "conv3")
    names.release("conv1")
    #expect(names.numbered("conv", from: 1) == "conv1")
  }
}
