import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Rare operators, computed by other operators or by their own steps.
@Suite struct RareOperatorLoweringTests {
  @Test(arguments: [
    ("nhwpqc->nchpwq", [[2, 3, 2, 4, 1, 5]]), ("ij->ji", [[1, 1]]), ("ij->", [[3, 4]]), ("abc->ca", [[2, 3, 4]]),
    ("...ij->...ji", [[2, 3, 4, 5]]), ("i...->...", [[3, 2, 2]]), ("ij", [[2, 3]]), ("ba", [[2, 3]]),
    ("ij,k->ik", [[3, 4], [5]]), ("ijk,k->i", [[3, 4, 5], [5]]), ("i,j->", [[3], [2]]),
    ("ij,jk,kl->il", [[2, 3], [3, 4], [4, 5]]), ("bi,bj,bk->bijk", [[2, 3], [2, 4], [2, 1]]),
    ("...i,...ij,j->...j", [[2, 3, 4], [2, 3, 4, 5], [5]]), ("ab,bc,cd,da->", [[2, 3], [3, 1], [1, 4], [4, 2]]),
  ])
  func equations(equation: String, shapes: [[Int]]) throws {
    var network = NetworkBuilder()
    let operands = shapes.enumerated().map { network.input(Shape($1), "x\($0)") }
    let y = try network.node("Einsum", operands, ["equation": .string(Array(equation.utf8))])
    try expectAgreement(
      network.finished(y), nil, Expectation(tolerance: 4e-6, precisions: [.exact]), "\(equation) \(shapes)")
  }

  /// In an equation with a single operand, integers are only moved or summed.
  @Test(arguments: [ElementType.int64, .int32, .uint8, .float64]) func equationsOfOtherTypes(type: ElementType) throws {
    for equation in ["abc->cab", "abc->b"] {
      var network = NetworkBuilder()
      let x = network.input([2, 3, 4], of: type)
      let graph = try network.finished(
        try network.node("Einsum", [x], ["equation": .string(Array(equation.utf8))]))
      try expectAgreement(graph, nil, Expectation(tolerance: 1e-9, precisions: [.exact], referenceSteps: nil), equation)
    }
  }

  /// A diagonal is gathered.
  @Test func diagonals() throws {
    var network = NetworkBuilder()
    let y = try network.node("Einsum", [network.input([3, 3])], ["equation": .string(Array("ii->i".utf8))])
    try expectAgreement(network.finished(y), nil, Expectation(precisions: [.exact], referenceSteps: 0))
  }

  @Test(arguments: [1, 2, 3, 5] as [Int64], [1, 2, 3]) func powerPools(p: Int64, rank: Int) throws {
    for (index, sizes) in [[1, 1, 1], [2, 1, 2], [5, 7, 4]].enumerated() {
      for variant in 0..<4 {
        let kernel = (0..<rank).map { Int64(min(2 + $0 % 2, sizes[$0])) }
        var attributes: AttributeList = [
          "p": .int(p), "kernel_shape": .ints(kernel), "strides": .ints((0..<rank).map { Int64(1 + $0 % 2) }),
        ]
        switch variant {
        case 1: attributes["auto_pad"] = .string(Array("SAME_UPPER".utf8))
        case 2: attributes["ceil_mode"] = .int(1)
        case 3: attributes["pads"] = .ints((0..<2 * rank).map { kernel[$0 % rank] > 1 ? Int64($0 % 2) : 0 })
        default: break
        }
        for layout in OperandLayout.allCases {
          var network = NetworkBuilder(opset: 18, seed: UInt64(index))
          let x = try network.operand([2, 3] + sizes[..<rank], layout)
          let y = try network.node("LpPool", [x], attributes)
          let graph = try network.finished(
            y, try network.consumed(y, rank: rank + 2), try network.node("GlobalLpPool", [x], ["p": .int(p)]))
          try expectAgreement(
            graph, nil, Expectation(tolerance: 4e-6, precisions: [.exact]), "\(sizes[..<rank]) \(attributes) \(layout)")
        }
      }
    }
  }

  @Test(arguments: [-3, -1, 0, 1, 9] as [Int64]) func identityMatrices(k: Int64) throws {
    for (type, shape) in [(ElementType.float32, [3, 5]), (.int64, [1, 1]), (.bool, [4, 2])] {
      var network = NetworkBuilder()
      let y = try network.node(
        "EyeLike", [network.input(Shape(shape))], ["k": .int(k), "dtype": .int(Int64(type.rawValue))])
      try expectAgreement(
        network.finished(y), nil, Expectation(tolerance: 0, precisions: [.exact]), "\(type) \(shape) \(k)")
    }
  }

  @Test(arguments: [nil, 0, 1, -1] as [Int64?]) func compressions(axis: Int64?) throws {
    for shape in [[1, 1], [2, 2], [5, 7]] {
      for isKnown in [true, false] {
        let length = axis.map { shape[$0 < 0 ? 1 : Int($0)] } ?? shape[0] * shape[1]
        let condition = try Tensor(shape: [length], (0..<length).map { $0 % 3 != 1 })
        var network = NetworkBuilder()
        let x = network.input(Shape(shape))
        let given = isKnown ? network.constant(condition) : network.input([.fixed(length)], "condition", of: .bool)
        let y = try network.node("Compress", [x, given], axis.map { ["axis": .int($0)] } ?? [:])
        var random = SplitMix64(seed: 4)
        var tensors = ["x": try random.tensor(shape, in: -1...1)]
        if !isKnown { tensors["condition"] = condition }
        // The reference evaluation finds the nonzero elements of the condition.
        try expectAgreement(
          network.finished(y), tensors,
          Expectation(tolerance: 0, precisions: [.exact], referenceSteps: isKnown ? 0 : nil), "\(shape) \(isKnown)")
      }
    }
  }

  /// If a condition may select elements out of bounds, the operator itself is left to check it.
  @Test func conditionsThatAreTooLong() throws {
    var network = NetworkBuilder()
    let y = try network.node(
      "Compress", [network.input([2, 3]), network.input([5], "condition", of: .bool)], ["axis": .int(0)])
    let session = try Session(network.finished(y).model)
    let x = try Tensor(zeros: [2, 3], of: .float32)
    let short = try Tensor(shape: [5], [false, true, false, false, false])
    #expect(try session.runHere(["x": x, "condition": short]).values.first?.shape == [1, 3])
    let long = try Tensor(shape: [5], [false, true, false, false, true])
    #expect(throws: (any Error).self) { try session.runHere(["x": x, "condition": long]) }
  }

  @Test func determinants() throws {
    for shape in [[1, 1], [2, 2], [3, 5, 5], [2, 1, 12, 12]] {
      var network = NetworkBuilder()
      let y = try network.node("Det", [network.input(Shape(shape))])
      try expectAgreement(network.finished(y), nil, Expectation(tolerance: 1e-6, precisions: [.exact]), "\(shape)")
    }
  }

  @Test(arguments: OperandLayout.allCases) func powers(layout: OperandLayout) throws {
    var random = SplitMix64(seed: 8)
    for exponent in [2.2, 4, -2, 0, 1.0 / 3] as [Float] {
      for shape in [[1, 1, 1, 1], [2, 5, 3, 4]] {
        var network = NetworkBuilder()
        let x = try network.operand(shape, layout)
        let y = try network.node("Pow", [x, network.constant(try Tensor(scalar: exponent))])
        let integers = try network.node(
          "Pow", [x, network.constant(try Tensor(shape: [1], [Int64(exponent)]))])
        let many = try network.node("Pow", [x, network.input([.fixed(shape[1]), 1, 1], "e")])
        let bases = try network.node("Pow", [network.constant(try Tensor(scalar: 10 as Float)), x])
        let tensors = [
          "x": try random.tensor(shape, in: 0.1...2), "e": try random.tensor([shape[1], 1, 1], in: -2...2),
        ]
        try expectAgreement(
          network.finished(y, integers, many, bases), tensors, Expectation(tolerance: 1e-6), "\(exponent) \(shape)")
      }
    }
  }

  /// Longer tensors than those that are computed ahead of time.
  @Test(arguments: [ElementType.float32, .int64, .int32, .int8, .uint8, .bool, .float64]) func filled(type: ElementType)
    throws
  {
    let count = 300_000
    var network = NetworkBuilder(opset: 11)
    let x = network.input([1], of: type)
    let one = try Tensor(scalar: 1 as UInt8).cast(to: type)
    let value = try network.node(
      "ConstantOfShape", [network.constant(try .list(3, Int64(count)))], ["value": .tensor(try one.reshaped(to: [1]))])
    let y = try network.node(
      "Concat", [try network.node("Reshape", [value, network.constant(.list(-1))]), x], ["axis": .int(0)])
    var outputs = [y]
    if [.float32, .int64, .int32].contains(type) {
      let range = try [5, 5 + 3 * count, 3].map { number in
        network.constant(try Tensor(scalar: Int64(number)).cast(to: type))
      }
      outputs.append(try network.node("Concat", [try network.node("Range", range), x], ["axis": .int(0)]))
    }
    try expectAgreement(network.finished(outputs), nil, Expectation(tolerance: 0, precisions: [.exact]), "\(type)")
  }

  @Test(arguments: OperandLayout.allCases, [0, 1] as [Int64]) func poolsWithIndices(layout: OperandLayout, order: Int64)
    throws
  {
    for sizes in [[1, 1, 1, 1], [2, 3, 2, 2], [2, 5, 9, 7], [1, 2, 6], [2, 2, 3, 4, 5]] {
      let rank = sizes.count - 2
      for pad in [0, 1] as [Int64] {
        let kernel = sizes[2...].map { min(Int64($0), 2) }
        var network = NetworkBuilder(opset: 12)
        let x = try network.operand(sizes, layout)
        let y = try network.nodes(
          "MaxPool", [x],
          [
            "kernel_shape": .ints(kernel), "strides": .ints(kernel), "storage_order": .int(order),
            "pads": .ints((0..<2 * rank).map { kernel[$0 % rank] > 1 ? pad : 0 }),
          ], outputs: 2)
        var random = SplitMix64(seed: 3)
        var numbers = try random.tensor(sizes, in: -1...1).elements(as: Float.self)
        if numbers.count > 9 { (numbers[3], numbers[4], numbers[8]) = (.nan, 0.5, -.infinity) }
        try expectAgreement(
          network.finished(y), ["x": Tensor(shape: sizes, numbers)], Expectation(tolerance: 0, precisions: [.exact]),
          "\(sizes) \(pad) \(layout)")
      }
    }
  }

  /// Nothing is put anywhere.
  @Test(arguments: ["ScatterElements", "ScatterND"]) func noUpdates(name: String) throws {
    var network = NetworkBuilder(opset: 16)
    let data = try network.node("Neg", [network.input([4, 3])])
    let isND = name == "ScatterND"
    let indices = network.constant(try Tensor(zeros: isND ? [0, 1] : [0, 3], of: .int64))
    let y = try network.node(name, [data, indices, network.constant(try Tensor(zeros: [0, 3], of: .float32))])
    try expectAgreement(
      network.finished(data, try network.node("Relu", [y])), nil, Expectation(tolerance: 0, precisions: [.exact]))
  }
}
