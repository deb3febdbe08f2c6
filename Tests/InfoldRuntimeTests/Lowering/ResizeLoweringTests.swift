import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Resize has kernels for all of its modes, for tensors of any rank.
@Suite struct ResizeLoweringTests {
  private static let transformations = [
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize",
  ]

  @Test(arguments: 0..<60) func anyAxes(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let mode = random.pick(["cubic", "cubic", "linear", "nearest"]), rank = random.int(1...5)
    let shape = (0..<rank).map { _ in random.pick([1, 2, 3, 5, 8]) }
    let axes = (0..<rank).filter { _ in random.oneIn(2) }.shuffled(using: &random)
    let resized = axes.isEmpty ? [rank - 1] : axes
    let transformation = random.pick(Self.transformations)
    var attributes: AttributeList = [
      "mode": .string(Array(mode.utf8)), "coordinate_transformation_mode": .string(Array(transformation.utf8)),
      "axes": .ints(resized.map { Int64($0) }), "extrapolation_value": .float(3),
    ]
    if mode != "nearest" {
      attributes["antialias"] = .int(random.oneIn(2) ? 1 : 0)
      attributes["exclude_outside"] = .int(random.oneIn(3) ? 1 : 0)
    }
    for layout in OperandLayout.allCases {
      var network = NetworkBuilder(opset: 19, seed: seed)
      let x = try network.operand(shape, layout)
      var roi: ValueID?
      if transformation == "tf_crop_and_resize" {
        let edges = resized.map { _ in Float(0.1) } + resized.map { _ in Float(1.2) }
        roi = network.constant(try Tensor(shape: [edges.count], edges))
      }
      let sizes = resized.map { Int64([1, 2, 4, 7, 11][($0 + Int(seed)) % 5]) }
      let scales = resized.map { [1, 0.7, 1.6, 2][($0 + Int(seed)) % 4] as Float }
      let usesSizes = seed % 2 == 0 || zip(resized, scales).contains { Float(shape[$0]) * $1 < 1 }
      let y = try network.node(
        "Resize",
        [
          x, roi, usesSizes ? nil : network.constant(try Tensor(shape: [scales.count], scales)),
          usesSizes ? network.constant(try Tensor(shape: [sizes.count], sizes)) : nil,
        ], attributes)
      let graph = try network.finished(y, try network.consumed(y, rank: rank))
      try expectAgreement(
        graph, nil, Expectation(tolerance: 1e-5), "\(mode), \(transformation), \(shape), \(resized), \(layout)")
    }
  }

  /// Resizing as in vision transformers.
  @Test func pictures() throws {
    for shape in [[1, 3, 24, 20], [2, 20, 7, 9]] {
      for layout in OperandLayout.allCases {
        var network = NetworkBuilder(opset: 19)
        let x = try network.operand(shape, layout)
        let sizes = try Tensor(shape: [4], [Int64(shape[0]), Int64(shape[1]), 22, 23])
        let y = try network.node(
          "Resize", [x, nil, nil, network.constant(sizes)], ["mode": .string(Array("cubic".utf8))])
        try expectAgreement(network.finished(y), nil, Expectation(tolerance: 1e-5), "\(shape), \(layout)")
      }
    }
  }

  /// Elements with a weight of zero are not read.
  @Test func infinities() throws {
    var network = NetworkBuilder(opset: 19)
    let x = network.input([1, 1, 5])
    let y = try network.node(
      "Resize", [x, nil, nil, network.constant(try Tensor(shape: [3], [1, 1, 9] as [Int64]))],
      ["mode": .string(Array("cubic".utf8)), "coordinate_transformation_mode": .string(Array("align_corners".utf8))])
    let numbers = try Tensor(shape: [1, 1, 5], [1, 2, .infinity, 4, 5] as [Float])
    try expectAgreement(network.finished(y), ["x": numbers])
  }

  /// Elements that are not floats are copied from the nearest element.
  @Test(arguments: [ElementType.uint8, .int8, .int32, .int64, .uint16])
  func nearestIntegers(type: ElementType) throws {
    for (shape, sizes) in [
      ([1], [4]), ([2, 2], [1, 5]), ([1, 3, 4, 5], [1, 3, 8, 10]), ([2, 5, 7, 3], [2, 5, 4, 6]),
      ([1, 2, 3, 2, 4], [1, 2, 2, 4, 4]),
    ] as [([Int], [Int64])] {
      for transformation in ["asymmetric", "half_pixel", "align_corners"] {
        var network = NetworkBuilder(opset: 19, seed: 3)
        let x = network.input(Shape(shape), of: type)
        let target = network.constant(try Tensor(shape: [sizes.count], sizes))
        let y = try network.node(
          "Resize", [x, nil, nil, target], ["coordinate_transformation_mode": .string(Array(transformation.utf8))])
        let graph = try network.finished(y), inputs = try graph.randomInputs()
        let expected = try ReferenceEvaluator(graph).run([x: inputs["x"]!])[0]
        let session = try Session(graph.model)
        #expect(try session.run(inputs)[graph[y].name] == expected, "\(shape), \(sizes), \(transformation)")
        #expect(try session.layerTimes(inputs, runs: 1).allSatisfy { $0.algorithm == "copy" })
      }
    }
  }
}
