import InfoldOperators
import InfoldPasses
import TestSupport
import Testing

@Suite struct RemoveIdentitiesTests {
  /// A Dropout between two nodes; what its mask is for.
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
}
