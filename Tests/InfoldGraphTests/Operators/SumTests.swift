import InfoldGraph
import TestSupport
import Testing

@Suite struct SumTests {
  @Test(arguments: [1, 6, 8, 13]) func addsAllInputs(opset: Int) throws {
    let x = try Tensor(shape: [2], [1, 2] as [Float])
    #expect(try evaluate("Sum", opset: opset, [x])[0] == x)
    #expect(try evaluate("Sum", opset: opset, [x, x, x])[0] == Tensor(shape: [2], [3, 6] as [Float]))
  }

  @Test func broadcastsSinceOpset8() throws {
    let inputs = [
      try Tensor(shape: [2, 1], [10, 20] as [Double]), try Tensor(shape: [3], [1, 2, 3] as [Double]),
      try Tensor(scalar: 100 as Double),
    ]
    let y = try evaluate("Sum", opset: 8, inputs)
    #expect(try y[0] == Tensor(shape: [2, 3], [111, 112, 113, 121, 122, 123] as [Double]))
    #expect(throws: InfoldError.self) { try evaluate("Sum", opset: 6, inputs) }
  }

  @Test func refusesAHoleAmongTheInputs() throws {
    let x = try Tensor(scalar: Float(1))
    #expect(throws: InfoldError.self) { try evaluate("Sum", opset: 13, [x, nil, x]) }
    #expect(throws: InfoldError.self) { try evaluate("Sum", opset: 13, []) }
  }
}
