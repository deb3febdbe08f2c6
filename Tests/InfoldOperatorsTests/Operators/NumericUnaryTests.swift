import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Abs, Neg, Sign and Not.
@Suite struct NumericUnaryTests {
  @Test(
    arguments: [
      ("Abs", [1, 6, 13], [2.5, 0, 3]), ("Neg", [1, 6, 13], [2.5, 0, -3]), ("Sign", [9, 13], [-1, 0, 1]),
    ] as [(String, [Int], [Float])])
  func computesFloats(name: String, opsets: [Int], result: [Float]) throws {
    for opset in opsets {
      let y = try evaluate(name, opset: opset, [Tensor(shape: [3], [-2.5, 0, 3] as [Float])])
      #expect(try y[0]?.elements(as: Float.self) == result)
    }
    let y = try evaluate(name, opset: 13, [Tensor(shape: [2], [.nan, -.infinity] as [Double])])
    #expect(try y[0]?.elements(as: Double.self)[0].isNaN == true)
    #expect(try evaluate(name, opset: 13, [Tensor(zeros: [0, 2], of: .bfloat16)])[0]?.shape == [0, 2])
  }

  @Test(
    arguments: [
      ("Abs", [.min, 0, 5]), ("Neg", [.min, 0, -5]), ("Sign", [-1, 0, 1]),
    ] as [(String, [Int32])])
  func computesIntegersWithoutOverflow(name: String, result: [Int32]) throws {
    let y = try evaluate(name, opset: 13, [Tensor(shape: [3], [.min, 0, 5] as [Int32])])
    #expect(try y[0] == Tensor(shape: [3], result))
  }

  @Test func knowsNumbersWithoutASign() throws {
    let x = try Tensor(shape: [2], [0, 200] as [UInt8])
    #expect(try evaluate("Abs", opset: 13, [x])[0] == x)
    #expect(try evaluate("Sign", opset: 13, [x])[0] == Tensor(shape: [2], [0, 1] as [UInt8]))
    #expect(try errorCode { _ = try evaluate("Neg", opset: 13, [x]) } == .unsupported)
  }

  @Test func negatesTruthValues() throws {
    let y = try evaluate("Not", opset: 1, [Tensor(shape: [2], [true, false])])
    #expect(try y[0] == Tensor(shape: [2], [false, true]))
    #expect(try errorCode { _ = try evaluate("Not", opset: 1, [Tensor(scalar: Int32(1))]) } == .unsupported)
  }
}
