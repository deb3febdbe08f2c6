import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

@Suite struct GridSampleLoweringTests {
  @Test(arguments: ["linear", "nearest", "cubic"], ["zeros", "border", "reflection"])
  func places(mode: String, padding: String) throws {
    let cases: [(x: [Int], places: [Int])] = [
      ([2, 3, 5, 7], [4, 6]), ([1, 1, 4, 4], [3, 2]), ([2, 40, 3, 6], [5, 1]), ([1, 17, 1, 1], [2, 2]),
      ([2, 3, 9], [7]),
      ([1, 20, 6], [5]), ([1, 2, 3, 4, 5], [2, 3, 4]), ([2, 1, 2, 1, 3], [1, 4, 2]), ([1, 16, 2, 2], [1, 1]),
    ]
    for (shape, places) in cases {
      for alignsCorners in [0, 1] as [Int64] {
        for layout in OperandLayout.allCases {
          var random = SplitMix64(seed: 21)
          var network = NetworkBuilder(opset: 22)
          let x = try network.operand(shape, layout)
          let grid = network.input(Shape([shape[0]] + places + [places.count]), "grid")
          let y = try network.node(
            "GridSample", [x, grid],
            [
              "mode": .string(Array(mode.utf8)), "padding_mode": .string(Array(padding.utf8)),
              "align_corners": .int(alignsCorners),
            ])
          let graph = try network.finished(y, try network.consumed(y, rank: shape.count))
          // If a position is halfway between two elements, single precision may choose the other one.
          let tensors = [
            "x": try random.tensor(shape, in: -1...1),
            "grid": try random.tensor([shape[0]] + places + [places.count], in: -1.7...1.7),
          ]
          try expectAgreement(
            graph, tensors, Expectation(tolerance: 2e-5, precisions: [.exact]),
            "\(mode), \(padding), \(shape), \(alignsCorners), \(layout)")
        }
      }
    }
  }

  /// Positions that are NaN, far away, or on the border. In single precision, the reference evaluation gives the same, except for the
  /// rounding of sums.
  @Test(arguments: ["linear", "nearest", "cubic"], ["zeros", "border", "reflection"])
  func specialPlaces(mode: String, padding: String) throws {
    let positions: [Float] = [
      -1, 1, 0, -0.0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, 1e9, -1e9, 0.5, -0.5, 1.0001, -1.0001, 3,
      -7,
    ]
    for channels in [1, 20] {
      for alignsCorners in [0, 1] as [Int64] {
        var random = SplitMix64(seed: 2)
        var network = NetworkBuilder(opset: 22)
        let x = network.input([1, .fixed(channels), 3, 4], "x"), grid = network.input([1, 16, 16, 2], "grid")
        let graph = try network.finished(
          try network.node(
            "GridSample", [x, grid],
            [
              "mode": .string(Array(mode.utf8)), "padding_mode": .string(Array(padding.utf8)),
              "align_corners": .int(alignsCorners),
            ]))
        var numbers = try random.tensor([channels * 12], in: -1...1).elements(as: Float.self)
        numbers[5] = .infinity
        let tensors = [
          x: try Tensor(shape: [1, channels, 3, 4], numbers),
          grid: try Tensor(shape: [1, 16, 16, 2], positions.flatMap { a in positions.flatMap { [a, $0] } }),
        ]
        let expected = try ReferenceEvaluator(graph).run(tensors)[0].elements(as: Float.self)
        let session = try Session(graph.model, options: SessionOptions(threads: 1, precision: .exact))
        let inputs = Dictionary(uniqueKeysWithValues: tensors.map { (graph[$0].name, $1) })
        let result = try #require(try session.run(inputs)[graph[graph.outputs[0]].name]).elements(as: Float.self)
        #expect(
          zip(result, expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN || ($0 - $1).magnitude <= 1e-6 },
          "\(channels), \(alignsCorners)")
      }
    }
  }
}
