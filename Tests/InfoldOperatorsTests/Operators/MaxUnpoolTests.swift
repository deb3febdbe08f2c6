import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct MaxUnpoolTests {
  private let attributes: AttributeList = ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]

  private func unpool(_ indices: [Int64], shape: [Int64]? = nil) throws -> Tensor? {
    try evaluate(
      "MaxUnpool", opset: 22, attributes: attributes,
      [
        Tensor(shape: [1, 1, 1, 2], [7, 8] as [Float]), Tensor(shape: [1, 1, 1, 2], indices),
        shape.map { try Tensor(shape: [$0.count], $0) },
      ])[0]
  }

  @Test func putsElementsBack() throws {
    #expect(try unpool([5, 2]) == Tensor(shape: [1, 1, 2, 4], [0, 0, 8, 0, 0, 7, 0, 0] as [Float]))
    #expect(
      try unpool([5, 2], shape: [1, 1, 2, 5])
        == Tensor(shape: [1, 1, 2, 5], [0, 0, 8, 0, 0, 0, 7, 0, 0, 0] as [Float]))
  }

  @Test func refusesPlacesAndShapesThatDoNotFit() throws {
    #expect(try errorCode { _ = try unpool([8, 0]) } == .invalidModel)
    #expect(try errorCode { _ = try unpool([-1, 0]) } == .invalidModel)
    for shape in [[1, 1, 2, 3], [1, 2, 2, 4], [2, 4], [1, 1, 2, -4]] as [[Int64]] {
      #expect(try errorCode { _ = try unpool([0, 1], shape: shape) } == .invalidModel)
    }
    let code = try errorCode {
      _ = try infer(
        "MaxUnpool", opset: 22, attributes: attributes,
        [TensorType(.float32, [1, 1, 1, 2]), TensorType(.int64, [1, 1, 2, 2])])
    }
    #expect(code == .invalidModel)
    let large = try errorCode {
      _ = try infer(
        "MaxUnpool", opset: 22, attributes: ["kernel_shape": .ints([2]), "strides": .ints([1 << 31 - 1])],
        [TensorType(.float32, [1, 1, .fixed(1 << 62)]), TensorType(.int64, [1, 1, .fixed(1 << 62)])])
    }
    #expect(large == .limitExceeded)
  }

  @Test func infersWhatIsKnown() throws {
    let types = [TensorType(.float32, ["N", 3, "H", 4]), TensorType(.int64, nil)]
    #expect(
      try infer("MaxUnpool", opset: 22, attributes: attributes, types)
        == [TensorType(.float32, ["N", 3, .unknown, 8])])
  }
}
