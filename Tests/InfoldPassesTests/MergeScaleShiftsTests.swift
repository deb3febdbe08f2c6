import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Chains of per-channel scales and shifts.
@Suite struct MergeScaleShiftsTests {
  /// Expects these operators after the pass on a network with an input [2, 3, 4, 5], and unchanged results.
  private func expect(
    _ operators: [String], shape: Shape = [2, 3, 4, 5], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout NetworkBuilder, ValueID) throws -> [ValueID]
  ) throws {
    try InfoldPassesTests.expect(
      operators, after: MergeScaleShifts(), shape: shape, sourceLocation: sourceLocation, body)
  }

  @Test func chains() throws {
    try expect(["ScaleShift"]) { network, x in
      let a = try network.normalization(x, channels: 3)
      return [try network.normalization(a, channels: 3)]
    }
    try expect(["ScaleShift"]) { network, x in
      let a = try network.node("Mul", [x, try network.weights([3, 1, 1])])
      let b = try network.node("Add", [a, try network.weights([1, 3, 1, 1])])
      let c = try network.node("Div", [b, try network.weights([3, 1, 1], in: 1...2)])
      return [try network.node("Sub", [c, try network.weights([3, 1, 1])])]
    }
    try expect(["ScaleShift", "Relu", "ScaleShift"]) { network, x in
      let a = try network.normalization(
        try network.node("Mul", [try network.weights([3, 1, 1]), x]), channels: 3)
      let b = try network.normalization(try network.node("Relu", [a]), channels: 3)
      return [try network.node("Add", [b, try network.weights([3, 1, 1])])]
    }
  }

  @Test func oneAloneStays() throws {
    try expect(["BatchNormalization"]) { network, x in [try network.normalization(x, channels: 3)] }
    try expect(["Mul", "Relu", "Add"]) { network, x in
      let a = try network.node("Mul", [x, try network.weights([3, 1, 1])])
      return [try network.node("Add", [try network.node("Relu", [a]), try network.weights([3, 1, 1])])]
    }
  }

  @Test func valuesWithOtherReaders() throws {
    try expect(["Mul", "Add", "Neg"]) { network, x in
      let a = try network.node("Mul", [x, try network.weights([3, 1, 1])])
      let b = try network.node("Add", [a, try network.weights([3, 1, 1])])
      return [b, try network.node("Neg", [a])]
    }
    try expect(["Mul", "Add"]) { network, x in
      let a = try network.node("Mul", [x, try network.weights([3, 1, 1])])
      return [try network.node("Add", [a, try network.weights([3, 1, 1])]), a]
    }
  }

  /// Constants that are not one number per channel.
  @Test func otherShapes() throws {
    for shape in [[5], [4, 1], [1, 1, 4, 5], [3, 4, 1], [2, 1, 1, 1], [2, 3, 1, 1]] {
      try expect(["Mul", "Add"]) { network, x in
        let a = try network.node("Mul", [x, try network.weights([3, 1, 1])])
        return [try network.node("Add", [a, try network.weights(shape)])]
      }
    }
    // A constant with more dimensions than the value moves the channels.
    for shape in [[1, 1, 3, 1, 1], [3, 1, 1, 1, 1]] {
      try expect(["Mul", "Add"]) { network, x in
        let a = try network.node("Mul", [x, try network.weights([3, 1, 1])])
        return [try network.node("Add", [a, try network.weights(shape)])]
      }
    }
    // A constant that broadcasts one channel to three.
    try expect(["Mul", "Add"], shape: [2, 1, 4, 5]) { network, x in
      let a = try network.node("Mul", [x, try network.weights([1, 1, 1])])
      return [try network.node("Add", [a, try network.weights([3, 1, 1])])]
    }
  }

  /// A constant minus the value, and a constant divided by the value.
  @Test func operandsTheOtherWayRound() throws {
    try expect(["ScaleShift"]) { network, x in
      let a = try network.node("Sub", [try network.weights([3, 1, 1]), x])
      return [try network.node("Mul", [try network.weights([3, 1, 1]), a])]
    }
    try expect(["Exp", "Mul", "Div"]) { network, x in
      let a = try network.node("Mul", [try network.node("Exp", [x]), try network.weights([3, 1, 1], in: 1...2)])
      return [try network.node("Div", [try network.weights([3, 1, 1]), a])]
    }
  }

  @Test func defaultsAreNoConstants() throws {
    try expect(["Mul", "Add"]) { network, x in
      let a = try network.node("Mul", [x, try network.weights([3, 1, 1])])
      let shift = network.overridable(try network.random.tensor([3, 1, 1]), "shift")
      return [try network.node("Add", [a, shift])]
    }
  }

  /// A product of two scales that exceeds the range of the type is not formed.
  @Test func scalesThatOverflow() throws {
    try expect(["Mul", "Mul"]) { network, x in
      let scale = network.constant(try Tensor(repeating: Float(1e30), shape: [3, 1, 1]))
      let small = try network.node("Mul", [x, scale])
      return [try network.node("Mul", [small, scale])]
    }
  }

  /// A shift that would lose digits of the results stays separate from its scale.
  @Test func digitsThatWouldBeLost() throws {
    for (mean, operators) in [(Float(0.1), ["ScaleShift"]), (1000, ["Sub", "Mul"])] {
      var network = NetworkBuilder()
      let x = network.input([1, 3, 2, 2])
      let center = network.constant(try Tensor(repeating: mean, shape: [3, 1, 1]))
      let factor = network.constant(try Tensor(repeating: Float(95.3), shape: [3, 1, 1]))
      let y = try network.node("Mul", [try network.node("Sub", [x, center]), factor])
      #expect(try MergeScaleShifts().run(on: try network.finished(y)).graph.nodes.map(\.opType) == operators)
    }
  }

  /// The product of these scales exceeds the range of float16, but the merged scale and shift do not need it.
  @Test func halfPrecision() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 2, 2], of: .float16)
    func constant(_ value: Float16) throws -> ValueID {
      network.constant(try Tensor(repeating: value, shape: [2, 1, 1]))
    }
    let a = try network.node("Mul", [x, try constant(1000)])
    let b = try network.node("Mul", [a, try constant(1000)])
    let y = try network.node("Mul", [b, try constant(0.0001)])
    let rewritten = try MergeScaleShifts().run(on: try network.finished(y)).graph
    #expect(rewritten.nodes.map(\.opType) == ["ScaleShift"])
    try rewritten.checkTypes()
    let input = try Tensor(repeating: Float16(0.5), shape: [1, 2, 2, 2])
    let result = try ReferenceEvaluator(rewritten).run([x: input])[0]
    #expect(result.elementType == .float16)
    #expect(try result.numbers().allSatisfy { abs($0 - 50) < 0.1 })
  }
}
