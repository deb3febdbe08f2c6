import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Values [N, C, D, H, W] in row-major order, channels-last, and as a slice of a concatenation.
@Suite struct VolumeTests {
  private static let shapes = [
    [2, 5, 3, 4, 2], [1, 17, 2, 1, 5], [1, 4, 1, 1, 1], [1, 1, 2, 3, 4], [2, 8, 1, 2, 2],
  ]

  private func check(
    _ comment: Comment, tolerance: Double = 4e-6, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout NetworkBuilder, ValueID, [Int]) throws -> ValueID
  ) throws {
    for shape in Self.shapes {
      for layout in OperandLayout.allCases {
        var network = NetworkBuilder(opset: 17)
        let x = try network.operand(shape, layout)
        let y = try body(&network, x, shape)
        let rank = try network.finished(y)[y].type?.shape?.rank ?? 0
        let graph = try network.finished(try network.consumed(y, rank: rank))
        try expectKernels(
          graph, opset: 17, tolerance: tolerance, "\(comment) \(shape) \(layout)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test(arguments: ["Relu", "Sigmoid", "HardSwish", "Erf", "Sqrt"]) func functions(name: String) throws {
    try check("\(name)") { network, x, _ in
      let positive = name == "Sqrt" ? try network.node("Abs", [x]) : x
      return try network.node(name, [positive])
    }
  }

  @Test(arguments: ["Add", "Mul", "Sub"]) func combinations(name: String) throws {
    for others in [[0, 0, 0, 0, 0], [1, 0, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 1, 0, 1], [1, 1, 1, 1, 1]] {
      try check("\(name) \(others)") { network, x, shape in
        let weights = try network.weights(zip(shape, others).map { $1 == 1 ? 1 : $0 })
        return try network.node(name, [x, weights])
      }
    }
    try check("\(name), both") { network, x, _ in try network.node(name, [x, try network.node("Neg", [x])]) }
  }

  @Test func normalizations() throws {
    try check("batch") { network, x, shape in
      let variance = try network.weights([shape[1]], in: 0.5...2)
      let parameters = try (0..<3).map { _ in try network.weights([shape[1]]) }
      return try network.node("BatchNormalization", [x] + parameters + [variance])
    }
    try check("instance", tolerance: 1e-4) { network, x, shape in
      try network.node("InstanceNormalization", [x] + (0..<2).map { _ in try network.weights([shape[1]]) })
    }
    try check("softmax") { network, x, _ in try network.node("Softmax", [x], ["axis": .int(1)]) }
    try check("response") { network, x, _ in try network.node("LRN", [x], ["size": .int(3)]) }
  }

  @Test func pools() throws {
    for name in ["GlobalAveragePool", "GlobalMaxPool"] {
      try check("\(name)") { network, x, _ in try network.node(name, [x]) }
    }
    for name in ["MaxPool", "AveragePool"] {
      try check("\(name)") { network, x, _ in
        try network.node(
          name, [x],
          ["kernel_shape": .ints([2, 1, 2]), "pads": .ints([1, 0, 1, 0, 0, 0]), "strides": .ints([1, 2, 1])])
      }
    }
  }

  @Test func reductions() throws {
    for axes in [[2, 3, 4], [1], [2], [3, 4], [2, 4], [0, 1]] as [[Int64]] {
      for keeps in [0, 1] as [Int64] {
        try check("\(axes) \(keeps)") { network, x, _ in
          try network.node("ReduceMean", [x], ["axes": .ints(axes), "keepdims": .int(keeps)])
        }
      }
    }
  }

  @Test func movements() throws {
    for axis in 0..<5 as Range<Int64> {
      try check("concatenation \(axis)") { network, x, _ in
        let parts = [x, try network.node("Relu", [x]), try network.node("Neg", [x])]
        return try network.node("Concat", parts, ["axis": .int(axis)])
      }
    }
    for order in [[0, 2, 3, 4, 1], [0, 4, 1, 2, 3], [0, 2, 1, 3, 4], [4, 3, 2, 1, 0]] as [[Int64]] {
      try check("transposition \(order)") { network, x, _ in
        try network.node("Transpose", [x], ["perm": .ints(order)])
      }
    }
    for sizes in [[0, 0, -1], [0, -1], [1, -1, 1, 1, 1]] as [[Int64]] {
      try check("shape \(sizes)") { network, x, _ in
        try network.node("Reshape", [x, network.constant(try Tensor(shape: [sizes.count], sizes))])
      }
    }
    try check("slice") { network, x, shape in
      let bounds = try [[0, 0], [Int64(shape[1]), 1], [1, 3]].map {
        network.constant(try Tensor(shape: [2], $0 as [Int64]))
      }
      return try network.node("Slice", [x] + bounds)
    }
  }

  /// A residual block and an average, as in video networks: no values are reordered between their steps.
  @Test func network() throws {
    var network = NetworkBuilder(opset: 17)
    let x = network.input([1, 3, 4, 9, 10])
    func convolved(
      _ x: ValueID, _ weights: [Int], _ strides: [Int64], _ network: inout NetworkBuilder, groups: Int64 = 1
    ) throws -> ValueID {
      let pads = weights[2...].map { Int64($0 / 2) }
      return try network.node(
        "Conv", [x, try network.weights(weights, in: -0.3...0.3), try network.weights([weights[0]])],
        ["pads": .ints(pads + pads), "strides": .ints(strides), "group": .int(groups)])
    }
    let stem = try network.node("Relu", [try convolved(x, [16, 3, 3, 7, 7], [1, 2, 2], &network)])
    let a = try network.node("Relu", [try convolved(stem, [16, 16, 1, 3, 3], [1, 1, 1], &network)])
    let b = try network.node("Relu", [try convolved(a, [16, 16, 3, 1, 1], [1, 1, 1], &network)])
    let c = try network.node("Relu", [try convolved(b, [16, 1, 3, 3, 3], [1, 1, 1], &network, groups: 16)])
    let d = try convolved(c, [16, 16, 3, 3, 3], [1, 1, 1], &network)
    let sum = try network.node("Relu", [try network.node("Add", [d, stem])])
    let end = try convolved(sum, [8, 16, 3, 3, 3], [2, 2, 2], &network)
    let graph = try network.finished(try network.node("Flatten", [try network.node("GlobalAveragePool", [end])]))
    try expectAgreement(graph)
    let session = try Session(graph.model, options: SessionOptions(threads: 1))
    let steps = try session.layerTimes(try graph.randomInputs(), runs: 1)
    #expect(steps.filter { $0.algorithm == "layout" }.isEmpty, "\(steps.map(\.algorithm))")
  }
}
