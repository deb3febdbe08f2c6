import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct DepthToSpaceTests {
  @Test(
    arguments: [
      (1, nil, [0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15]),
      (11, "DCR", [0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15]),
      (13, "CRD", [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]),
      (28, "CRD", [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]),
    ] as [(Int, String?, [Float])]) func spreadsTheDepth(opset: Int, mode: String?, expected: [Float]) throws
  {
    var attributes: AttributeList = ["blocksize": .int(2)]
    attributes["mode"] = mode.map { .string(Array($0.utf8)) }
    let y = try evaluate("DepthToSpace", opset: opset, attributes: attributes, [.counting([1, 8, 1, 2])])
    #expect(y[0] == (try Tensor(shape: [1, 2, 2, 4], expected)))
  }

  @Test(arguments: [(1, nil), (13, nil), (28, "DCR"), (28, "CRD")] as [(Int, String?)])
  func stacksWhatDepthToSpaceSpreads(opset: Int, mode: String?) throws {
    var attributes: AttributeList = ["blocksize": .int(3)]
    attributes["mode"] = mode.map { .string(Array($0.utf8)) }
    let x = try Tensor.counting([2, 18, 2, 3])
    let y = try evaluate("DepthToSpace", opset: max(opset, 1), attributes: attributes, [x])
    #expect(y[0]?.shape == [2, 2, 6, 9])
    #expect(try evaluate("SpaceToDepth", opset: opset, attributes: attributes, y)[0] == x)
  }

  @Test func keepsSymbols() throws {
    let x = TensorType(.float32, ["N", 8, "H", 6])
    let y = try infer("DepthToSpace", opset: 13, attributes: ["blocksize": .int(2)], [x])
    #expect(y == [TensorType(.float32, ["N", 2, .unknown, 12])])
    let z = try infer("SpaceToDepth", opset: 13, attributes: ["blocksize": .int(2)], [x])
    #expect(z == [TensorType(.float32, ["N", 32, .unknown, 3])])
    #expect(try infer("SpaceToDepth", opset: 13, attributes: ["blocksize": .int(1)], [x]) == [x])
  }

  @Test func acceptsEmptyTensors() throws {
    let y = try evaluate("DepthToSpace", opset: 13, attributes: ["blocksize": .int(2)], [.counting([0, 8, 1, 1])])
    #expect(y[0]?.shape == [0, 2, 2, 2])
  }

  @Test(
    arguments: [
      ("DepthToSpace", 13, 3, nil, [1, 8, 1, 1]), ("DepthToSpace", 13, 0, nil, [1, 8, 1, 1]),
      ("DepthToSpace", 13, 2, "RCD", [1, 8, 1, 1]), ("DepthToSpace", 1, 2, "CRD", [1, 8, 1, 1]),
      ("DepthToSpace", 13, 2, nil, [8, 1, 1]), ("DepthToSpace", 13, .max, nil, [1, 8, 1, 1]),
      ("SpaceToDepth", 13, 2, nil, [1, 1, 3, 2]), ("SpaceToDepth", 13, 2, nil, [1, 1, 2, 3]),
      ("SpaceToDepth", 13, -2, nil, [1, 1, 2, 2]), ("SpaceToDepth", 13, 2, "CRD", [1, 1, 2, 2]),
    ] as [(String, Int, Int64, String?, [Int])])
  func refuses(opType: String, opset: Int, blocksize: Int64, mode: String?, shape: [Int]) throws {
    var attributes: AttributeList = ["blocksize": .int(blocksize)]
    attributes["mode"] = mode.map { .string(Array($0.utf8)) }
    let code = try errorCode { _ = try evaluate(opType, opset: opset, attributes: attributes, [.counting(shape)]) }
    #expect(code == .invalidModel)
  }

  @Test func refusesAMissingBlocksize() throws {
    #expect(try errorCode { _ = try evaluate("DepthToSpace", opset: 13, [.counting([1, 4, 1, 1])]) } == .invalidModel)
  }
}
