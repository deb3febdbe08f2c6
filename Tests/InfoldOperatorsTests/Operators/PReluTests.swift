import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct PReluTests {
  private func x() throws -> Tensor { try Tensor(shape: [1, 2, 2], [-1, 2, -3, -4] as [Float]) }

  @Test(arguments: [1, 6]) func takesASlopePerChannel(opset: Int) throws {
    let perChannel = try evaluate("PRelu", opset: opset, [x(), Tensor(shape: [2], [10, 100] as [Float])])
    #expect(try perChannel[0]?.elements(as: Float.self) == [-10, 2, -300, -400])
    let shared = try evaluate("PRelu", opset: opset, [x(), Tensor(shape: [1], [10] as [Float])])
    #expect(try shared[0]?.elements(as: Float.self) == [-10, 2, -30, -40])
    let code = try errorCode { _ = try evaluate("PRelu", opset: opset, [x(), Tensor(zeros: [3], of: .float32)]) }
    #expect(code == .invalidModel)
  }

  @Test(arguments: [7, 9, 16]) func broadcastsTheSlopeToTheInput(opset: Int) throws {
    let columns = try evaluate("PRelu", opset: opset, [x(), Tensor(shape: [2], [10, 100] as [Float])])
    #expect(try columns[0]?.elements(as: Float.self) == [-10, 2, -30, -400])
    let channels = try evaluate("PRelu", opset: opset, [x(), Tensor(shape: [2, 1], [10, 100] as [Float])])
    #expect(try channels[0]?.elements(as: Float.self) == [-10, 2, -300, -400])
    let code = try errorCode {
      _ = try evaluate("PRelu", opset: opset, [x(), Tensor(zeros: [3, 1, 1], of: .float32)])
    }
    #expect(code == .invalidModel)
  }

  @Test func keepsTheInputsShape() throws {
    let types = [TensorType(.float32, ["N", 2, "H"]), TensorType(.float32, ["S", 1])]
    #expect(try infer("PRelu", opset: 16, types) == [TensorType(.float32, ["N", 2, "H"])])
  }

  @Test func computesIntegers() throws {
    #expect(try evaluate("PRelu", opset: 9, [.list(-3, 4), .list(5)])[0] == .list(-15, 4))
  }
}
