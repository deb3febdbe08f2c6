import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Operators between DequantizeLinear and QuantizeLinear: what replaces them, and that results stay the same.
@Suite struct RecognizeQuantizedOperatorsTests {
  /// Expects these operators after the pass, and results that differ by at most one step, in few places.
  private func expect(
    _ operators: [String], step: Double, sourceLocation: SourceLocation = #_sourceLocation,
    _ build: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws {
    var network = NetworkBuilder()
    let x = network.input([2, 8, 6, 5])
    let graph = try network.finished(try build(&network, x))
    let rewritten = try RemoveDeadCode().run(on: try RecognizeQuantizedOperators().run(on: graph).graph).graph
    #expect(rewritten.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    let inputs = try graph.randomInputs()
    let before = try ReferenceEvaluator(graph).run(inputs)[0].widened().elements(as: Double.self)
    let after = try ReferenceEvaluator(rewritten).run(inputs)[0].widened().elements(as: Double.self)
    let differences = zip(before, after).map { abs($0 - $1) }
    #expect(differences.allSatisfy { $0 <= step * 1.001 }, sourceLocation: sourceLocation)
    #expect(differences.count { $0 > 0 } * 100 <= differences.count, sourceLocation: sourceLocation)
    #expect(Set(before).count > 3, "a network that gives hardly anything", sourceLocation: sourceLocation)
  }

  @Test func convolutions() throws {
    try expect(["QuantizeLinear", "QLinearConv", "DequantizeLinear"], step: 0.05) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      let y = try network.node(
        "Conv", [input, try network.quantizedWeights([4, 8, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
      return try network.rounded(y, scale: 0.05, zeroPoint: 128)
    }
  }

  @Test func biasesAndActivations() throws {
    for (activation, operators) in [
      // For the zero point 0, saturation removes negative numbers. Other zero points need bounds.
      ("Relu", ["QuantizeLinear", "QLinearConv", "Clip", "DequantizeLinear"]),
      ("", ["QuantizeLinear", "QLinearConv", "DequantizeLinear"]),
    ] {
      try expect(operators, step: 0.05) { network, x in
        let input = try network.rounded(x, scale: 0.01, zeroPoint: -3, of: .int8)
        let weights = try network.quantizedWeights([4, 4, 1, 1])
        // In units of 0.01 times the weights' scales.
        let scales = network.graph.constant(network.graph[network.graph.nodeIDs.last!].inputs[1]!)!
        let units = try scales.mapped { (scale: Float) in scale * 0.01 }
        let bias = try network.node(
          "DequantizeLinear",
          [network.constant(try Tensor(shape: [4], [500, -900, 12, 0] as [Int32])), network.constant(units)],
          ["axis": .int(0)])
        var y = try network.node("Conv", [input, weights, bias], ["group": .int(2)])
        if !activation.isEmpty { y = try network.node(activation, [y]) }
        return try network.rounded(y, scale: 0.05, zeroPoint: -20, of: .int8)
      }
    }
  }

  @Test func productsAdditionsAndMovements() throws {
    try expect(
      ["QuantizeLinear", "MaxPool", "QLinearAdd", "Flatten", "QLinearGemm", "ByteTable", "DequantizeLinear"], step: 0.02
    ) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      let pooled = try network.rounded(
        try network.node("MaxPool", [input], ["kernel_shape": .ints([2, 2])]), scale: 0.01, zeroPoint: 120)
      let sum = try network.rounded(try network.node("Add", [pooled, pooled]), scale: 0.02, zeroPoint: 120)
      let flat = try network.rounded(try network.node("Flatten", [sum]), scale: 0.02, zeroPoint: 120)
      let product = try network.rounded(
        try network.node("Gemm", [flat, try network.quantizedWeights([160, 40], axis: 1)]), scale: 0.1, zeroPoint: 128)
      return try network.rounded(try network.node("Sigmoid", [product]), scale: 0.02, zeroPoint: 0)
    }
  }

  @Test func otherScales() throws {
    try expect(["QuantizeLinear", "MaxPool", "ByteTable", "DequantizeLinear"], step: 0.02) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      let pooled = try network.node("MaxPool", [input], ["kernel_shape": .ints([2, 2])])
      return try network.rounded(pooled, scale: 0.02, zeroPoint: 3, of: .int8)
    }
    try expect(["QuantizeLinear", "QuantizeLinear", "ByteTable", "Concat", "DequantizeLinear"], step: 0.01) {
      network, x in
      let a = try network.rounded(x, scale: 0.01, zeroPoint: 120),
        b = try network.rounded(x, scale: 0.02, zeroPoint: 100)
      return try network.rounded(
        try network.node("Concat", [a, b], ["axis": .int(1)]), scale: 0.01, zeroPoint: 120)
    }
  }

  /// Operands of one number may have as many dimensions as the input. If they have more, so does the result.
  @Test func operandsOfOneNumber() throws {
    let table = ["QuantizeLinear", "ByteTable", "DequantizeLinear"]
    let floats = ["QuantizeLinear", "DequantizeLinear", "Mul", "QuantizeLinear", "DequantizeLinear"]
    for (rank, opTypes, operators) in [
      (4, ["PRelu"], table), (4, ["PRelu", "Mul"], table), (0, ["PRelu", "Mul"], table), (5, ["Mul"], floats),
    ] {
      try expect(operators, step: 0.02) { network, x in
        var y = try network.rounded(x, scale: 0.01, zeroPoint: 120)
        for opType in opTypes {
          let operand = try Tensor(shape: Array(repeating: 1, count: rank), [0.75] as [Float])
          y = try network.node(opType, [y, network.constant(operand)])
        }
        return try network.rounded(y, scale: 0.02, zeroPoint: 120)
      }
    }
  }

  @Test func transpositions() throws {
    try expect(["QuantizeLinear", "Transpose", "QLinearAdd", "DequantizeLinear"], step: 0.02) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      let y = try network.rounded(
        try network.node("Transpose", [input], ["perm": .ints([0, 2, 3, 1])]), scale: 0.01, zeroPoint: 120)
      return try network.rounded(try network.node("Add", [y, y]), scale: 0.02, zeroPoint: 120)
    }
    // If the scales differ, moved elements are converted by a table.
    try expect(["QuantizeLinear", "Transpose", "ByteTable", "DequantizeLinear"], step: 0.02) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: -5, of: .int8)
      return try network.rounded(try network.node("Transpose", [input]), scale: 0.02, zeroPoint: 3)
    }
  }

  /// Each result with a different scale is converted by a table.
  @Test func severalResults() throws {
    try expect(["QuantizeLinear", "Split", "ByteTable", "QLinearAdd", "DequantizeLinear"], step: 0.02) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      let parts = try network.nodes("Split", [input], ["axis": .int(1)], outputs: 2)
      let a = try network.rounded(parts[0], scale: 0.01, zeroPoint: 120)
      let b = try network.rounded(parts[1], scale: 0.02, zeroPoint: 100)
      return try network.rounded(try network.node("Add", [a, b]), scale: 0.02, zeroPoint: 120)
    }
  }

  @Test func meansStayWithFloats() throws {
    try expect(
      ["QuantizeLinear", "DequantizeLinear", "GlobalAveragePool", "QuantizeLinear", "DequantizeLinear"], step: 0
    ) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      return try network.rounded(try network.node("GlobalAveragePool", [input]), scale: 0.001, zeroPoint: 128)
    }
  }

  @Test func whatStaysWithFloats() throws {
    // Another node reads the float; the weights are not symmetric; the bias is not a multiple of the scales; groups of scales.
    try expect(["QuantizeLinear", "DequantizeLinear", "Sigmoid", "QuantizeLinear", "DequantizeLinear", "Add"], step: 0)
    {
      network, x in
      let y = try network.node("Sigmoid", [try network.rounded(x, scale: 0.01, zeroPoint: 120)])
      return try network.node("Add", [try network.rounded(y, scale: 0.01, zeroPoint: 0), y])
    }
    try expect(
      ["QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "QuantizeLinear", "DequantizeLinear"], step: 0
    ) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      let weights = network.constant(try Tensor(random: [4, 8, 1, 1], of: .uint8, using: &network.random))
      let y = try network.node("Conv", [input, try network.dequantized(weights, scale: 0.01, zeroPoint: 100)])
      return try network.rounded(y, scale: 0.05, zeroPoint: 128)
    }
    try expect(
      ["QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "QuantizeLinear", "DequantizeLinear"], step: 0
    ) { network, x in
      let input = try network.rounded(x, scale: 0.01, zeroPoint: 120)
      let y = try network.node(
        "Conv", [input, try network.quantizedWeights([4, 8, 1, 1]), try network.weights([4], in: 0.00001...0.00002)])
      return try network.rounded(y, scale: 0.05, zeroPoint: 128)
    }
  }
}
