import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct FlattenTests {
  @Test(arguments: [
    (1, nil, [2, 12]), (9, 0, [1, 24]), (11, -1, [6, 4]), (13, 3, [24, 1]), (21, -3, [1, 24]), (25, 2, [6, 4]),
  ]) func flattens(opset: Int, axis: Int64?, shape: [Int]) throws {
    let x = try Tensor.counting([2, 3, 4])
    let y = try evaluate(
      "Flatten", opset: opset, attributes: axis.map { ["axis": .int($0)] } ?? [:], [x])
    #expect(y[0] == (try x.reshaped(to: shape)))
  }

  @Test func flattensScalarsAndEmptyTensors() throws {
    #expect(try evaluate("Flatten", opset: 13, attributes: ["axis": .int(0)], [.counting([])])[0]?.shape == [1, 1])
    #expect(try evaluate("Flatten", opset: 13, [.counting([2, 0, 3])])[0]?.shape == [2, 0])
  }

  @Test func keepsASymbolThatStandsAlone() throws {
    let x = TensorType(.float32, ["N", 1280, 1, 1])
    #expect(try infer("Flatten", opset: 13, [x]) == [TensorType(.float32, ["N", 1280])])
    let y = try infer("Flatten", opset: 13, attributes: ["axis": .int(2)], [x])
    #expect(y == [TensorType(.float32, [.unknown, 1])])
    #expect(try infer("Flatten", opset: 13, [TensorType(.bool, nil)]) == [TensorType(.bool, [.unknown, .unknown])])
  }

  @Test(arguments: [(9, -1), (11, -4), (11, 4), (13, .min), (13, .max)] as [(Int, Int64)])
  func refusesAnAxisOutside(opset: Int, axis: Int64) throws {
    let code = try errorCode {
      _ = try evaluate("Flatten", opset: opset, attributes: ["axis": .int(axis)], [.counting([2, 3, 4])])
    }
    #expect(code == .invalidModel)
  }

  @Test func refusesAProductThatOverflows() throws {
    let x = TensorType(.float32, [1, .fixed(Int.max), 2])
    #expect(try errorCode { _ = try infer("Flatten", opset: 13, [x]) } == .limitExceeded)
  }
}
