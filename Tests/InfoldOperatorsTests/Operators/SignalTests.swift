import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct SignalTests {
  @Test(arguments: ["HannWindow", "HammingWindow", "BlackmanWindow"]) func windows(name: String) throws {
    func window(_ size: Int64, periodic: Int64, type: ElementType = .float64) throws -> Tensor {
      try evaluate(
        name, opset: 17, attributes: ["periodic": .int(periodic), "output_datatype": .int(Int64(type.rawValue))],
        [Tensor(scalar: size)])[0]!
    }
    for size in [1, 2, 3, 8, 400] as [Int64] {
      // A symmetric window equals a periodic one followed by its first number.
      let periodic: [Double] = try window(size, periodic: 1).elements()
      let symmetric: [Double] = try window(size + 1, periodic: 0).elements()
      #expect(symmetric == periodic + [periodic[0]])
      #expect(zip(symmetric, symmetric.reversed()).allSatisfy { abs($0 - $1) < 1e-15 })
      #expect(try window(size, periodic: 1, type: .float32).elements() == periodic.map { Float($0) })
    }
    #expect(try window(0, periodic: 1).count == 0)
    #expect(try window(0, periodic: 0).count == 0)
    #expect(try window(1, periodic: 0).elements(as: Double.self)[0].isNaN)
    #expect(try errorCode { _ = try window(-1, periodic: 1) } == .invalidModel)
    #expect(try errorCode { _ = try window(.max, periodic: 1) } == .limitExceeded)
    #expect(try errorCode { _ = try window(1, periodic: 1, type: .bool) } == .unsupported)
    #expect(try errorCode { _ = try evaluate(name, opset: 17, [Tensor.list(1, 2)]) } == .invalidModel)
    #expect(try infer(name, opset: 17, [TensorType(.int32, [])]) == [TensorType(.float32, [.unknown])])
    #expect(try evaluate(name, opset: 17, [Tensor(scalar: Int32(4))], precision: .double)[0]?.elementType == .float64)
  }

  private func mel(
    _ bins: Int64, _ length: Int64, _ rate: Int64, _ lower: Float, _ upper: Float
  ) throws -> Tensor {
    try evaluate(
      "MelWeightMatrix", opset: 17,
      [
        Tensor(scalar: bins), Tensor(scalar: length), Tensor(scalar: rate), Tensor(scalar: lower),
        Tensor(scalar: upper),
      ]
    )[0]!
  }

  @Test func melWeights() throws {
    #expect(
      try mel(3, 16, 8000, 300, 3900)
        == Tensor(
          shape: [9, 3],
          [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as [Float]))
    #expect(
      try mel(2, 16, 8000, 0, 4000).elements()
        == [1, 0, 0.5, 0.5, 0, 1, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as [Float])
    #expect(try mel(0, 16, 8000, 0, 4000).shape == [9, 0])
    #expect(try mel(1, 0, 8000, 0, 0) == Tensor(shape: [1, 1], [1] as [Float]))
  }

  @Test func refusesMelWeights() throws {
    for (bins, length, rate, lower, upper) in [
      (-1, 16, 8000, 0, 4000), (2, -16, 8000, 0, 4000), (2, 16, 0, 0, 4000), (2, 16, 8000, -1, 4000),
      (2, 16, 8000, 0, 40000), (2, 16, 8000, .nan, 4000), (2, 16, 8000, 0, .infinity), (2, 16, 8000, 5000, 4000),
    ] as [(Int64, Int64, Int64, Float, Float)] {
      #expect(try errorCode { _ = try mel(bins, length, rate, lower, upper) } == .invalidModel, "\(bins), \(lower)")
    }
    #expect(try errorCode { _ = try mel(1 << 40, 1 << 40, 8000, 0, 4000) } == .limitExceeded)
    #expect(try errorCode { _ = try mel(1, .max, 8000, 0, 4000) } == .limitExceeded)
  }
}
