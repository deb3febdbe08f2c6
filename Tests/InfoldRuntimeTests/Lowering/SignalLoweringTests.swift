import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Transforms with kernels, compared with double precision: each result is rounded once.
@Suite struct SignalLoweringTests {
  private static let lengths =
    Array(1...16) + [20, 23, 25, 29, 31, 32, 50, 58, 64, 74, 81, 100, 128, 134, 210, 400, 512]

  @Test(arguments: lengths, [1, 2]) func transforms(length: Int, parts: Int) throws {
    for (isInverse, isOneSided) in [(false, false), (false, true), (true, false), (true, true)] {
      guard !isOneSided || parts == (isInverse ? 2 : 1) else { continue }
      for signals in [1, 3, 9] {
        var network = NetworkBuilder(opset: 20)
        let x = network.input([.fixed(signals), .fixed(length), .fixed(parts)])
        let count = network.constant(try Tensor(scalar: Int64(length)))
        let y = try network.node(
          "DFT", [x, count], ["inverse": .int(isInverse ? 1 : 0), "onesided": .int(isOneSided ? 1 : 0)])
        try expectAgreement(
          network.finished(y), nil, Expectation(tolerance: 7e-8, precisions: [.exact]),
          "\(length), \(parts), \(isInverse), \(isOneSided), \(signals)")
      }
    }
  }

  /// Other axes, and transforms that are longer or shorter than the axis.
  @Test func axes() throws {
    for (shape, axis, length) in [
      ([2, 12, 3, 2], 1, nil), ([2, 12, 3, 1], 0, nil), ([4, 2, 5, 1], -2, 8), ([4, 2, 5, 2], 0, 3), ([7, 2], 0, 5),
      ([2, 2, 2, 2, 1], 2, 4), ([1, 1, 1], 1, nil), ([3, 5, 1], 0, 1),
    ] as [([Int], Int, Int?)] {
      for isInverse in [0, 1] as [Int64] {
        for isOneSided in [0, 1] as [Int64] where isOneSided == 0 || (shape.last == 2) == (isInverse == 1) {
          var network = NetworkBuilder(opset: 20)
          let x = network.input(Shape(shape))
          let count = try length.map { network.constant(try Tensor(scalar: Int64($0))) }
          guard !(isOneSided == 1 && isInverse == 1 && length == nil && shape[axis] == 1) else { continue }
          let y = try network.node(
            "DFT", [x, count, network.constant(try Tensor(scalar: Int64(axis)))],
            ["inverse": .int(isInverse), "onesided": .int(isOneSided)])
          try expectAgreement(
            network.finished(y), nil, Expectation(tolerance: 7e-8, precisions: [.exact]), "\(shape), \(axis)")
        }
      }
    }
  }

  @Test(arguments: [1, 2], [0, 1] as [Int64]) func frames(parts: Int, isOneSided: Int64) throws {
    for (images, samples, length, step) in [
      (1, 50, 16, 7), (2, 40, 15, 5), (3, 9, 9, 1), (1, 8, 1, 3), (2, 500, 400, 20),
    ] {
      for form in 0..<3 {
        var network = NetworkBuilder(opset: 17)
        let shape = [images, samples] + (parts == 1 && form == 1 ? [] : [parts])
        let x = network.input(Shape(shape))
        let window =
          form == 0 ? nil : form == 1 ? try network.weights([length]) : network.input([.fixed(length)], "window")
        let size = form == 0 ? network.constant(try Tensor(scalar: Int64(length))) : nil
        let y = try network.node(
          "STFT", [x, network.constant(try Tensor(scalar: Int64(step))), window, size], ["onesided": .int(isOneSided)])
        try expectAgreement(
          network.finished(y), nil, Expectation(tolerance: 1e-7, precisions: [.exact]), "\(shape), \(length), \(form)")
      }
    }
  }

  /// A NaN does not leave its signal.
  @Test func signalsDoNotMeet() throws {
    var network = NetworkBuilder(opset: 20)
    let x = network.input([8, 12, 1])
    let graph = try network.finished(try network.node("DFT", [x], ["onesided": .int(1)]))
    var random = SplitMix64(seed: 4)
    let numbers = try random.tensor([8, 12, 1], in: -1...1).elements(as: Float.self)
    var disturbed = numbers
    disturbed[2 * 12 + 3] = .nan
    disturbed[5 * 12] = .infinity
    disturbed[6 * 12] = 1e38
    for kernels in KernelChoice.names {
      let session = try Session(graph.model, options: SessionOptions(threads: 2), kernelsNamed: kernels)
      func run(_ numbers: [Float]) throws -> [Float] {
        var results: [Tensor] = []
        try session.run([Tensor(shape: [8, 12, 1], numbers)], into: &results)
        return try results[0].elements()
      }
      let (a, b) = (try run(numbers), try run(disturbed))
      for signal in 0..<8 {
        let range = signal * 14..<(signal + 1) * 14
        if [2, 5, 6].contains(signal) {
          #expect(signal == 6 || b[range].contains { !$0.isFinite })
        } else {
          #expect(a[range] == b[range])
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4]) func blocks(rank: Int) throws {
    var random = SplitMix64(seed: UInt64(rank))
    for _ in 0..<12 {
      let block = (0..<rank).map { _ in random.int(1...3) }, positions = (0..<rank).map { _ in random.int(1...4) }
      let strides = (0..<rank).map { _ in random.int(1...3) }, dilations = (0..<rank).map { _ in random.int(1...2) }
      let pads = (0..<2 * rank).map { random.int(0...(block[$0 % rank] - 1)) }
      let image = (0..<rank).map { axis -> Int in
        let reach = (block[axis] - 1) * dilations[axis] + 1
        return (positions[axis] - 1) * strides[axis] + reach - pads[axis] - pads[axis + rank]
      }
      guard image.allSatisfy({ $0 > 0 }) else { continue }
      var network = NetworkBuilder(opset: 18)
      let x = network.input([2, .fixed(3 * block.reduce(1, *)), .fixed(positions.reduce(1, *))])
      let sizes = [image, block].map { list in network.constant(try! Tensor(shape: [rank], list.map { Int64($0) })) }
      let y = try network.node(
        "Col2Im", [x] + sizes,
        [
          "strides": .ints(strides.map { Int64($0) }), "dilations": .ints(dilations.map { Int64($0) }),
          "pads": .ints(pads.map { Int64($0) }),
        ])
      try expectAgreement(
        network.finished(y), nil, Expectation(tolerance: 1e-6, precisions: [.exact]), "\(image) \(block)")
    }
  }
}
