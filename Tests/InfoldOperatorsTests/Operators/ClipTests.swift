import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ClipTests {
  private let x = [-3, -0.5, 0.5, 3, .nan] as [Float]

  @Test(arguments: [1, 6]) func takesAttributes(opset: Int) throws {
    let y = try evaluate(
      "Clip", opset: opset, attributes: ["min": .float(-1), "max": .float(2)], [Tensor(shape: [5], x)])
    let values = try #require(try y[0]?.elements(as: Float.self))
    #expect(values[..<4] == [-1, -0.5, 0.5, 2])
    #expect(values[4].isNaN)
  }

  @Test(arguments: [11, 12, 13]) func takesInputs(opset: Int) throws {
    let x = try Tensor(shape: [2, 2], Array(x[..<4]))
    func clip(_ bounds: Tensor?...) throws -> [Float]? {
      let y = try evaluate("Clip", opset: opset, [x] + bounds)[0]
      #expect(y?.shape == [2, 2])
      return try y?.elements()
    }
    let low = try Tensor(scalar: Float(-1)), high = try Tensor(shape: [1], [2] as [Float])
    #expect(try clip() == [-3, -0.5, 0.5, 3])
    #expect(try clip(low) == [-1, -0.5, 0.5, 3])
    #expect(try clip(nil, high) == [-3, -0.5, 0.5, 2])
    #expect(try clip(low, high) == [-1, -0.5, 0.5, 2])
    #expect(try clip(high, low) == [-1, -1, -1, -1])
  }

  @Test func limitsInfinityByDefaultInOpset6() throws {
    let infinite = try Tensor(shape: [2], [-.infinity, .infinity] as [Float])
    #expect(try evaluate("Clip", opset: 1, [infinite])[0] == infinite)
    #expect(
      try evaluate("Clip", opset: 6, [infinite])[0]
        == Tensor(shape: [2], [-.greatestFiniteMagnitude, .greatestFiniteMagnitude] as [Float]))
  }

  @Test func takesIntegersSinceOpset12() throws {
    let inputs = [
      try Tensor(shape: [3], [0, 7, 255] as [UInt8]), try Tensor(scalar: UInt8(1)), try Tensor(scalar: UInt8(9)),
    ]
    #expect(try evaluate("Clip", opset: 12, inputs)[0] == Tensor(shape: [3], [1, 7, 9] as [UInt8]))
    let error = #expect(throws: InfoldError.self) { try evaluate("Clip", opset: 11, inputs) }
    #expect(error?.code == .unsupported)
  }

  @Test func keepsAScalarAScalar() throws {
    let y = try evaluate("Clip", opset: 13, [Tensor(scalar: Float16(9)), Tensor(shape: [1], [10] as [Float16])])
    #expect(try y[0] == Tensor(scalar: Float16(10)))
  }

  @Test func refusesBoundsThatAreNoScalarsOrOfAnotherType() throws {
    let x = try Tensor(shape: [2], [1, 2] as [Float])
    #expect(throws: InfoldError.self) { try evaluate("Clip", opset: 13, [x, x]) }
    #expect(throws: InfoldError.self) { try evaluate("Clip", opset: 13, [x, nil, Tensor(scalar: Double(1))]) }
    #expect(throws: InfoldError.self) { try evaluate("Clip", opset: 13, attributes: ["min": .float(0)], [x]) }
  }
}
