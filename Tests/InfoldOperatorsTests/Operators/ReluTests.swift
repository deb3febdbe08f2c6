import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ReluTests {
  @Test(arguments: [1, 6, 13, 14]) func zeroesWhatIsNegative(opset: Int) throws {
    let y = try evaluate("Relu", opset: opset, [Tensor(shape: [2, 2], [-1, 0, 2.5, -0.5] as [Float])])
    #expect(try y[0]?.elements(as: Float.self) == [0, 0, 2.5, 0])
  }

  @Test func keepsNaN() throws {
    let y = try evaluate("Relu", opset: 14, [Tensor(shape: [1], [Double.nan])])
    #expect(try y[0]?.elements(as: Double.self)[0].isNaN == true)
  }

  @Test func acceptsHalfPrecisionAndIntegers() throws {
    let half = try evaluate("Relu", opset: 14, [Tensor(shape: [2], [-1, 3] as [Float16])])
    #expect(try half[0]?.elements(as: Float16.self) == [0, 3])
    let integers = try evaluate("Relu", opset: 14, [Tensor(shape: [2], [-1, 3] as [Int32])])
    #expect(try integers[0]?.elements(as: Int32.self) == [0, 3])
  }

  @Test func refusesAnAttributeItDoesNotHave() throws {
    #expect(throws: InfoldError.self) {
      try evaluate("Relu", opset: 14, attributes: ["alpha": .float(1)], [Tensor(shape: [1], [1] as [Float])])
    }
  }
}
