import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct RoiAlignTests {
  private func align(
    _ region: [Float], batch: Int64 = 0, opset: Int = 16, attributes: AttributeList = [:]
  ) throws -> [Float]? {
    try evaluate(
      "RoiAlign", opset: opset, attributes: attributes,
      [Tensor.counting([1, 1, 4, 4]), Tensor(shape: [1, 4], region), Tensor.list(batch)])[0]?.elements()
  }

  @Test func averagesBins() throws {
    // The whole picture: each of the four bins is the mean of its four elements.
    let attributes: AttributeList = ["output_height": .int(2), "output_width": .int(2)]
    #expect(try align([0, 0, 4, 4], attributes: attributes) == [2.5, 4.5, 10.5, 12.5])
    // Before opset 16, coordinates are measured from pixel centers: the region is shifted by half an element along each axis.
    #expect(try align([0, 0, 2, 2], opset: 10) == [5])
  }

  @Test func takesRegionsOutsideAndEmpty() throws {
    #expect(try align([-9, -9, -5, -5]) == [0])
    #expect(try align([2, 2, 1, 1]) == [0])
    #expect(try align([1, 1, 0, 0], opset: 10) == [7.5])
  }

  @Test func survivesHostileRegions() throws {
    #expect(try errorCode { _ = try align([0, 0, 1e30, 1]) } == .limitExceeded)
    #expect(try errorCode { _ = try align([0, .nan, 1, 1]) } == .limitExceeded)
    #expect(try errorCode { _ = try align([0, 0, 4, 4], batch: 1) } == .invalidModel)
    #expect(try errorCode { _ = try align([0, 0, 4, 4], batch: -1) } == .invalidModel)
    #expect(
      try errorCode { _ = try align([0, 0, 4, 4], attributes: ["sampling_ratio": .int(1 << 40)]) } == .limitExceeded)
    let many: AttributeList = ["sampling_ratio": .int(1024), "output_width": .int(1024)]
    #expect(try errorCode { _ = try align([0, 0, 4, 4], attributes: many) } == .limitExceeded)
    #expect(try errorCode { _ = try align([0, 0, 4, 4], attributes: ["sampling_ratio": .int(-1)]) } == .invalidModel)
    #expect(try errorCode { _ = try align([0, 0, 4, 4], attributes: ["output_width": .int(0)]) } == .invalidModel)
    let empty = try evaluate(
      "RoiAlign", opset: 16,
      [Tensor(zeros: [1, 1, 0, 4], of: .float32), Tensor(zeros: [1, 4], of: .float32), Tensor.list(0)])
    #expect(try empty[0]?.elements() == [0] as [Float])
  }

  @Test func keepsSymbols() throws {
    let types = [
      TensorType(.float16, ["N", "C", 8, 8]), TensorType(.float16, ["R", 4]), TensorType(.int64, [.unknown]),
    ]
    #expect(
      try infer("RoiAlign", opset: 22, attributes: ["output_height": .int(7)], types)
        == [TensorType(.float16, ["R", "C", 7, 1])])
    let wrong = [types[0], TensorType(.float16, ["R", 5]), types[2]]
    #expect(try errorCode { _ = try infer("RoiAlign", opset: 22, wrong) } == .invalidModel)
  }
}
