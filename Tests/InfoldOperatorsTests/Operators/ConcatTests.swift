import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ConcatTests {
  @Test(arguments: [(4, 1), (11, -2), (13, 1)]) func joinsAlongTheAxis(opset: Int, axis: Int64) throws {
    let y = try evaluate(
      "Concat", opset: opset, attributes: ["axis": .int(axis)],
      [
        Tensor(shape: [2, 1, 2], [1, 2, 3, 4] as [Float]),
        Tensor(shape: [2, 2, 2], [5, 6, 7, 8, 9, 10, 11, 12] as [Float]),
      ])
    #expect(y[0] == (try Tensor(shape: [2, 3, 2], [1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12] as [Float])))
  }

  @Test func joinsAlongAxisOneByDefaultInOpsetOne() throws {
    let a = try Tensor(shape: [2, 1], [1, 2] as [Float])
    #expect(try evaluate("Concat", opset: 1, [a, a])[0] == Tensor(shape: [2, 2], [1, 1, 2, 2] as [Float]))
  }

  @Test func joinsEveryTypeAndEmptyParts() throws {
    func joined<Element: TensorElement>(_ a: [Element], _ b: [Element]) throws {
      let y = try evaluate(
        "Concat", opset: 13, attributes: ["axis": .int(0)],
        [Tensor(shape: [a.count], a), Tensor(shape: [0], [Element]()), Tensor(shape: [b.count], b)])
      #expect(y[0] == (try Tensor(shape: [a.count + b.count], a + b)))
    }
    try joined([true, false], [true])
    try joined([1 as UInt8], [2, 3])
    try joined([1 as Int16], [2, 3])
    try joined([1.5 as Float16], [2, 3])
    try joined([1.5], [2.5])
    try joined([1 as Int64], [2, 3])
  }

  @Test func keepsSymbols() throws {
    let y = try infer(
      "Concat", opset: 13, attributes: ["axis": .int(1)],
      [TensorType(.float32, ["N", 3, "H"]), TensorType(.float32, ["N", 5, 7]), TensorType(.float32, nil)])
    #expect(y == [TensorType(.float32, ["N", .unknown, 7])])
    let sum = try infer(
      "Concat", opset: 13, attributes: ["axis": .int(1)],
      [TensorType(.float32, ["N", 3]), TensorType(.float32, ["N", 5])])
    #expect(sum == [TensorType(.float32, ["N", 8])])
  }

  @Test(
    arguments: [
      (13, nil, [2, 2], [2, 2]), (13, 2, [2, 2], [2, 2]), (13, 0, [2, 2], [2, 3]),
      (13, 0, [2, 2], [2]), (13, .min, [2, 2], [2, 2]), (1, nil, [2], [2]),
    ] as [(Int, Int64?, [Int], [Int])]) func refuses(opset: Int, axis: Int64?, a: [Int], b: [Int]) throws
  {
    let attributes: AttributeList = axis.map { ["axis": .int($0)] } ?? [:]
    let code = try errorCode {
      _ = try evaluate("Concat", opset: opset, attributes: attributes, [.counting(a), .counting(b)])
    }
    #expect(code == .invalidModel)
  }

  @Test func refusesDifferentTypesAndSumsThatOverflow() throws {
    #expect(throws: InfoldError.self) {
      try evaluate("Concat", opset: 13, attributes: ["axis": .int(0)], [.counting([1]), .list(1)])
    }
    let half = TensorType(.float32, [.fixed(Int.max / 2 + 1)])
    let code = try errorCode { _ = try infer("Concat", opset: 13, attributes: ["axis": .int(0)], [half, half]) }
    #expect(code == .limitExceeded)
  }
}
