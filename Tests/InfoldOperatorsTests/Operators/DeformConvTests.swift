import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct DeformConvTests {
  private func convolve(_ offsets: [Float], mask: [Float]? = nil, bias: [Float]? = nil) throws -> [Float]? {
    try evaluate(
      "DeformConv", opset: 22,
      [
        Tensor.counting([1, 1, 2, 3]), Tensor(shape: [1, 1, 1, 2], [1, 10] as [Float]),
        Tensor(shape: [1, 4, 2, 2], offsets), bias.map { try Tensor(shape: [1], $0) },
        mask.map { try Tensor(shape: [1, 2, 2, 2], $0) },
      ])[0]?.elements()
  }

  private static let none = [Float](repeating: 0, count: 16)

  @Test func isAConvolutionWithoutOffsets() throws {
    #expect(try convolve(Self.none) == [10, 21, 43, 54])
    #expect(try convolve(Self.none, bias: [0.5]) == [10.5, 21.5, 43.5, 54.5])
  }

  @Test func movesElementsByTheirOffsets() throws {
    var offsets = Self.none
    // The first tap of the window at [0, 0] is shifted down by half a row, the second one right by half a column.
    offsets[0] = 0.5
    offsets[12] = 0.5
    #expect(try convolve(offsets) == [1.5 + 15, 21, 43, 54])
    offsets[0] = -1
    offsets[12] = .nan
    #expect(try convolve(offsets) == [0, 21, 43, 54])
    offsets[0] = .infinity
    offsets[12] = -1e30
    #expect(try convolve(offsets) == [0, 21, 43, 54])
  }

  @Test func multipliesByTheMask() throws {
    #expect(try convolve(Self.none, mask: [2, 1, 1, 1, 0.5, 1, 1, 0]) == [5, 21, 43, 4])
  }

  @Test func refusesWhatDoesNotFit() throws {
    func code(_ x: Shape, _ weight: Shape, _ offset: Shape, _ attributes: AttributeList = [:]) throws -> InfoldError
      .Code?
    {
      try errorCode {
        _ = try infer(
          "DeformConv", opset: 22, attributes: attributes, [x, weight, offset].map { TensorType(.float32, $0) })
      }
    }
    #expect(try code([1, 2, 3, 3], [4, 2, 2, 2], [1, 8, 2, 2]) == nil)
    #expect(try code([1, 2, 3, 3], [4, 2, 2, 2], [1, 6, 2, 2]) == .invalidModel)
    #expect(try code([1, 2, 3, 3], [4, 2, 2, 2], [1, 8, 2, 3]) == .invalidModel)
    #expect(try code([1, 2, 3, 3], [4, 3, 2, 2], [1, 8, 2, 2]) == .invalidModel)
    #expect(try code([1, 2, 3, 3], [3, 1, 2, 2], [1, 8, 2, 2], ["group": .int(2)]) == .invalidModel)
    #expect(try code([1, 3, 3, 3], [3, 3, 2, 2], [1, 16, 2, 2], ["offset_group": .int(2)]) == .invalidModel)
    #expect(try code([1, 2, 3, 3], [4, 2, 2, 2], [1, 8, 2, 2], ["group": .int(0)]) == .invalidModel)
    #expect(try code([1, 2, 3], [4, 2, 2], [1, 2, 2]) == .unsupported)
  }
}
