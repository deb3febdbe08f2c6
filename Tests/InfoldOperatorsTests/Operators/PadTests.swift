import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct PadTests {
  private func mode(_ name: String) -> Attribute { .string(Array(name.utf8)) }

  private func pad(
    _ elements: [Float], _ pads: [Int64], _ modeName: String = "constant", opset: Int = 19
  ) throws -> [Float]? {
    try evaluate(
      "Pad", opset: opset, attributes: ["mode": mode(modeName)],
      [Tensor(shape: [elements.count], elements), Tensor(shape: [pads.count], pads)])[0]?.elements()
  }

  @Test(arguments: [(1, "paddings"), (2, "pads")]) func takesAttributesInEarlyOpsets(opset: Int, name: String) throws {
    let y = try evaluate(
      "Pad", opset: opset, attributes: [name: .ints([0, 1, 1, 0]), "value": .float(9)], [.counting([1, 2])])
    #expect(y[0] == (try Tensor(shape: [2, 3], [9, 0, 1, 9, 9, 9] as [Float])))
    let z = try evaluate(
      "Pad", opset: opset, attributes: [name: .ints([0, 1, 1, 0]), "mode": mode("edge")],
      [Tensor(shape: [1, 2], [1, 2] as [Float16])])
    #expect(z[0] == (try Tensor(shape: [2, 3], [1, 1, 2, 1, 1, 2] as [Float16])))
  }

  @Test(arguments: [11, 13, 18, 19, 21, 23, 24, 25]) func padsWithAConstant(opset: Int) throws {
    let y = try evaluate(
      "Pad", opset: opset, [Tensor(shape: [2], [1, 2] as [Int16]), .list(1, 2), Tensor(scalar: Int16(-7))])
    #expect(y[0] == (try Tensor(shape: [5], [-7, 1, 2, -7, -7] as [Int16])))
    #expect(try pad([1, 2], [1, 1], opset: opset) == [0, 1, 2, 0])
  }

  @Test func padsBooleansWithFalseAndChosenAxes() throws {
    let y = try evaluate(
      "Pad", opset: 18, [Tensor(shape: [1, 1], [true]), .list(1, 0, 0, 2), nil, .list(-1, 0)])
    #expect(y[0] == (try Tensor(shape: [3, 2], [false, true, false, false, false, false])))
    let z = try evaluate(
      "Pad", opset: 18, [.counting([2]), .list(1, 0), nil, Tensor(shape: [1], [0 as Int32])])
    #expect(z[0] == (try Tensor(shape: [3], [0, 0, 1] as [Float])))
  }

  @Test(
    arguments: [
      ("reflect", [2, 1], [3, 2, 1, 2, 3, 2]), ("reflect", [5, 0], [2, 1, 2, 3, 2, 1, 2, 3]),
      ("edge", [2, 1], [1, 1, 1, 2, 3, 3]), ("wrap", [2, 1], [2, 3, 1, 2, 3, 1]),
      ("wrap", [0, 4], [1, 2, 3, 1, 2, 3, 1]),
      ("constant", [-1, 1], [2, 3, 0]), ("constant", [-2, -1], []), ("constant", [4, -2], [0, 0, 0, 0, 1]),
      ("edge", [-1, 2], [2, 3, 3, 3]), ("wrap", [-1, 2], [2, 3, 2, 3]), ("reflect", [2, -1], [1, 2, 1, 2]),
    ] as [(String, [Int64], [Float])]) func padsInEveryMode(mode: String, pads: [Int64], expected: [Float]) throws
  {
    #expect(try pad([1, 2, 3], pads, mode) == expected)
  }

  @Test func reflectsASingleElement() throws {
    #expect(try pad([4], [1, 2], "reflect") == [4, 4, 4, 4])
  }

  @Test func keepsSymbols() throws {
    let y = try infer(
      "Pad", opset: 13, [TensorType(.float32, ["N", "C", 4]), TensorType(.int64, [6])],
      constants: [1: .list(0, 1, 1, 0, -1, 1)])
    #expect(y == [TensorType(.float32, ["N", "C", 6])])
    let z = try infer("Pad", opset: 13, [TensorType(.float32, ["N", 4]), TensorType(.int64, [4])])
    #expect(z == [TensorType(.float32, [.unknown, .unknown])])
  }

  @Test func padsEmptyTensors() throws {
    #expect(try pad([], [1, 1]) == [0, 0])
    #expect(try pad([], [0, 0], "reflect") == [])
    #expect(try errorCode { _ = try pad([], [1, 1], "reflect") } == .invalidModel)
    #expect(try errorCode { _ = try pad([1, 2], [-3, 4], "edge") } == .invalidModel)
    #expect(try pad([1, 2], [-3, 4]) == [0, 0, 0])
  }

  @Test(
    arguments: [
      ("wrap", 18, [1, 1], .invalidModel), ("mirror", 19, [1, 1], .invalidModel), ("constant", 19, [1], .invalidModel),
      ("constant", 19, [-2, 0], .invalidModel), ("constant", 19, [.max, .max], .limitExceeded),
      ("constant", 19, [.min, .max], .limitExceeded), ("constant", 19, [1 << 60, 1], .limitExceeded),
    ] as [(String, Int, [Int64], InfoldError.Code)])
  func refuses(mode: String, opset: Int, pads: [Int64], code: InfoldError.Code) throws {
    #expect(try errorCode { _ = try pad([1], pads, mode, opset: opset) } == code)
  }

  @Test func refusesWrongValuesAxesAndTypes() throws {
    func refused(_ opset: Int, _ attributes: AttributeList = [:], _ inputs: [Tensor?]) throws -> InfoldError.Code? {
      try errorCode { _ = try evaluate("Pad", opset: opset, attributes: attributes, inputs) }
    }
    let x = try Tensor.counting([2])
    #expect(try refused(13, [:], [x, .list(0, 0), .counting([2])]) == .invalidModel)
    #expect(try refused(13, [:], [x, .list(0, 0), Tensor(scalar: 1.0)]) == .invalidModel)
    #expect(try refused(18, [:], [x, .list(0, 0), nil, .list(1)]) == .invalidModel)
    #expect(try refused(18, [:], [x, .list(0, 0, 0, 0), nil, .list(0, -1)]) == .invalidModel)
    #expect(try refused(2, [:], [x]) == .invalidModel)
    #expect(try refused(2, ["pads": .ints([0, 0])], [.list(1)]) == .unsupported)
  }
}
