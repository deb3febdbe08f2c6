import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct AffineGridTests {
  private func grid(_ theta: Tensor, _ size: [Int64], alignsCorners: Bool = false) throws -> Tensor {
    try evaluate(
      "AffineGrid", opset: 20, attributes: ["align_corners": .int(alignsCorners ? 1 : 0)],
      [theta, Tensor(shape: [size.count], size)])[0]!
  }

  @Test(arguments: [false, true], [[1, 1], [1, 2], [3, 4], [2, 1, 3], [1, 5, 2]])
  func movesTheCentersOfPixels(alignsCorners: Bool, sizes: [Int]) throws {
    let rank = sizes.count, batch = 2
    var random = SplitMix64(seed: 3)
    let theta = try random.tensor([batch, rank, rank + 1], in: -2...2)
    let numbers = try theta.numbers()
    let result = try grid(theta, [Int64(batch), 5] + sizes.map { Int64($0) }, alignsCorners: alignsCorners)
    #expect(result.shape == [batch] + sizes + [rank])
    let found = try result.numbers()
    var place = 0
    for image in 0..<batch {
      for pixel in 0..<sizes.reduce(1, *) {
        var rest = pixel
        var center: [Double] = []
        for size in sizes.reversed() {
          let index = Double(rest % size)
          center.append(
            !alignsCorners ? (2 * index + 1) / Double(size) - 1 : size == 1 ? 0 : 2 * index / Double(size - 1) - 1)
          rest /= size
        }
        for row in 0..<rank {
          let first = (image * rank + row) * (rank + 1)
          let expected = center.indices.reduce(numbers[first + rank]) { $0 + numbers[first + $1] * center[$1] }
          #expect(abs(found[place] - expected) < 2e-6)
          place += 1
        }
      }
    }
  }

  @Test func takesNothing() throws {
    #expect(try grid(Tensor(zeros: [1, 2, 3], of: .float32), [1, 1, 0, 4]).shape == [1, 0, 4, 2])
    #expect(try grid(Tensor(zeros: [0, 2, 3], of: .float64), [0, 1, 2, 4]).shape == [0, 2, 4, 2])
  }

  @Test func refuses() throws {
    let theta = try Tensor(zeros: [1, 2, 3], of: .float32)
    for size in [[1, 1, 2], [1, 1, 2, 2, 2], [2, 1, 2, 2], [1, 1, -1, 2], [1, 1, 1, 1, 1, 1]] as [[Int64]] {
      #expect(try errorCode { _ = try grid(theta, size) } == .invalidModel, "\(size)")
    }
    // The tensor would exceed any memory, but its shape can be inferred.
    let types = try infer(
      "AffineGrid", opset: 20, [TensorType(.float32, [1, 2, 3]), TensorType(.int64, [4])],
      constants: [1: .list(1, 1, 1 << 40, 1 << 40)])
    #expect(types == [TensorType(.float32, [1, .fixed(1 << 40), .fixed(1 << 40), 2])])
  }
}
