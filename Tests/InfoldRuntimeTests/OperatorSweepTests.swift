import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Every operator that has a kernel, other than convolutions, with random sizes: for a row-major value, for a channels-last value, and for
/// the latter with the result written into a concatenation.
@Suite struct OperatorSweepTests {
  /// How the operand lies.
  private enum Place: CaseIterable {
    case rowMajor, channelsLast, slice
  }

  /// Compares `body`, applied to a value of this shape in every layout, with the double-precision reference.
  private func check(
    _ shape: [Int], _ expectation: Expectation = Expectation(), comment: String = "", opset: Int = 20,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws {
    for place in Place.allCases {
      var network = NetworkBuilder(opset: opset)
      let x = network.input(Shape(shape))
      var y = x
      if place != .rowMajor, shape.count == 3 || shape.count == 4 {
        let ones = Array(repeating: 1, count: shape.count - 2)
        y = try network.node(
          "Conv",
          [x, try network.weights([shape[1], shape[1]] + ones, in: -0.3...0.3), try network.weights([shape[1]])])
      } else if place != .rowMajor {
        continue
      }
      var z = try body(&network, y)
      let graph = try network.finished(z)
      if place == .slice {
        guard let type = graph[z].type, type.elementType == .float32, type.shape?.rank == shape.count else { continue }
        z = try network.node("Concat", [z, try network.node("Abs", [z]), z], ["axis": .int(1)])
        z = try network.node("Relu", [z])
      }
      try expectAgreement(
        try network.finished(z), nil, expectation, "\(shape) \(place) \(comment)", sourceLocation: sourceLocation)
    }
  }

  /// Heights and widths of one and two, where windows reach the border on both sides.
  private static let smallShapes = [
    [3, 6, 1, 2], [1, 17, 2, 1], [2, 5, 2, 2], [1, 8, 1, 9], [1, 20, 9, 1], [2, 4, 1], [1, 7, 2],
  ]

  /// Sizes of images and of sequences, including one and two.
  private func shapes(seed: UInt64, count: Int = 6, smallest: Int = 1) -> [[Int]] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { index in
      [random.pick([1, 1, 3]), random.int(1...40)]
        + (0..<(index % 3 == 2 ? 1 : 2)).map { _ in random.int(smallest...12) }
    } + [[2, 9, 1, 1], [1, 1, 5, 4]] + Self.smallShapes
  }

  private static let unary = [
    "Abs", "Neg", "Reciprocal", "Sqrt", "Floor", "Ceil", "Round", "Exp", "Log", "Erf", "Tanh", "Sigmoid", "Gelu",
    "Relu",
    "LeakyRelu", "Elu", "Selu", "HardSigmoid", "HardSwish", "Softplus", "Softsign", "Mish",
  ]

  @Test(arguments: unary) func functionsOfOneNumber(name: String) throws {
    for shape in [[1, 7, 3, 5], [3, 16, 1, 1], [2, 9, 5], [33], [2, 3], [1, 2, 3, 2, 2]] {
      try check(shape, comment: name) { network, x in
        let bounded = try network.node("Softsign", [x])
        let two = network.constant(try Tensor(scalar: Float(2)))
        // Roots and quotients near 0, and steps near integers, would amplify small errors.
        let shifted = try network.node("Add", [bounded, two])
        let steps = ["Floor", "Ceil", "Round", "Sqrt", "Log", "Reciprocal"]
        if ["Floor", "Ceil", "Round"].contains(name) {
          return try network.node(
            "Mul", [try network.node(name, [network.constant(try Tensor(scalar: Float(1.7)))]), x])
        }
        return try network.node(name, [steps.contains(name) ? shifted : x])
      }
    }
  }

  @Test(arguments: ["Floor", "Ceil", "Round"]) func rounding(name: String) throws {
    let numbers: [Float] = [-2.5, -1.5, -1, -0.5, -0.4, 0, 0.4, 0.5, 0.6, 1.5, 2.5, 8_388_609, -3e9, .infinity, .nan]
    var network = NetworkBuilder()
    let x = network.input([15])
    try expectAgreement(
      try network.finished(try network.node(name, [x])), ["x": try Tensor(shape: [15], numbers)],
      Expectation(tolerance: 0, scale: 1))
  }

  @Test func pools() throws {
    var random = SplitMix64(seed: 3)
    for index in 0..<100 { try checkPool(rank: index % 4 == 3 ? 1 : 2, largest: index < 60 ? 11 : 2, &random) }
  }

  @Test func poolsOfVolumes() throws {
    var random = SplitMix64(seed: 23)
    for index in 0..<80 { try checkPool(rank: 3, largest: index < 40 ? 7 : 2, &random) }
  }

  /// A pool with random attributes for a value of random size.
  private func checkPool(rank: Int, largest: Int, _ random: inout SplitMix64) throws {
    let kernel = (0..<rank).map { _ in random.int(1...4) }, dilations = kernel.map { _ in random.pick([1, 1, 2]) }
    let sizes = (0..<rank).map { max(random.int(1...largest), (kernel[$0] - 1) * dilations[$0] + 1) }
    var attributes: AttributeList = [
      "kernel_shape": .ints(kernel.map(Int64.init)), "strides": .ints(kernel.map { _ in Int64(random.int(1...3)) }),
      "dilations": .ints(dilations.map(Int64.init)), "ceil_mode": .int(Int64(random.int(0...1))),
    ]
    switch random.int(0...4) {
    case 0 where dilations.allSatisfy { $0 == 1 }: attributes["auto_pad"] = .string(Array("SAME_UPPER".utf8))
    case 1 where dilations.allSatisfy { $0 == 1 }: attributes["auto_pad"] = .string(Array("SAME_LOWER".utf8))
    default: attributes["pads"] = .ints((kernel + kernel).map { Int64(random.int(0...($0 - 1))) })
    }
    let isAverage = random.oneIn(2)
    if isAverage { attributes["count_include_pad"] = .int(Int64(random.int(0...1))) }
    let shape = [random.pick([1, 3]), random.int(1...40)] + sizes
    try check(shape, comment: "\(attributes)") { network, x in
      try network.node(isAverage ? "AveragePool" : "MaxPool", [x], attributes)
    }
  }

  @Test(arguments: ["GlobalAveragePool", "GlobalMaxPool"]) func globalPools(name: String) throws {
    for shape in shapes(seed: 4) { try check(shape) { network, x in try network.node(name, [x]) } }
  }

  @Test func windowsOverWholeImages() throws {
    for name in ["AveragePool", "MaxPool"] {
      for pads in [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]] as [[Int64]] {
        try check([2, 9, 4, 3]) { network, x in
          try network.node(name, [x], ["kernel_shape": .ints([4, 3]), "pads": .ints(pads), "strides": .ints([4, 3])])
        }
      }
    }
  }

  @Test(arguments: ["Softmax", "LogSoftmax"]) func softmax(name: String) throws {
    for shape in shapes(seed: 5) + [[7], [3, 40], [2, 3, 4, 5, 2]] {
      for axis in shape.indices {
        try check(shape, Expectation(referenceSteps: nil)) { network, x in
          try network.node(name, [x], ["axis": .int(Int64(axis))])
        }
        // Before opset 13, all dimensions from the axis on count as one.
        try check(shape, Expectation(referenceSteps: nil), opset: 11) { network, x in
          try network.node(name, [x], ["axis": .int(Int64(axis))])
        }
      }
    }
  }

  @Test func localResponseNormalization() throws {
    for (index, shape) in shapes(seed: 6).enumerated() {
      try check(shape) { network, x in
        try network.node(
          "LRN", [x], ["size": .int(Int64([1, 3, 5, 4][index % 4])), "alpha": .float(0.3), "bias": .float(1.5)])
      }
    }
  }

  @Test func normalizations() throws {
    for shape in shapes(seed: 7) {
      for activation in ["Identity", "Relu", "HardSwish"] {
        try check(shape) { network, x in
          try network.node(
            activation, [try network.normalization(try network.node("Tanh", [x]), channels: shape[1])])
        }
      }
    }
  }

  @Test func channelShuffles() throws {
    for (groups, size, side) in [(2, 4, 3), (3, 5, 2), (4, 8, 1), (1, 5, 3), (8, 1, 3)] {
      for batch in [1, 3] {
        try check([batch, groups * size, side, side]) { network, x in
          let split = try Tensor(shape: [5], [batch, groups, size, side, side].map(Int64.init))
          let joined = try Tensor(shape: [4], [batch, groups * size, side, side].map(Int64.init))
          let a = try network.node("Reshape", [x, network.constant(split)])
          let b = try network.node("Transpose", [a], ["perm": .ints([0, 2, 1, 3, 4])])
          return try network.node("Reshape", [b, network.constant(joined)])
        }
      }
    }
  }

  @Test(arguments: ["nearest", "linear"]) func resizing(mode: String) throws {
    let transformations = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric"]
    for (index, shape) in shapes(seed: 8).enumerated() where shape.count == 4 {
      for transformation in transformations {
        let scales = [1, 1, [2, 0.6, 1.5][index % 3], [2, 1.3, 0.5][index % 3]] as [Float]
        if zip(shape, scales).contains(where: { Float($0) * $1 < 1 }) { continue }
        try check(shape, Expectation(referenceSteps: nil), comment: transformation, opset: 19) { network, x in
          try network.node(
            "Resize", [x, nil, network.constant(try Tensor(shape: [4], scales))],
            ["mode": .string(Array(mode.utf8)), "coordinate_transformation_mode": .string(Array(transformation.utf8))])
        }
        try check(shape, Expectation(referenceSteps: nil), comment: transformation, opset: 19) { network, x in
          let sizes = try Tensor(shape: [4], [Int64(shape[0]), Int64(shape[1]), 7, 5])
          return try network.node(
            "Resize", [x, nil, nil, network.constant(sizes)],
            ["mode": .string(Array(mode.utf8)), "coordinate_transformation_mode": .string(Array(transformation.utf8))])
        }
      }
    }
  }

  @Test func transposedConvolutions() throws {
    var random = SplitMix64(seed: 9)
    for index in 0..<30 {
      let kernel = [random.int(1...3), random.int(1...3)]
      let shape = [random.pick([1, 3]), random.int(1...20), random.int(1...7), random.int(1...7)]
      let outputs = random.int(1...20)
      // Every other window moves by its own size, for which there is a kernel.
      let strides = index.isMultiple(of: 2) ? kernel : [random.int(1...3), random.int(1...3)]
      try check(shape, Expectation(referenceSteps: nil), comment: "\(kernel) \(strides)") { network, x in
        let weights = try network.weights([shape[1], outputs] + kernel, in: -0.3...0.3)
        let y = try network.node(
          "ConvTranspose", [x, weights, try network.weights([outputs])], ["strides": .ints(strides.map(Int64.init))])
        return random.oneIn(2) ? y : try network.node("Relu", [y])
      }
    }
  }

  @Test func products() throws {
    var random = SplitMix64(seed: 10)
    for _ in 0..<40 {
      let (rows, inner, columns) = (random.int(1...40), random.int(1...40), random.int(1...40))
      let transB = random.oneIn(2), residual = random.oneIn(3), first = random.oneIn(2)
      let shape = random.pick([[columns], [1, columns], [1], [rows, 1], [rows, columns], []])
      let alpha = random.pick([1, 1, 0.5] as [Float]), beta = random.pick([1, 1, 0.5, 0] as [Float])
      try check([rows, inner], Expectation(referenceSteps: nil)) { network, x in
        let matrix = try network.weights(transB ? [columns, inner] : [inner, columns])
        var y = try network.node(
          "Gemm", [x, matrix, try network.weights(shape)],
          ["transB": .int(transB ? 1 : 0), "alpha": .float(alpha), "beta": .float(beta)])
        if residual {
          let other = try network.weights([rows, columns])
          y = try network.node("Add", first ? [other, y] : [y, other])
        }
        return try network.node("Sigmoid", [y])
      }
      let batch = random.pick([[], [1], [3], [2, 2]])
      try check(batch + [rows, inner]) { network, x in
        let y = try network.node("MatMul", [x, try network.weights([inner, columns])])
        return residual ? try network.node("Relu", [try network.node("Add", [y, try network.weights([columns])])]) : y
      }
    }
  }

  /// Products of two matrices that are both computed in the run.
  @Test func variableProducts() throws {
    var random = SplitMix64(seed: 11)
    for _ in 0..<30 {
      let (rows, inner, columns) = (random.int(1...40), random.int(1...40), random.int(1...40))
      let batch = random.pick([[], [1], [3], [2, 2]])
      let right = random.oneIn(2) ? batch : random.pick([[], [1]])
      try check(batch + [rows, inner], Expectation(referenceSteps: nil)) { network, x in
        let y = network.input(Shape(right + [inner, columns]), "y")
        return try network.node("MatMul", [x, y])
      }
      try check(batch + [rows, rows]) { network, x in try network.node("MatMul", [x, x]) }
    }
  }

  /// Operators that only move elements, or only rename a part of their input.
  @Test func movements() throws {
    var random = SplitMix64(seed: 12)
    func list(_ network: inout NetworkBuilder, _ numbers: [Int]) throws -> ValueID {
      network.constant(try Tensor(shape: [numbers.count], numbers.map(Int64.init)))
    }
    for shape in shapes(seed: 13) + [[6], [4, 7], [2, 3, 2, 3, 2]] {
      for axis in shape.indices {
        let size = shape[axis]
        for _ in 0..<4 {
          let (a, b) = (random.int(0...(size - 1)), random.int(0...(size - 1)))
          let step = a <= b ? random.int(1...3) : -random.int(1...3)
          let end = a <= b ? b + 1 : b == 0 ? -1000 : b - 1
          try check(shape, comment: "\(axis) \(a) \(end) \(step)") { network, x in
            try network.node(
              "Slice",
              [
                x, try list(&network, [a]), try list(&network, [end]), try list(&network, [axis]),
                try list(&network, [step]),
              ])
          }
        }
        let indices = (0..<random.int(1...4)).map { _ in random.int(-size...(size - 1)) }
        for rank in [0, 1, 2] {
          try check(shape, Expectation(referenceSteps: nil), comment: "\(indices)") { network, x in
            let shape = [[], [indices.count], [1, indices.count]][rank]
            let numbers = try Tensor(shape: shape, (rank == 0 ? [indices[0]] : indices).map(Int64.init))
            return try network.node("Gather", [x, network.constant(numbers)], ["axis": .int(Int64(axis))])
          }
        }
        for mode in ["constant", "edge", "reflect", "wrap"] {
          let most = min(2, size - 1)
          let before = random.int(0...most), after = random.int(0...most)
          var pads = [Int](repeating: 0, count: 2 * shape.count)
          (pads[axis], pads[axis + shape.count]) = (before, after)
          // Negative pads cut off.
          if mode == "constant", size > 1 { pads[axis] = -1 }
          try check(shape, comment: "\(mode) \(pads)") { network, x in
            let fill = mode == "constant" ? network.constant(try Tensor(scalar: Float(0.5))) : nil
            return try network.node(
              "Pad", [x, try list(&network, pads), fill], ["mode": .string(Array(mode.utf8))])
          }
        }
        guard size > 1 else { continue }
        let first = random.int(1...(size - 1))
        try check(shape) { network, x in
          let parts = try network.nodes(
            "Split", [x, try list(&network, [first, size - first])], ["axis": .int(Int64(axis))], outputs: 2)
          let a = try network.node("Tanh", [parts[0]]), b = try network.node("Neg", [parts[1]])
          return try network.node("Concat", [b, parts[0], a, parts[1]], ["axis": .int(Int64(axis))])
        }
      }
      try check(shape) { network, x in
        try network.node("Tile", [x, try list(&network, shape.indices.map { [1, 2, 1, 3, 1][$0] })])
      }
      try check(shape.map { $0 > 4 ? $0 : 1 }) { network, x in
        try network.node("Expand", [x, try list(&network, shape)])
      }
    }
  }

  @Test(arguments: ["DCR", "CRD"]) func blocks(mode: String) throws {
    for (block, channels, height, width) in [(2, 8, 3, 2), (2, 4, 1, 1), (3, 18, 2, 1), (1, 5, 2, 2), (2, 40, 1, 3)] {
      for batch in [1, 3] {
        try check([batch, channels, height, width]) { network, x in
          try network.node(
            "DepthToSpace", [x], ["blocksize": .int(Int64(block)), "mode": .string(Array(mode.utf8))])
        }
        try check([batch, channels, height * block, width * block]) { network, x in
          try network.node("SpaceToDepth", [x], ["blocksize": .int(Int64(block))])
        }
      }
    }
  }
}
