import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Add, Sub, Mul and Div.
@Suite struct ArithmeticTests {
  @Test(arguments: [1, 6, 7, 13, 14], [("Add", [5, 6]), ("Sub", [1, 2]), ("Mul", [6, 8]), ("Div", [1.5, 2])])
  func computesFloats(opset: Int, operation: (name: String, result: [Float])) throws {
    let y = try evaluate(
      operation.name, opset: opset, [Tensor(shape: [2], [3, 4] as [Float]), Tensor(shape: [2], [2, 2] as [Float])])
    #expect(try y[0] == Tensor(shape: [2], operation.result))
  }

  @Test(
    arguments: [
      ("Add", Int8.min, -1, Int8.max), ("Sub", Int8.min, 1, Int8.max), ("Mul", 64, 4, 0), ("Div", -7, 2, -3),
      ("Div", Int8.min, -1, Int8.min),
    ] as [(String, Int8, Int8, Int8)])
  func wrapsIntegersAround(name: String, a: Int8, b: Int8, result: Int8) throws {
    let y = try evaluate(name, opset: 14, [Tensor(scalar: a), Tensor(scalar: b)])
    #expect(try y[0] == Tensor(scalar: result))
  }

  @Test(arguments: ["Add", "Sub", "Mul", "Div"]) func acceptsEveryNumericType(name: String) throws {
    for type in ElementTypeSet.numeric.types where name != "Div" || type.isFloatingPoint {
      let zeros = try Tensor(zeros: [2, 1], of: type)
      #expect(try evaluate(name, opset: 14, [zeros, Tensor(zeros: [3], of: type)])[0]?.shape == [2, 3])
    }
  }

  @Test func computesHalvesInFloatAndRoundsOnce() throws {
    let y = try evaluate(
      "Add", opset: 14, [Tensor(shape: [2], [2048, 1] as [Float16]), Tensor(shape: [1], [3] as [Float16])])
    #expect(try y[0] == Tensor(shape: [2], [2052, 4] as [Float16]))
  }

  @Test func broadcastsFromAnAxisInEarlyOpsets() throws {
    let a = try Tensor(shape: [2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7] as [Float])
    let b = try Tensor(shape: [2], [10, 20] as [Float])
    func sum(_ attributes: AttributeList) throws -> [Float]? {
      try evaluate("Add", opset: 6, attributes: attributes, [a, b])[0]?.elements()
    }
    #expect(try sum(["broadcast": .int(1), "axis": .int(0)]) == [10, 11, 12, 13, 24, 25, 26, 27])
    #expect(try sum(["broadcast": .int(1), "axis": .int(1)]) == [10, 11, 22, 23, 14, 15, 26, 27])
    #expect(try sum(["broadcast": .int(1)]) == [10, 21, 12, 23, 14, 25, 16, 27])
    #expect(throws: InfoldError.self) { try sum([:]) }
    #expect(throws: InfoldError.self) { try sum(["broadcast": .int(1), "axis": .int(3)]) }
  }

  @Test func readsConsumedInputsInOpset1Only() throws {
    let x = try Tensor(scalar: Float(1))
    _ = try evaluate("Mul", opset: 1, attributes: ["consumed_inputs": .ints([0, 0])], [x, x])
    #expect(throws: InfoldError.self) {
      try evaluate("Mul", opset: 6, attributes: ["consumed_inputs": .ints([0, 0])], [x, x])
    }
    #expect(throws: InfoldError.self) { try evaluate("Mul", opset: 7, attributes: ["broadcast": .int(1)], [x, x]) }
  }

  @Test func refusesToDivideIntegersByZero() throws {
    let error = #expect(throws: InfoldError.self) {
      try evaluate("Div", opset: 14, [Tensor(scalar: Int32(1)), Tensor(scalar: Int32(0))])
    }
    #expect(error?.code == .invalidArgument)
    let y = try evaluate("Div", opset: 14, [Tensor(scalar: Float(1)), Tensor(scalar: Float(0))])
    #expect(try y[0]?.elements(as: Float.self) == [.infinity])
  }

  @Test func refusesOperandsThatDoNotAgree() throws {
    let mixed = #expect(throws: InfoldError.self) {
      try evaluate("Sub", opset: 14, [Tensor(scalar: Float(1)), Tensor(scalar: Double(1))])
    }
    #expect(mixed?.code == .invalidModel)
    let logical = #expect(throws: InfoldError.self) {
      try evaluate("Sub", opset: 14, [Tensor(scalar: true), Tensor(scalar: true)])
    }
    #expect(logical?.code == .unsupported)
    let shapes = #expect(throws: InfoldError.self) {
      try evaluate("Sub", opset: 14, [Tensor(zeros: [2], of: .float32), Tensor(zeros: [3], of: .float32)])
    }
    #expect(shapes?.code == .invalidModel)
  }
}
