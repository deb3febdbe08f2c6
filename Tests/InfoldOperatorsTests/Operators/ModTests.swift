import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ModTests {
  private let dividends = [-7, 7, -7, 7, 6] as [Int64]
  private let divisors = [3, 3, -3, -3, -3] as [Int64]

  @Test(arguments: [10, 13, 28]) func roundsTheQuotientDownOrTowardZero(opset: Int) throws {
    let a = try Tensor(shape: [5], dividends), b = try Tensor(shape: [5], divisors)
    #expect(try evaluate("Mod", opset: opset, [a, b])[0] == .list(2, 1, -1, -2, 0))
    #expect(try evaluate("Mod", opset: opset, attributes: ["fmod": .int(1)], [a, b])[0] == .list(-1, 1, -1, 1, 0))
  }

  @Test(arguments: [10, 13, 28]) func truncatesFloats(opset: Int) throws {
    let a = try Tensor(shape: [5], [-4.5, 4.5, 4.5, .infinity, 1] as [Float])
    let b = try Tensor(shape: [5], [3, -3, .infinity, 3, 0] as [Float])
    let y = try evaluate("Mod", opset: opset, attributes: ["fmod": .int(1)], [a, b])[0]
    let values = try #require(try y?.elements(as: Float.self))
    #expect(values[..<3] == [-1.5, 1.5, 4.5])
    #expect(values[3].isNaN && values[4].isNaN)
  }

  @Test func takesTheSignOfTheDivisorForFloatsSinceOpset28() throws {
    let a = try Tensor(shape: [6], [-4.5, 4.5, -4.5, 4.5, 0, 1] as [Double])
    let b = try Tensor(shape: [6], [3, -3, .infinity, .infinity, -2, 0] as [Double])
    let values = try #require(try evaluate("Mod", opset: 28, [a, b])[0]?.elements(as: Double.self))
    #expect(values[..<5] == [1.5, -1.5, .infinity, 4.5, 0])
    #expect(values[4].sign == .minus)
    #expect(values[5].isNaN)
    #expect(try errorCode { _ = try evaluate("Mod", opset: 13, [a, b]) } == .invalidModel)
  }

  @Test func survivesTheWorstIntegers() throws {
    let least = try Tensor(scalar: Int8.min)
    #expect(try evaluate("Mod", opset: 13, [least, Tensor(scalar: Int8(-1))])[0] == Tensor(scalar: Int8(0)))
    #expect(
      try errorCode { _ = try evaluate("Mod", opset: 13, [least, Tensor(scalar: Int8(0))]) } == .invalidArgument)
    #expect(
      try errorCode { _ = try evaluate("Mod", opset: 13, attributes: ["fmod": .int(2)], [least, least]) }
        == .invalidModel)
  }
}
