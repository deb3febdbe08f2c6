import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Windows with taps that are in the padding at every position.
@Suite struct PaddingTapsTests {
  private func graph(
    _ shape: [Int], outputs: Int, kernel: [Int], groups: Int = 1, pads: [Int64], strides: [Int64], dilations: [Int64],
    weights given: Tensor? = nil
  ) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input(Shape(shape))
    let weights =
      if let given { network.constant(given) } else { try network.weights([outputs, shape[1] / groups] + kernel) }
    let y = try network.node(
      "Conv", [x, weights, try network.weights([outputs])],
      [
        "pads": .ints(pads), "strides": .ints(strides), "dilations": .ints(dilations), "group": .int(Int64(groups)),
      ])
    return try network.finished(y)
  }

  @Test(arguments: [(1, 20, 17), (20, 20, 20), (20, 40, 20), (16, 16, 4), (3, 9, 1)])
  func dilatedWindows(groups: Int, outputs: Int, channels: Int) throws {
    let channels = channels % groups == 0 ? channels : groups * 2
    for dilation in [3, 6, 12, 36] as [Int64] {
      for (height, width) in [(7, 5), (1, 1), (2, 13), (4, 28)] {
        let graph = try graph(
          [2, channels, height, width], outputs: outputs % groups == 0 ? outputs : groups, kernel: [3, 3],
          groups: groups, pads: [dilation, dilation, dilation, dilation], strides: [1, 1],
          dilations: [dilation, dilation])
        try expectAgreement(graph, nil, Expectation(), "\(groups) \(dilation) \(height) \(width)")
      }
    }
  }

  /// The remaining window begins inside of the image, so that a part is cut off; or nothing remains; or only some inner taps read nothing.
  @Test func unevenWindows() throws {
    let cases: [(size: [Int], kernel: [Int], pads: [Int64], strides: [Int64], dilations: [Int64])] = [
      ([10, 10], [3, 3], [3, 3, 3, 3], [1, 1], [7, 7]), ([1, 1], [5, 5], [4, 4, 4, 4], [2, 2], [1, 1]),
      ([1, 1], [1, 1], [1, 1, 1, 1], [5, 5], [1, 1]), ([3, 2], [2, 4], [9, 8, 0, 0], [4, 3], [5, 3]),
      ([6, 1], [3, 1], [0, 3, 8, 3], [1, 7], [4, 1]), ([2, 9], [4, 3], [7, 20, 7, 0], [3, 1], [2, 9]),
    ]
    for (index, value) in cases.enumerated() {
      for (channels, groups, outputs) in [(3, 1, 5), (18, 1, 33), (17, 17, 17), (6, 6, 12), (8, 2, 8)] {
        let graph = try graph(
          [1, channels] + value.size, outputs: outputs, kernel: value.kernel, groups: groups, pads: value.pads,
          strides: value.strides, dilations: value.dilations)
        try expectAgreement(graph, nil, Expectation(), "case \(index), \(channels) channels")
      }
    }
  }

  /// A weight that meets only padding is not read, whatever its value. A weight that meets both does not turn padding into NaN.
  @Test func weightsThatAreNotFinite() throws {
    for (place, references) in [(0, 0), (4, 0), (8, 0)] {
      var numbers = [Float](repeating: 0.5, count: 9)
      numbers[place] = .infinity
      let graph = try graph(
        [1, 1, 3, 3], outputs: 1, kernel: [3, 3], pads: [4, 4, 4, 4], strides: [1, 1], dilations: [4, 4],
        weights: try Tensor(shape: [1, 1, 3, 3], numbers))
      try expectAgreement(graph, nil, Expectation(referenceSteps: references), "\(place)")
    }
    let near = try graph(
      [1, 1, 3, 3], outputs: 1, kernel: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], dilations: [1, 1],
      weights: try Tensor(shape: [1, 1, 3, 3], [.nan] + [Float](repeating: 0.5, count: 8)))
    try expectAgreement(near, nil, Expectation(referenceSteps: 1))
  }
}
