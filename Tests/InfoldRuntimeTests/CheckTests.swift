import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// What is refused does not depend on optimization: passes may remove a node, and kernels need not check everything that an operator reads,
/// but what the operator refuses stays refused.
@Suite struct CheckTests {
  /// The code and the reason with which a session with these options, or its run, is refused; `nil` if it runs.
  private func refusal(_ graph: Graph, _ inputs: [String: Tensor], optimize: Bool) -> InfoldError? {
    do throws(InfoldError) {
      _ = try Session(graph.model, options: SessionOptions(threads: 1, optimize: optimize)).run(inputs)
      return nil
    } catch {
      return error
    }
  }

  /// Expects the same refusal, containing `text`, with and without optimization; `nil` for a successful run.
  private func expect(
    _ text: String?, _ graph: Graph, _ inputs: [String: Tensor], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let optimized = refusal(graph, inputs, optimize: true), plain = refusal(graph, inputs, optimize: false)
    #expect(optimized?.description == plain?.description, sourceLocation: sourceLocation)
    guard let text else {
      #expect(plain == nil, sourceLocation: sourceLocation)
      return
    }
    #expect(
      plain?.description.contains(text) == true, "\(plain?.description ?? "runs")", sourceLocation: sourceLocation)
  }

  /// The network with this output, and with nodes that the output does not depend on.
  private func whole(_ network: NetworkBuilder, _ output: ValueID) throws -> Graph {
    var graph = network.graph
    graph.outputs = [output]
    try graph.sort()
    return graph
  }

  private static let x = ["x": try! Tensor(shape: [3], [1, 2, 3] as [Float])]

  /// One part of the wrong size, which is known only at run time. A copy of the input would not read it.
  @Test(arguments: [2, 3, 4]) func partOfAnotherSize(size: Int64) throws {
    var network = NetworkBuilder()
    let x = network.input([3]), sizes = network.input([1], "s", of: .int64)
    let graph = try network.finished(try network.node("Split", [x, sizes], ["axis": .int(0)]))
    expect(size == 3 ? nil : "the sizes in split add up", graph, Self.x.merging(["s": try .list(size)]) { $1 })
  }

  /// A shape that is known only at run time, where the model declares the result's shape, and declarations are binding.
  @Test(arguments: [[3, 2], [2, 3], [4, 2], [2, -1]] as [[Int64]]) func declaredShape(shape: [Int64]) throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3]), sizes = network.input([2], "s", of: .int64)
    let y = try network.node("Reshape", [x, sizes])
    var graph = try network.finished(y)
    graph[y].type = TensorType(.float32, [3, 2])
    graph.declaredShapes = .binding
    let inputs = ["x": try Tensor.counting([2, 3]), "s": try Tensor(shape: [2], shape)]
    expect(shape == [3, 2] ? nil : shape == [4, 2] ? "Reshape" : "declares it as", graph, inputs)
  }

  @Test(arguments: ["Squeeze", "Unsqueeze"]) func axesThatARunDecides(opType: String) throws {
    for axis in [0, 2, 5] as [Int64] {
      var network = NetworkBuilder()
      let x = network.input(opType == "Squeeze" ? [1, 3, 2] : [3, 2]), axes = network.input([1], "s", of: .int64)
      let y = try network.node(opType, [x, axes])
      var graph = try network.finished(y)
      graph[y].type = TensorType(.float32, opType == "Squeeze" ? [3, 2] : [1, 3, 2])
      graph.declaredShapes = .binding
      let sizes = try #require(graph[x].type?.shape?.sizes)
      let inputs = ["x": try Tensor.counting(sizes), "s": try Tensor.list(axis)]
      let optimized = refusal(graph, inputs, optimize: true), plain = refusal(graph, inputs, optimize: false)
      #expect((plain == nil) == (axis == 0))
      #expect(optimized?.description == plain?.description)
    }
  }

  /// A dead node adds values that cannot be added. It is refused when the shapes are known, ahead of time or in a run.
  @Test(arguments: [true, false]) func shapesThatNobodyNeeds(isOpen: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([isOpen ? "N" : 3]), four = network.constant(try .counting([4]))
    let y = try network.node("Relu", [x])
    let dead = try network.node("Add", [x, four])
    let graph = try whole(network, y)
    #expect(graph.nodes.contains { $0.outputs.contains(dead) })
    expect("Add", graph, Self.x)
    if isOpen { expect(nil, graph, ["x": try .counting([4])]) }
  }

  /// A node with an unknown operator does not prevent runs that do not need it.
  @Test func operatorsThatNobodyNeeds() throws {
    var network = NetworkBuilder()
    let x = network.input([3])
    let y = try network.node("Relu", [x])
    try network.node("Identity", [try network.node("Mystery", [x])])
    expect(nil, try whole(network, y), Self.x)
  }

  /// An index out of bounds is an error if it is known ahead of time, or if the element is needed, with and without optimization.
  @Test(arguments: [true, false], [true, false]) func indicesThatAreNone(isNeeded: Bool, isConstant: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([3])
    let nine = try Tensor.list(9)
    let index = isConstant ? network.constant(nine) : network.input([1], "s", of: .int64)
    let y = try network.node("Relu", [x])
    let element = try network.node("Gather", [x, index])
    let end = isNeeded ? try network.node("Add", [y, element]) : y
    expect(
      isNeeded || isConstant ? "Gather" : nil, try whole(network, end),
      isConstant ? Self.x : Self.x.merging(["s": nine]) { $1 })
  }

  /// Only the shape of an invalid result is needed, and the shape is known.
  @Test func onlyTheShapeIsNeeded() throws {
    var network = NetworkBuilder()
    let x = network.input(["N"]), index = network.input([1], "s", of: .int64)
    let graph = try network.finished(try network.node("Shape", [try network.node("Gather", [x, index])]))
    expect(nil, graph, Self.x.merging(["s": try .list(9)]) { $1 })
    #expect(try Session(graph.model).run(Self.x.merging(["s": try .list(9)]) { $1 }).values.first == .list(1))
  }

  /// A value before an Identity, and the Identity itself, with a declaration that a run contradicts.
  @Test func declarationsBehindIdentities() throws {
    var network = NetworkBuilder()
    let x = network.input(["N"])
    let inner = try network.node("Identity", [x])
    var graph = try network.finished(try network.node("Relu", [inner]))
    graph[inner].type = TensorType(.float32, [2])
    let optimized = refusal(graph, Self.x, optimize: true), plain = refusal(graph, Self.x, optimize: false)
    #expect(optimized?.description == plain?.description)
  }

  /// A graph that was edited and is inconsistent.
  @Test func editedGraphs() throws {
    var network = NetworkBuilder()
    let x = network.input([3]), y = network.input([4], "y")
    var graph = network.graph
    let sum = graph.add(Value(name: "sum")), dead = graph.add(Value(name: "dead"))
    graph.add(try Node(opType: "Add", opsetVersion: 13, inputs: [x, y], outputs: [dead]))
    graph.add(try Node(opType: "Relu", opsetVersion: 13, inputs: [x], outputs: [sum]))
    graph.outputs = [sum]
    expect("Add", graph, Self.x.merging(["y": try .counting([4])]) { $1 })
  }
}
