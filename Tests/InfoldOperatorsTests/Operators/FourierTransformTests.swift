import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct FourierTransformTests {
  /// The sum by its definition, with each root of unity computed directly.
  private func defined(_ x: [(Double, Double)], at k: Int, inverse: Bool = false) -> (Double, Double) {
    var sum = (0.0, 0.0)
    for (j, number) in x.enumerated() {
      let root = ComplexNumber.root(j * k % x.count, of: x.count)
      let (cosine, sine) = (root.real, inverse ? -root.imaginary : root.imaginary)
      sum.0 += number.0 * cosine - number.1 * sine
      sum.1 += number.0 * sine + number.1 * cosine
    }
    return inverse ? (sum.0 / Double(x.count), sum.1 / Double(x.count)) : sum
  }

  private static let lengths =
    Array(1...40) + [64, 67, 81, 97, 100, 121, 127, 128, 134, 210, 251, 360, 400, 509, 512, 1009]

  @Test(arguments: lengths, [false, true]) func matchesItsDefinition(length: Int, isInverse: Bool) throws {
    var random = SplitMix64(seed: UInt64(length))
    let numbers = (0..<2 * length).map { _ in Double.random(in: -1...1, using: &random) }
    let y = try evaluate(
      "DFT", opset: 20, attributes: ["inverse": .int(isInverse ? 1 : 0)], [Tensor(shape: [1, length, 2], numbers)])[0]!
    let results = try y.elements(as: Double.self)
    let signal = (0..<length).map { (numbers[2 * $0], numbers[2 * $0 + 1]) }
    for k in stride(from: 0, to: length, by: max(1, length / 37)) {
      let exact = defined(signal, at: k, inverse: isInverse)
      let error = max(abs(results[2 * k] - exact.0), abs(results[2 * k + 1] - exact.1))
      #expect(error <= 2e-14 * (isInverse ? 1 : Double(length).squareRoot()), "place \(k)")
    }
  }

  @Test func rootsAreExactAtQuarters() {
    for n in [1, 2, 4, 8, 12, 1 << 30] {
      #expect(ComplexNumber.root(0, of: n).real == 1 && ComplexNumber.root(0, of: n).imaginary == 0)
      if n % 4 == 0 {
        #expect(ComplexNumber.root(n / 4, of: n).real == 0 && ComplexNumber.root(n / 4, of: n).imaginary == -1)
        #expect(ComplexNumber.root(n / 2, of: n).real == -1 && ComplexNumber.root(n / 2, of: n).imaginary == 0)
        #expect(
          ComplexNumber.root(3 * (n / 4), of: n).real == 0 && ComplexNumber.root(3 * (n / 4), of: n).imaginary == 1)
      }
    }
  }

  /// The inverse transform of a one-sided spectrum is the signal.
  @Test(arguments: [1, 2, 3, 8, 15, 134, 400]) func goesBack(length: Int) throws {
    var random = SplitMix64(seed: 3)
    let x = try random.tensor([2, length, 3, 1], in: -1...1)
    let count = try Tensor(scalar: Int64(length)), axis = try Tensor(scalar: Int64(-3))
    let spectrum = try evaluate("DFT", opset: 20, attributes: ["onesided": .int(1)], [x, count, axis])[0]
    #expect(spectrum?.shape == [2, length / 2 + 1, 3, 2])
    let back = try evaluate(
      "DFT", opset: 20, attributes: ["onesided": .int(1), "inverse": .int(1)], [spectrum, count, axis])[0]!
    #expect(back.shape == x.shape)
    for (a, b) in zip(try back.elements(as: Float.self), try x.elements(as: Float.self)) { #expect(abs(a - b) < 3e-7) }
  }

  /// Transforms that are longer or shorter than the axis: zeros are appended, or numbers are dropped.
  @Test func takesOtherLengths() throws {
    let x = try Tensor(shape: [1, 3, 1], [1, 2, 3] as [Float])
    let padded = try evaluate("DFT", opset: 17, [x, Tensor(scalar: Int32(4))])[0]
    #expect(try padded?.elements() == [6, 0, -2, -2, 2, 0, -2, 2] as [Float])
    let cut = try evaluate("DFT", opset: 17, [x, Tensor(scalar: Int64(2))])[0]
    #expect(try cut?.elements() == [3, 0, -1, 0] as [Float])
    // A truncated spectrum, and one that is too long. The imaginary parts of elements that are their own mirror images are ignored.
    let half = try Tensor(shape: [1, 2, 2], [2, 9, 1, 0] as [Float])
    let attributes: AttributeList = ["onesided": .int(1), "inverse": .int(1)]
    #expect(
      try evaluate("DFT", opset: 17, attributes: attributes, [half, Tensor(scalar: Int64(4))])[0]?.elements()
        == [1, 0.5, 0, 0.5] as [Float])
    #expect(
      try evaluate("DFT", opset: 17, attributes: attributes, [half, Tensor(scalar: Int64(1))])[0]?.elements()
        == [2] as [Float])
  }

  @Test func refusesTransforms() throws {
    func code(_ shape: [Int], _ attributes: AttributeList, length: Int64? = nil, axis: Int64? = nil, opset: Int = 20)
      throws
      -> InfoldError.Code?
    {
      try errorCode {
        _ = try evaluate(
          "DFT", opset: opset, attributes: attributes,
          [
            Tensor(zeros: shape, of: .float32), length.map { try! Tensor(scalar: $0) },
            axis.map { try! Tensor(scalar: $0) },
          ])
      }
    }
    for (shape, attributes, length, axis) in [
      ([1, 4, 3], [:], nil, nil), ([4], [:], nil, nil), ([1, 4, 2], ["onesided": .int(1)], nil, nil),
      ([1, 4, 1], ["onesided": .int(1), "inverse": .int(1)], nil, nil),
      ([1, 1, 2], ["onesided": .int(1), "inverse": .int(1)], nil, nil), ([1, 4, 1], [:], 0, nil),
      ([1, 4, 1], [:], -3, nil), ([1, 4, 1], [:], nil, -1), ([1, 4, 1], [:], nil, 2), ([1, 4, 1], [:], nil, 5),
      ([1, 4, 1], ["inverse": .int(2)], nil, nil), ([1, 0, 1], [:], nil, nil),
      ([1, 4, 1], ["axis": .int(1)], nil, nil),
    ] as [([Int], AttributeList, Int64?, Int64?)] {
      #expect(try code(shape, attributes, length: length, axis: axis) == .invalidModel, "\(shape) \(attributes)")
    }
    #expect(try code([1, 4, 1], [:], length: 1 << 40) == .limitExceeded)
    #expect(try code([1, 4, 1], [:], length: .max) == .limitExceeded)
    #expect(try evaluate("DFT", opset: 20, [Tensor(zeros: [0, 4, 1], of: .float32)])[0]?.shape == [0, 4, 2])
  }

  @Test func infersTransforms() throws {
    let x = TensorType(.float16, ["N", "L", 1])
    #expect(try infer("DFT", opset: 20, [x]) == [TensorType(.float16, ["N", "L", 2])])
    #expect(
      try infer("DFT", opset: 20, attributes: ["onesided": .int(1)], [x]) == [TensorType(.float16, ["N", .unknown, 2])])
    let scalar = TensorType(.int64, [])
    #expect(try infer("DFT", opset: 20, [x, nil, scalar]) == [TensorType(.float16, [.unknown, .unknown, 2])])
    #expect(
      try infer("DFT", opset: 20, [x, scalar], constants: [1: Tensor(scalar: Int64(9))])
        == [TensorType(.float16, ["N", 9, 2])])
    #expect(
      try infer(
        "STFT", opset: 17, [x, scalar, TensorType(.float16, [400])], constants: [1: Tensor(scalar: Int64(160))])
        == [TensorType(.float16, ["N", .unknown, 201, 2])])
  }

  /// Every frame is the transform of a section of the signal.
  @Test(arguments: [1, 2], [false, true]) func framesAreTransforms(parts: Int, isOneSided: Bool) throws {
    var random = SplitMix64(seed: 9)
    let signal = try random.tensor([2, 50, parts], in: -1...1), window = try random.tensor([15], in: 0...1)
    let y = try evaluate(
      "STFT", opset: 17, attributes: ["onesided": .int(isOneSided ? 1 : 0)], [signal, Tensor(scalar: Int32(7)), window])[
        0]!
    #expect(y.shape == [2, 6, isOneSided ? 8 : 15, 2])
    let weights = try window.elements(as: Float.self)
    for image in 0..<2 {
      for frame in 0..<6 {
        var numbers = try signal.slice(image..<image + 1, axis: 0).slice(frame * 7..<frame * 7 + 15, axis: 1).numbers()
        for index in numbers.indices { numbers[index] *= Double(weights[index / parts]) }
        let spectrum = try evaluate("DFT", opset: 20, [Tensor(shape: [1, 15, parts], numbers)])[0]!
          .slice(0..<y.shape[2], axis: 1).elements(as: Double.self)
        let given = try y.slice(image..<image + 1, axis: 0).slice(frame..<frame + 1, axis: 1).numbers()
        for (a, b) in zip(given, spectrum) { #expect(abs(a - b) < 1e-6) }
      }
    }
    // A signal with two dimensions is real.
    if parts == 1 {
      let flat = try evaluate(
        "STFT", opset: 17, attributes: ["onesided": .int(isOneSided ? 1 : 0)],
        [signal.reshaped(to: [2, 50]), Tensor(scalar: Int32(7)), window])[0]
      #expect(flat == y)
    }
  }

  @Test func refusesFrames() throws {
    func code(_ shape: [Int], step: Int64, window: Int?, length: Int64?) throws -> InfoldError.Code? {
      try errorCode {
        _ = try evaluate(
          "STFT", opset: 17,
          [
            Tensor(zeros: shape, of: .float32), Tensor(scalar: step),
            window.map { try! Tensor(zeros: [$0], of: .float32) },
            length.map { try! Tensor(scalar: $0) },
          ])
      }
    }
    for (shape, step, window, length) in [
      ([1, 8, 1], 0, 4, nil), ([1, 8, 1], -1, 4, nil), ([1, 8, 1], 1, 4, 5), ([1, 8, 1], 1, nil, 9),
      ([1, 8, 1], 1, nil, 0),
      ([1, 8, 3], 1, 4, nil), ([8], 1, 4, nil), ([1, 8, 1], 1, 0, nil), ([1, 8, 1, 1], 1, 2, nil),
    ] as [([Int], Int64, Int?, Int64?)] {
      #expect(try code(shape, step: step, window: window, length: length) == .invalidModel, "\(shape) \(step)")
    }
    #expect(try code([1, 8, 1], step: 1, window: nil, length: 1 << 50) == .limitExceeded)
    // Without a window and a length, the whole signal is one frame.
    #expect(
      try evaluate("STFT", opset: 17, [Tensor(shape: [1, 2, 1], [1, 2] as [Float]), Tensor(scalar: Int64.max)])[0]?
        .elements() == [3, 0, -1, 0] as [Float])
  }
}
