import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

@Suite struct PredicateLoweringTests {
  private static let shapes: [[[Int]]] = [
    [[7], [7]], [[1], [1]], [[], [3]], [[2, 3, 4], []], [[2, 3, 4, 5], [2, 3, 4, 5]], [[2, 1, 4], [3, 1]],
    [[5, 1], [1, 6]], [[2, 3, 4, 5], [3, 1, 1]], [[1, 3, 1, 5], [2, 1, 4, 1]], [[1, 2, 1, 2, 1], [2, 1, 2, 1, 2]],
    [[30, 300], [300]], [[30, 300], [30, 1]], [[9_000], [1]], [[3, 0], [1]],
  ]
  private static let types: [ElementType] = [
    .float32, .int32, .uint32, .int64, .uint64, .uint8, .int8, .int16, .uint16, .float64, .float16,
  ]

  /// Few distinct elements, so that many are equal.
  private func tensor(_ shape: [Int], _ type: ElementType, _ random: inout SplitMix64) throws -> Tensor {
    let tensor = try random.tensor(shape, in: type == .bool ? -0.9...0.9 : -3...3)
    if type == .bool { return try tensor.mapped { (x: Float) in x > 0 } }
    return try tensor.cast(to: .int8).cast(to: type)
  }

  private func check(_ operation: String, _ types: [ElementType], _ shapes: [[Int]]) throws {
    var random = SplitMix64(seed: 11)
    var network = NetworkBuilder(opset: 16)
    var tensors: [String: Tensor] = [:], inputs: [ValueID] = []
    for (index, (type, shape)) in zip(types, shapes).enumerated() {
      let name = "input \(index)"
      inputs.append(network.input(Shape(shape), name, of: type))
      tensors[name] = try tensor(shape, type, &random)
    }
    let isEmpty = shapes.contains { $0.contains(0) }
    try expectAgreement(
      network.finished(try network.node(operation, inputs)), tensors,
      Expectation(tolerance: 0, precisions: [.exact], referenceSteps: isEmpty ? nil : 0),
      "\(operation), \(types), \(shapes)")
  }

  @Test(arguments: ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"], types)
  func comparisons(operation: String, type: ElementType) throws {
    for shapes in Self.shapes {
      try check(operation, [type, type], shapes)
      try check(operation, [type, type], shapes.reversed())
    }
  }

  @Test(arguments: ["Equal", "And", "Or", "Xor"]) func logic(operation: String) throws {
    for shapes in Self.shapes {
      try check(operation, [.bool, .bool], shapes)
      try check(operation, [.bool, .bool], shapes.reversed())
    }
  }

  /// NaN is neither less than nor equal to anything; zeros of both signs are equal.
  @Test(arguments: ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"])
  func specialNumbers(operation: String) throws {
    let numbers: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 1, .leastNonzeroMagnitude]
    var network = NetworkBuilder()
    let a = network.input([7, 1], "a"), b = network.input([7], "b")
    try expectAgreement(
      network.finished(try network.node(operation, [a, b])),
      ["a": Tensor(shape: [7, 1], numbers), "b": Tensor(shape: [7], numbers)],
      Expectation(tolerance: 0, precisions: [.exact]))
  }

  @Test(arguments: types + [.bool]) func selections(type: ElementType) throws {
    for shapes in Self.shapes {
      for condition in [shapes[0], shapes[1], [1]] {
        try check("Where", [.bool, type, type], [condition] + shapes)
        try check("Where", [.bool, type, type], [condition] + shapes.reversed())
      }
    }
  }

  /// Images keep their layout, also if a smaller operand is broadcast, and if the result is a part of another image.
  @Test func layouts() throws {
    for shape in [[2, 3, 4, 5], [1, 7, 2, 1], [2, 3, 6], [1, 2, 3, 2, 2]] {
      for layout in OperandLayout.allCases {
        for smaller in [[shape[1]] + shape[2...].map { _ in 1 }, [1], [shape.last!], shape] {
          var network = NetworkBuilder(opset: 16)
          let x = try network.operand(shape, layout), z = network.input(Shape(smaller), "z")
          let isGreater = try network.node("Greater", [x, z])
          let chosen = try network.node("Where", [isGreater, x, try network.node("Neg", [x])])
          let pair = try network.node(
            "Concat", [chosen, try network.node("Where", [isGreater, z, x])], ["axis": .int(1)])
          let y = try network.consumed(pair, rank: shape.count)
          try expectAgreement(
            network.finished(y, isGreater), nil, Expectation(tolerance: 0, precisions: [.exact]),
            "\(shape), \(smaller), \(layout)")
        }
      }
    }
  }
}
