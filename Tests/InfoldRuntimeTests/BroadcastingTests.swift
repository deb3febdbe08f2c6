import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Binary operators with every pattern of broadcasting, in both layouts.
@Suite struct BroadcastingTests {
  private static let functions = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "PRelu"]

  /// Shapes that are broadcast to [N, C, H, W].
  private static func patterns(_ n: Int, _ c: Int, _ h: Int, _ w: Int) -> [[Int]] {
    [
      [n, c, h, w], [c, 1, 1], [1, c, 1, 1], [n, c, 1, 1], [h, w], [1, 1, h, w], [w], [], [1], [n, 1, 1, 1], [h, 1],
      [c, h, w], [1, c, h, w], [n, 1, h, w], [n, c, h, 1], [n, c, 1, w], [1, 1, h, 1], [1, c, 1, w], [n, 1, 1, w],
    ]
  }

  /// One operand has the full shape, in either layout, from a convolution or an input. The other is a constant, an input, or the result of
  /// a pool.
  @Test(
    arguments: functions,
    [
      [2, 5, 3, 4], [1, 8, 4, 3], [3, 17, 1, 1], [2, 1, 3, 4], [1, 3, 1, 5], [3, 4, 5, 1], [2, 3, 2, 1], [1, 4, 2, 2],
    ])
  func oneWhole(function: String, shape: [Int]) throws {
    for pattern in Self.patterns(shape[0], shape[1], shape[2], shape[3]) {
      for (isImage, isConstant, isFirst) in [
        (true, true, true), (true, false, false), (false, true, false), (false, false, true), (true, false, true),
      ] {
        if function == "PRelu", !isFirst { continue }
        var network = NetworkBuilder(opset: 16)
        let x = network.input(Shape(shape))
        let weights = try network.weights([shape[1], shape[1], 1, 1])
        let whole = isImage ? try network.node("Conv", [x, weights]) : x
        // Divisors are not close to 0.
        let range: ClosedRange<Float> = function == "Div" ? 1...2 : -1...1
        let other = isConstant ? try network.weights(pattern, in: range) : network.input(Shape(pattern), "y")
        let isDivisor = function == "Div" && !isConstant
        let operand = isDivisor ? try network.node("Exp", [other]) : other
        let divides = function == "Div" && !isFirst
        let first = divides ? try network.node("Exp", [whole]) : whole
        let z = try network.node(function, isFirst ? [first, operand] : [operand, first])
        try expectAgreement(
          try network.finished(z), nil, Expectation(referenceSteps: nil), "\(function) \(pattern) with \(shape)")
      }
    }
  }

  @Test(arguments: functions) func bothBroadcast(function: String) throws {
    let (n, c, h, w) = (2, 5, 3, 4)
    for (a, b) in [
      ([n, c, 1, 1], [1, 1, h, w]), ([c, 1, 1], [h, w]), ([n, 1, 1, 1], [w]), ([1, c, 1, 1], [n, 1, h, 1]),
      ([n, 1, h, 1], [1, c, 1, w]), ([n, c, h, 1], [1, 1, 1, w]), ([1, 1], [c, 1, 1]), ([1, 1, 1, 1], [h, w]),
      ([h, 1], [w]), ([1, c, 1], [n, 1, w]),
    ] {
      // PRelu's slope must not enlarge the shape.
      if function == "PRelu" { continue }
      var network = NetworkBuilder(opset: 16)
      let x = network.input(Shape(a)), y = try network.node("Exp", [network.input(Shape(b), "y")])
      let z = try network.node(function, [x, y])
      try expectAgreement(
        try network.finished(try network.node("Tanh", [z]), z), nil, Expectation(referenceSteps: nil),
        "\(function) \(a) \(b)")
    }
  }

  /// Before opset 7, `axis` determines which dimensions of the first operand the second one has.
  @Test(arguments: ["Add", "Sub", "Mul", "Div"]) func legacyAxis(function: String) throws {
    let shape = [2, 3, 4, 5]
    for (axis, pattern) in [
      (1, [3]), (0, [2]), (1, [3, 4]), (2, [4, 5]), (0, [2, 3]), (3, [5]), (0, shape), (1, [3, 1, 1]), (2, [4]),
      (0, [2, 3, 4]),
    ] {
      for isImage in [true, false] {
        var network = NetworkBuilder(opset: 6)
        let x = network.input(Shape(shape))
        let whole = isImage ? try network.node("Conv", [x, try network.weights([3, 3, 1, 1])]) : x
        let z = try network.node(
          function, [whole, try network.weights(pattern, in: 1...2)], ["broadcast": .int(1), "axis": .int(Int64(axis))])
        let graph = try network.finished(try network.node("Relu", [z]))
        try expectAgreement(graph, nil, Expectation(referenceSteps: nil), "\(function) \(axis) \(pattern)")
      }
    }
  }

  /// The broadcasts of gates and shortcuts run with kernels.
  @Test(
    arguments: [[], [1, 9, 1, 1], [2, 9, 1, 1], [9, 1, 1], [2, 9, 4, 3], [1, 1, 4, 3], [2, 1, 4, 3]] as [[Int]])
  func frequentPatternsHaveKernels(pattern: [Int]) throws {
    for isImage in [true, false] {
      var network = NetworkBuilder()
      let x = network.input([2, 9, 4, 3])
      let whole = isImage ? try network.node("Conv", [x, try network.weights([9, 9, 1, 1])]) : x
      try expectAgreement(try network.finished(try network.node("Mul", [whole, try network.weights(pattern)])))
    }
  }
}
