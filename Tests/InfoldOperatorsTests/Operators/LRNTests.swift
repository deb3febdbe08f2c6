import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct LRNTests {
  private func normalize(opset: Int = 13, _ x: Tensor, _ attributes: AttributeList) throws -> [Double] {
    try #require(try evaluate("LRN", opset: opset, attributes: attributes, [x])[0]).elements()
  }

  /// Channels 1 2 3 4, whose squares are 1 4 9 16.
  @Test(
    arguments: [1, 13],
    [
      (1, [1, 4, 9, 16]), (2, [5, 13, 25, 16]), (3, [5, 14, 29, 25]), (4, [14, 30, 29, 25]), (9, [30, 30, 30, 30]),
    ] as [(Int64, [Double])])
  func sumsNeighboringChannels(opset: Int, form: (size: Int64, sums: [Double])) throws {
    let x = try Tensor(shape: [1, 4, 1], [1, 2, 3, 4] as [Double])
    let y = try normalize(
      opset: opset, x, ["size": .int(form.size), "alpha": .float(2), "beta": .float(0.5), "bias": .float(3)])
    for (index, sum) in form.sums.enumerated() {
      #expect(abs(y[index] - Double(index + 1) / (3 + 2 / Double(form.size) * sum).squareRoot()) < 1e-14)
    }
  }

  @Test func keepsPositionsAndInstancesApart() throws {
    let x = try Tensor(shape: [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8] as [Double])
    let y = try normalize(x, ["size": .int(2), "alpha": .float(2), "beta": .float(1), "bias": .float(0)])
    let sums: [Double] = [10, 20, 9, 16, 74, 100, 49, 64]
    for index in sums.indices { #expect(abs(y[index] - Double(index + 1) / sums[index]) < 1e-14) }
  }

  @Test func hasTheStandardsDefaults() throws {
    let y = try normalize(Tensor(shape: [1, 1], [100] as [Double]), ["size": .int(1)])
    // 100 ÷ (1 + 1e-4 · 10,000)^0.75 = 100 ÷ 2^0.75
    #expect(abs(y[0] - 59.46035575013605) < 1e-5)
  }

  @Test func acceptsWhatIsEmptyOrHuge() throws {
    #expect(try normalize(Tensor(zeros: [1, 0, 2], of: .float64), ["size": .int(3)]) == [])
    #expect(try normalize(Tensor(zeros: [1, 2, 0], of: .float64), ["size": .int(3)]) == [])
    #expect(
      try normalize(Tensor(zeros: [1, 2, 1], of: .float64), ["size": .int(.max), "alpha": .float(1)]) == [0, 0])
  }

  @Test func keepsSymbolsAndRefusesWhatIsWrong() throws {
    let type = TensorType(.float32, ["N", "C", "H", "W"])
    #expect(try infer("LRN", opset: 13, attributes: ["size": .int(5)], [type]) == [type])
    let x = try Tensor(zeros: [1, 2], of: .float64)
    #expect(try errorCode { _ = try normalize(x, [:]) } == .invalidModel)
    #expect(try errorCode { _ = try normalize(x, ["size": .int(0)]) } == .invalidModel)
    #expect(try errorCode { _ = try normalize(Tensor(zeros: [2], of: .float64), ["size": .int(1)]) } == .invalidModel)
    #expect(try errorCode { _ = try normalize(Tensor(zeros: [1, 2], of: .int32), ["size": .int(1)]) } == .unsupported)
  }
}
