import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct Col2ImTests {
  private func summed(
    _ x: Tensor, _ image: [Int64], _ block: [Int64], _ attributes: AttributeList = [:]
  ) throws -> Tensor {
    try evaluate(
      "Col2Im", opset: 18, attributes: attributes,
      [x, Tensor(shape: [image.count], image), Tensor(shape: [block.count], block)])[0]!
  }

  /// Compares with a transposed convolution that has one filter for each element of a block, which selects that element.
  @Test(arguments: [1, 2, 3]) func isATransposedConvolution(rank: Int) throws {
    var random = SplitMix64(seed: UInt64(rank))
    for _ in 0..<40 {
      let block = (0..<rank).map { _ in Int.random(in: 1...3, using: &random) }
      let strides = (0..<rank).map { _ in Int64.random(in: 1...3, using: &random) }
      let dilations = (0..<rank).map { _ in Int64.random(in: 1...2, using: &random) }
      let pads = (0..<2 * rank).map { Int64.random(in: 0...Int64(block[$0 % rank] - 1), using: &random) }
      let positions = (0..<rank).map { _ in Int.random(in: 1...4, using: &random) }
      let image = (0..<rank).map { axis -> Int in
        let reach = (block[axis] - 1) * Int(dilations[axis]) + 1
        let padding = Int(pads[axis] + pads[axis + rank])
        return (positions[axis] - 1) * Int(strides[axis]) + reach - padding
      }
      guard image.allSatisfy({ $0 > 0 }) else { continue }
      let count = block.reduce(1, *), place = positions.reduce(1, *)
      let x = try random.tensor([2, count, place], in: -1...1)
      let attributes: AttributeList = ["strides": .ints(strides), "dilations": .ints(dilations), "pads": .ints(pads)]
      let filters = (0..<count * count).map { Float($0 / count == $0 % count ? 1 : 0) }
      let expected = try evaluate(
        "ConvTranspose", opset: 11, attributes: attributes,
        [x.reshaped(to: [2, count] + positions), Tensor(shape: [count, 1] + block, filters)])[0]!
      let y = try summed(x, image.map { Int64($0) }, block.map { Int64($0) }, attributes)
      #expect(y.shape == expected.shape)
      let (numbers, others) = (try y.numbers(), try expected.numbers())
      for index in numbers.indices { #expect(abs(numbers[index] - others[index]) < 1e-5) }
    }
  }

  @Test func takesManyDimensionsAndIntegers() throws {
    let x = try Tensor(shape: [1, 16, 1], (0..<16).map { UInt8($0) })
    #expect(try summed(x, [2, 2, 2, 2], [2, 2, 2, 2]) == x.reshaped(to: [1, 1, 2, 2, 2, 2]))
    let wrapped = try Tensor(shape: [1, 2, 2], [1, 200, 100, 4] as [UInt8])
    #expect(try summed(wrapped, [3], [2]) == Tensor(shape: [1, 1, 3], [1, 44, 4] as [UInt8]))
    #expect(try summed(Tensor(zeros: [0, 4, 4], of: .float32), [3, 3], [2, 2]).shape == [0, 1, 3, 3])
  }

  @Test func refuses() throws {
    let x = try Tensor(zeros: [1, 4, 4], of: .float32)
    for (image, block) in [
      ([3, 3], [2]), ([3, 3], [3, 1]), ([4, 3], [2, 2]), ([1, 1], [2, 2]), ([-3, 3], [2, 2]), ([3, 3], [0, 2]),
      ([], []),
      ([3, 3], [-2, -2]), ([3, 3], [1 << 40, 1]),
    ] as [([Int64], [Int64])] {
      #expect(try errorCode { _ = try summed(x, image, block) } == .invalidModel, "\(image) \(block)")
    }
    #expect(try errorCode { _ = try summed(x, [3, 3], [2, 2], ["kernel_shape": .ints([2, 2])]) } == .invalidModel)
    #expect(try errorCode { _ = try summed(x, [3, 3], [2, 2], ["strides": .ints([2])]) } == .invalidModel)
    #expect(try errorCode { _ = try summed(x, [.max, .max], [1, 1]) } == .limitExceeded)
    #expect(try errorCode { _ = try summed(x.reshaped(to: [4, 4]), [3, 3], [2, 2]) } == .invalidModel)
  }

  @Test func infers() throws {
    let types = [TensorType(.float32, ["N", 12, "L"]), TensorType(.int64, [2]), TensorType(.int64, [2])]
    #expect(
      try infer("Col2Im", opset: 18, types, constants: [1: .list(5, 6), 2: .list(2, 2)])
        == [TensorType(.float32, ["N", 3, 5, 6])])
    #expect(try infer("Col2Im", opset: 18, types) == [TensorType(.float32, ["N", .unknown, .unknown, .unknown])])
  }
}
