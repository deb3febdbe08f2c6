import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ReverseSequenceTests {
  private func attributes(batchAxis: Int) -> AttributeList {
    ["batch_axis": .int(Int64(batchAxis)), "time_axis": .int(Int64(1 - batchAxis))]
  }

  private func turned(_ x: Tensor, _ lengths: [Int64], batchAxis: Int = 1) throws -> Tensor {
    try evaluate(
      "ReverseSequence", opset: 10, attributes: attributes(batchAxis: batchAxis),
      [x, Tensor(shape: [lengths.count], lengths)])[0]!
  }

  @Test(arguments: [0, 1]) func turnsTheFirstElementsAround(batchAxis: Int) throws {
    var random = SplitMix64(seed: UInt64(batchAxis))
    for shape in [[1, 1], [1, 2], [2, 1, 2], [5, 3], [3, 5, 2, 2], [4, 4, 7]] {
      for whole in [false, true] {
        let (batch, steps) = (shape[batchAxis], shape[1 - batchAxis])
        let lengths = (0..<batch).map { _ in whole ? Int64(steps) : Int64.random(in: 0...Int64(steps), using: &random) }
        let x = try random.tensor(shape, in: -9...9)
        let numbers = try x.elements(as: Float.self)
        var expected = numbers
        let size = shape.dropFirst(2).reduce(1, *)
        for sequence in 0..<batch {
          for step in 0..<Int(lengths[sequence]) {
            let source = Int(lengths[sequence]) - 1 - step
            func place(_ step: Int) -> Int {
              (batchAxis == 0 ? sequence * steps + step : step * batch + sequence) * size
            }
            for index in 0..<size { expected[place(step) + index] = numbers[place(source) + index] }
          }
        }
        #expect(try turned(x, lengths, batchAxis: batchAxis) == Tensor(shape: shape, expected), "\(shape), \(lengths)")
      }
    }
  }

  @Test func takesIntegersAndNothing() throws {
    #expect(
      try turned(Tensor(shape: [3, 1], [1, 2, 3] as [Int8]), [2]) == Tensor(shape: [3, 1], [2, 1, 3] as [Int8]))
    #expect(try turned(Tensor(zeros: [0, 2, 3], of: .float32), [0, 0]).shape == [0, 2, 3])
    #expect(try turned(Tensor(zeros: [3, 0], of: .bool), []).shape == [3, 0])
  }

  @Test func refuses() throws {
    let x = try Tensor(zeros: [3, 2], of: .float32)
    for lengths in [[-1, 2], [2, 4], [1], [1, 2, 3]] as [[Int64]] {
      #expect(try errorCode { _ = try turned(x, lengths) } == .invalidModel, "\(lengths)")
    }
    for (batch, time) in [(0, 0), (1, 1), (2, 0), (-1, 0)] {
      let attributes: AttributeList = ["batch_axis": .int(Int64(batch)), "time_axis": .int(Int64(time))]
      #expect(
        try errorCode {
          _ = try evaluate("ReverseSequence", opset: 10, attributes: attributes, [x, Tensor.list(1, 1)])
        }
          == .invalidModel, "\(batch) \(time)")
    }
  }

  @Test func keepsTheShape() throws {
    let x = TensorType(.float32, ["T", "N", 8])
    #expect(try infer("ReverseSequence", opset: 10, [x, TensorType(.int64, ["N"])]) == [x])
    #expect(try errorCode { _ = try infer("ReverseSequence", opset: 10, [x, TensorType(.int32, ["N"])]) } != nil)
    #expect(
      try errorCode {
        _ = try infer("ReverseSequence", opset: 10, [TensorType(.float32, [4, 3]), TensorType(.int64, [4])])
      } == .invalidModel)
  }
}
