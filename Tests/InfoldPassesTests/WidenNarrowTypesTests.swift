import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct WidenNarrowTypesTests {
  private func widened(_ graph: Graph, rounds: Bool = false) throws -> Graph {
    var graph = try WidenNarrowTypes(roundsResults: rounds).run(on: graph).graph
    try graph.makeConsistent()
    try graph.inferTypes()
    return graph
  }

  /// The nodes, each as its operator and the type of its result.
  private func nodes(_ graph: Graph) -> [String] {
    graph.nodes.map { node in
      "\(node.opType) \(node.outputs[0].flatMap { graph[$0].type?.elementType }.map { "\($0)" } ?? "?")"
    }
  }

  private func cast(_ network: inout NetworkBuilder, _ x: ValueID, to type: ElementType) throws -> ValueID {
    try network.node("Cast", [x], ["to": .int(Int64(type.rawValue))])
  }

  private func weights(_ network: inout NetworkBuilder, _ shape: [Int], of type: ElementType) throws -> ValueID {
    network.constant(try network.random.tensor(shape).converted(to: type))
  }

  @Test(arguments: [ElementType.float16, .bfloat16]) func computesInFloat32(type: ElementType) throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, 5, 5], of: type)
    let y = try network.node("Conv", [x, weights(&network, [4, 3, 3, 3], of: type)])
    let graph = try network.finished(network.node("Relu", [y]))
    let result = try widened(graph)
    #expect(nodes(result) == ["Cast float32", "Conv float32", "Relu float32", "Cast \(type)"])
    #expect(result.outputs.map { result[$0].name } == graph.outputs.map { graph[$0].name })
    #expect(result[result.outputs[0]].type == graph[graph.outputs[0]].type)
    let weight = try #require(result.nodes[1].inputs[1])
    let original = try #require(graph.nodes[0].inputs[1])
    #expect(try result.constant(weight) == graph.constant(original)?.converted(to: .float32))
    // A second run of the pass changes nothing.
    #expect(try nodes(widened(result)) == nodes(result))
    #expect(try WidenNarrowTypes(roundsResults: false).run(on: result).changes.isEmpty)
  }

  @Test func roundsEveryResult() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3], of: .float16)
    let y = try network.node("Transpose", [network.node("Exp", [x])])
    let result = try widened(network.finished(network.node("Sqrt", [y])), rounds: true)
    #expect(
      nodes(result) == [
        "Cast float32", "Exp float32", "Cast float16", "Cast float32", "Transpose float32", "Sqrt float32",
        "Cast float16",
      ])
    #expect(try nodes(widened(result, rounds: true)) == nodes(result))
  }

  /// A Cast to a narrow type rounds, a Cast from it to float32 is removed, and others convert the float32 value.
  @Test func casts() throws {
    var network = NetworkBuilder()
    let x = network.input([3], of: .float16)
    let a = try network.node("Neg", [x])
    let wide = try network.node("Exp", [cast(&network, a, to: .float32)])
    let rounded = try network.node("Neg", [cast(&network, wide, to: .float16)])
    let again = try network.node("Neg", [cast(&network, rounded, to: .float16)])
    let other = try network.node("Neg", [cast(&network, again, to: .bfloat16)])
    let integers = try cast(&network, other, to: .int32), double = try cast(&network, other, to: .float64)
    let result = try widened(network.finished(integers, double))
    #expect(
      nodes(result) == [
        "Cast float32", "Neg float32", "Exp float32", "Cast float16", "Cast float32", "Neg float32", "Cast float16",
        "Cast float32", "Neg float32", "Cast bfloat16", "Cast float32", "Neg float32", "Cast int32", "Cast float64",
      ])
  }

  /// Outputs, inputs and constants that a caller sees are unchanged, also if other nodes read them.
  @Test func interfaces() throws {
    var network = NetworkBuilder()
    let x = network.input([3], of: .float16)
    let constant = try weights(&network, [3], of: .float16)
    let y = try network.node("Add", [x, constant])
    let wide = try cast(&network, y, to: .float32)
    let fromInput = try cast(&network, x, to: .float32)
    let graph = try network.finished(y, x, constant, wide, fromInput, y, network.node("Neg", [y]))
    let result = try widened(graph)
    for (a, b) in zip(graph.outputs, result.outputs) {
      #expect(graph[a].name == result[b].name)
      #expect(graph[a].type == result[b].type)
    }
    let input = try Tensor(shape: [3], [1, 2, 3] as [Float16])
    let expected = try ReferenceEvaluator(graph).run([graph.inputs[0]: input])
    let given = try ReferenceEvaluator(result).run([result.inputs[0]: input])
    #expect(given.map(\.elementType) == expected.map(\.elementType))
    #expect(given[1] == expected[1] && given[2] == expected[2] && given[4] == expected[4] && given[0] == expected[0])
  }

  /// A default value that a caller may override is an input.
  @Test func defaults() throws {
    var network = NetworkBuilder()
    let x = network.input([3], of: .float16)
    let bias = network.overridable(try Tensor(shape: [3], [1, 2, 3] as [Float16]), "bias")
    let result = try widened(network.finished(network.node("Add", [x, bias])))
    #expect(nodes(result) == ["Cast float32", "Cast float32", "Add float32", "Cast float16"])
    #expect(result[result.inputs[1]].initializer?.tensor?.elementType == .float16)
  }

  /// Nodes that need the model's own type get it.
  @Test func nodesThatKeepTheirType() throws {
    var network = NetworkBuilder()
    let x = try network.node("Exp", [network.input([3], of: .float16)])
    let scale = network.constant(try Tensor(scalar: Float16(0.25)))
    let q = try network.node("QuantizeLinear", [x, scale])
    let back = try network.node("DequantizeLinear", [q, scale])
    let result = try widened(network.finished(back))
    #expect(
      nodes(result) == [
        "Cast float32", "Exp float32", "Cast float16", "QuantizeLinear uint8", "DequantizeLinear float32",
        "Cast float16",
      ])
    let pass = try WidenNarrowTypes(roundsResults: false).run(on: network.finished(back))
    #expect(pass.refusals.map(\.description) == ["computed in the model's own type"])
  }

  /// An operator that creates narrow numbers from a shape.
  @Test func narrowNumbersOfAShape() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 2], of: .float16)
    let value = try Tensor(shape: [1], [0.1 as Float16])
    let filled = try network.node("ConstantOfShape", [network.node("Shape", [x])], ["value": .tensor(value)])
    let result = try widened(network.finished(network.node("Add", [x, filled])))
    #expect(
      nodes(result) == [
        "Cast float32", "Shape int64", "ConstantOfShape float16", "Cast float32", "Add float32", "Cast float16",
      ])
  }

  /// Bodies keep the types of their inputs and outputs.
  @Test func bodies() throws {
    var network = NetworkBuilder()
    let x = network.input([3], of: .float16), condition = network.input([], "condition", of: .bool)
    let y = try network.node("Exp", [x])
    let name = network.graph[y].name
    let chosen = try network.choice(
      condition, then: .init(of: name) { try $0.node("Neg", [$1]) }, else: .init(of: name) { try $0.node("Abs", [$1]) })
    let result = try widened(network.finished(network.node("Sqrt", [chosen])))
    #expect(
      nodes(result) == [
        "Cast float32", "Exp float32", "Cast float16", "If float16", "Cast float32", "Sqrt float32", "Cast float16",
      ])
  }

  /// Indices and Boolean values are unchanged.
  @Test func otherTypes() throws {
    var network = NetworkBuilder(opset: 16)
    let x = network.input([2, 3], of: .float16)
    let top = try network.nodes("TopK", [x, network.constant(try .list(2))], outputs: 2)
    let isLarge = try network.node("Greater", [x, network.constant(try Tensor(scalar: Float16(0)))])
    let chosen = try network.node("Where", [isLarge, x, network.node("Neg", [x])])
    let graph = try network.finished(
      top[1], isLarge, network.node("ArgMax", [chosen]), network.node("Shape", [top[0]]), chosen)
    let result = try widened(graph)
    #expect(result.outputs.map { result[$0].type } == graph.outputs.map { graph[$0].type })
    #expect(result.nodes.filter { $0.opType == "Cast" }.count == 2)
  }

  /// A network without narrow types is unchanged.
  @Test func otherNetworks() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3])
    let graph = try network.finished(network.node("Relu", [network.node("Cast", [x], ["to": .int(11)])]))
    #expect(try nodes(widened(graph)) == nodes(graph))
    #expect(try WidenNarrowTypes(roundsResults: true).run(on: graph).changes.isEmpty)
  }
}
