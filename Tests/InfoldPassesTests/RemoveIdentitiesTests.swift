import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct RemoveIdentitiesTests {
  /// The use of a Dropout's mask, where the Dropout is between two nodes.
  private enum Mask { case leftOut, unread, read, output }

  private func operators(_ mask: Mask) throws -> [String] {
    var network = NetworkBuilder()
    let x = network.input([2, 3])
    let dropped = try network.nodes(
      "Dropout", [try network.node("Relu", [x])], outputs: mask == .leftOut ? 1 : 2)
    var outputs = [try network.node("Neg", [dropped[0]])]
    switch mask {
    case .leftOut, .unread: break
    case .read: outputs.append(try network.node("Not", [dropped[1]]))
    case .output: outputs.append(dropped[1])
    }
    return try RemoveIdentities().run(on: network.finished(outputs)).graph.nodes.map(\.opType)
  }

  @Test(arguments: [Mask.leftOut, .unread]) private func removesADropoutWhoseMaskNobodyReads(mask: Mask) throws {
    #expect(try operators(mask) == ["Relu", "Neg"])
  }

  @Test(arguments: [Mask.read, .output]) private func keepsADropoutWhoseMaskIsRead(mask: Mask) throws {
    #expect(try operators(mask).contains("Dropout"))
  }

  @Test(arguments: [ElementType.float32, .int64, .bool]) func removesACastToTheSameType(type: ElementType) throws {
    for target in [ElementType.float32, .int64, .bool] {
      var network = NetworkBuilder()
      let x = try network.node("Identity", [network.input(["N", 3], of: type)])
      let y = try network.node("Cast", [x], ["to": .int(Int64(target.rawValue))])
      let graph = try network.finished(try network.node("Expand", [y, network.constant(try .list(2, 2, 3))]))
      let expected = type == target ? ["Expand"] : ["Cast", "Expand"]
      #expect(try RemoveIdentities().run(on: graph).graph.nodes.map(\.opType) == expected, "to \(target)")
    }
  }

  /// An output of the graph keeps its name.
  @Test func keepsACastThatMakesAnOutput() throws {
    var network = NetworkBuilder()
    let y = try network.node("Cast", [network.input([2, 3])], ["to": .int(Int64(ElementType.float32.rawValue))])
    #expect(try RemoveIdentities().run(on: network.finished(y)).graph.nodes.map(\.opType) == ["Cast"])
  }

  /// Inputs without elements are not concatenated, and neither is a single input.
  @Test func joinsOnlyWhatHasElements() throws {
    for (empty, others, expected) in [
      (true, 1, ["Relu", "Neg"]), (true, 2, ["Relu", "Concat", "Neg"]), (false, 1, ["Relu", "Neg"]),
      (false, 2, ["Relu", "Concat", "Neg"]), (true, 0, ["Neg"]),
    ] {
      var network = NetworkBuilder()
      let x = try network.node("Relu", [network.input([2, 3])])
      var inputs = [ValueID?](repeating: x, count: others)
      if empty { inputs.insert(network.input([2, 0], "empty"), at: 0) }
      let y = try network.node("Neg", [try network.node("Concat", inputs, ["axis": .int(1)])])
      let graph = try network.finished(y)
      let result = try RemoveDeadCode().run(on: try RemoveIdentities().run(on: graph).graph).graph
      #expect(result.nodes.map(\.opType) == expected, "\(empty), \(others)")
      #expect(result.nodes.allSatisfy { $0.opType != "Concat" || $0.inputs.count == max(others, 1) })
      let given = try graph.randomInputs()
      #expect(try ReferenceEvaluator(result).run(given) == ReferenceEvaluator(graph).run(given))
    }
  }
}
