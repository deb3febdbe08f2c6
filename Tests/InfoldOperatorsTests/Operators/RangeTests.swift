import InfoldTensor
import TestSupport
import Testing

@Suite struct RangeTests {
  private func range<Element: TensorElement>(
    _ start: Element, _ limit: Element, _ delta: Element, opset: Int = 11, stash: Int64? = nil
  ) throws -> [Element]? {
    try evaluate(
      "Range", opset: opset, attributes: stash.map { ["stash_type": .int($0)] } ?? [:],
      [Tensor(scalar: start), Tensor(scalar: limit), Tensor(scalar: delta)])[0]?.elements()
  }

  @Test(arguments: [11, 27]) func counts(opset: Int) throws {
    #expect(try range(3 as Int32, 9, 3, opset: opset) == [3, 6])
    #expect(try range(10 as Int64, 4, -2, opset: opset) == [10, 8, 6])
    #expect(try range(1 as Float, 2, 0.25, opset: opset) == [1, 1.25, 1.5, 1.75])
    #expect(try range(0.0, 1, 0.4, opset: opset) == [0, 0.4, 0.8])
    #expect(try range(5 as Int64, 5, 1, opset: opset) == [])
    #expect(try range(5 as Int64, 3, 1, opset: opset) == [])
    #expect(try range(0 as Float, -1e30, 1e-30, opset: opset) == [])
  }

  @Test func countsOverTheWholeOfAType() throws {
    #expect(try range(Int16.min, .max, 30000) == [.min, -2768, 27232])
    #expect(try range(Int64.max, .min, .min) == [.max, -1])
    #expect(try range(Int64.min, .max, .max) == [.min, -1, .max - 1])
  }

  @Test func countsInHalfPrecisionSinceOpset27() throws {
    #expect(try range(2046 as Float16, 2052, 1, opset: 27) == [2046, 2047, 2048, 2048, 2050, 2052])
    #expect(try range(1 as Float16, 2, 0.5, opset: 27, stash: 11) == [1, 1.5])
    let three = try (0..<3).map { try Tensor(shape: [], [BFloat16(Float($0 + 1))]) }
    let y = try evaluate("Range", opset: 27, [three[0], three[2], three[0]])[0]
    #expect(try y?.elements(as: BFloat16.self) == [BFloat16(1), BFloat16(2)])
  }

  @Test func knowsTheLengthOfConstants() throws {
    let scalar = TensorType(.int64, [])
    #expect(try infer("Range", opset: 11, [scalar, scalar, scalar]) == [TensorType(.int64, [.unknown])])
    let constants = try [0: Tensor(scalar: Int64(0)), 1: Tensor(scalar: Int64(7)), 2: Tensor(scalar: Int64(2))]
    #expect(try infer("Range", opset: 11, [scalar, scalar, scalar], constants: constants)[0].shape == [4])
  }

  @Test func refuses() throws {
    #expect(try errorCode { _ = try range(0 as Int64, 4, 0) } == .invalidModel)
    #expect(try errorCode { _ = try range(0 as Float, 4, 0) } == .invalidModel)
    #expect(try errorCode { _ = try range(0 as Float, .nan, 1) } == .invalidModel)
    #expect(try errorCode { _ = try range(0 as Float, .infinity, 1) } == .invalidModel)
    #expect(try errorCode { _ = try range(0 as Double, 1e300, 1e-300) } == .limitExceeded)
    #expect(try errorCode { _ = try range(Int64.min, .max, 1) } == .limitExceeded)
    #expect(try errorCode { _ = try range(0 as Float16, 1, 1) } == .unsupported)
    #expect(try errorCode { _ = try range(0 as UInt8, 1, 1) } == .unsupported)
    #expect(try errorCode { _ = try range(0 as Int32, 1, 1, opset: 27, stash: 10) } == .invalidModel)
    let two = try Tensor.list(1, 2), one = try Tensor(scalar: Int64(1))
    #expect(try errorCode { _ = try evaluate("Range", opset: 11, [one, two, one]) } == .invalidModel)
  }
}
