import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct UpsampleTests {
  private func upsample(
    _ opset: Int, _ scales: [Float], mode: String = "nearest", shape: [Int] = [1, 1, 1, 2]
  ) throws -> [Float]? {
    var attributes: AttributeList = ["mode": .string(Array(mode.utf8))]
    var inputs = [try Tensor.counting(shape)]
    switch opset {
    case 1:
      attributes["height_scale"] = .float(scales[2])
      attributes["width_scale"] = .float(scales[3])
    case 7: attributes["scales"] = .floats(scales)
    default: inputs.append(try Tensor(shape: [scales.count], scales))
    }
    return try evaluate("Upsample", opset: opset, attributes: attributes, inputs)[0]?.elements()
  }

  @Test(arguments: [(1, "bilinear"), (7, "linear"), (9, "linear")]) func enlarges(opset: Int, linear: String) throws {
    #expect(try upsample(opset, [1, 1, 2, 2.5]) == [0, 0, 0, 1, 1, 0, 0, 0, 1, 1])
    #expect(try upsample(opset, [1, 1, 1, 2], mode: linear) == [0, 0.5, 1, 1])
  }

  @Test func keepsSymbols() throws {
    let y = try infer(
      "Upsample", opset: 7, attributes: ["scales": .floats([1, 1, 2, 2])], [TensorType(.float32, ["N", "C", 3, "W"])])
    #expect(y == [TensorType(.float32, ["N", "C", 6, .unknown])])
    let z = try infer("Upsample", opset: 9, [TensorType(.float32, ["N", 3]), TensorType(.float32, [2])])
    #expect(z[0].shape?.rank == 2)
  }

  @Test func refuses() throws {
    #expect(try errorCode { _ = try upsample(9, [1, 1, 0.5, 1]) } == .invalidModel)
    #expect(try errorCode { _ = try upsample(7, [1, 1, .nan, 1]) } == .invalidModel)
    #expect(try errorCode { _ = try upsample(9, [1, 1]) } == .invalidModel)
    #expect(try errorCode { _ = try upsample(7, [1, 1]) } == .invalidModel)
    #expect(try errorCode { _ = try upsample(1, [1, 1, 1, 1], shape: [2]) } == .invalidModel)
    #expect(try errorCode { _ = try upsample(7, [1, 1, 1, 1], mode: "cubic") } == .invalidModel)
    #expect(try errorCode { _ = try upsample(1, [1, 1, 1, 1], mode: "linear") } == .invalidModel)
    #expect(try errorCode { _ = try upsample(10, [1, 1, 1, 1]) } == .unsupported)
    #expect(try errorCode { _ = try evaluate("Upsample", opset: 7, [.counting([1])]) } == .invalidModel)
  }
}
