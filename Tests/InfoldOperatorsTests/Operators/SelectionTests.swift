import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// NonZero, OneHot, Compress and Unique.
@Suite struct SelectionTests {
  @Test func findsWhatIsNotZero() throws {
    let x = try Tensor(shape: [2, 1, 2], [0, -0.0, .nan, 2] as [Float])
    #expect(try evaluate("NonZero", opset: 13, [x])[0] == Tensor(shape: [3, 2], [1, 1, 0, 0, 0, 1] as [Int64]))
    #expect(try evaluate("NonZero", opset: 13, [Tensor(scalar: true)])[0]?.shape == [0, 1])
    #expect(try evaluate("NonZero", opset: 13, [Tensor(zeros: [0, 3], of: .int8)])[0]?.shape == [2, 0])
    #expect(try infer("NonZero", opset: 13, [TensorType(.bool, ["N", 3])]) == [TensorType(.int64, [2, .unknown])])
  }

  @Test func listsOneHotValuesOfAnyType() throws {
    let y = try evaluate(
      "OneHot", opset: 11, attributes: ["axis": .int(-2)],
      [Tensor(shape: [2], [-3, 1.9] as [Float]), Tensor(scalar: 2.5), Tensor(shape: [2], [true, false])])
    #expect(y[0] == (try Tensor(shape: [2, 2], [true, true, true, false])))
    let none = try evaluate("OneHot", opset: 11, [Tensor.list(0), Tensor.list(0), Tensor.counting([2])])
    #expect(none[0]?.shape == [1, 0])
  }

  @Test func refusesDepthsAndValuesThatAreNone() throws {
    func code(_ depth: Tensor, values: Int = 2, axis: Int64 = -1) throws -> InfoldError.Code? {
      try errorCode {
        _ = try evaluate(
          "OneHot", opset: 11, attributes: ["axis": .int(axis)], [Tensor.list(0), depth, Tensor.counting([values])])
      }
    }
    #expect(try code(.list(-1)) == .invalidModel)
    #expect(try code(.list(1, 2)) == .invalidModel)
    #expect(try code(.list(2), values: 3) == .invalidModel)
    #expect(try code(.list(2), axis: 2) == .invalidModel)
    #expect(try code(.list(.max)) == .limitExceeded)
    #expect(try code(Tensor(scalar: Double.infinity)) == .limitExceeded)
  }

  @Test func keepsTheSymbolOfTheIndices() throws {
    let y = try infer(
      "OneHot", opset: 11, [TensorType(.int64, ["N"]), TensorType(.int64, []), TensorType(.float32, [2])])
    #expect(y == [TensorType(.float32, ["N", .unknown])])
  }

  @Test func leavesOutSlices() throws {
    let x = try Tensor.counting([2, 3])
    let y = try evaluate(
      "Compress", opset: 11, attributes: ["axis": .int(-1)], [x, Tensor(shape: [4], [true, false, true, false])])
    #expect(y[0] == (try Tensor(shape: [2, 2], [0, 2, 3, 5] as [Float])))
    let code = try errorCode {
      _ = try evaluate(
        "Compress", opset: 11, attributes: ["axis": .int(0)], [x, Tensor(shape: [3], [true, true, true])])
    }
    #expect(code == .invalidModel)
    let negative = try errorCode {
      _ = try evaluate("Compress", opset: 9, attributes: ["axis": .int(-1)], [x, Tensor(shape: [1], [true])])
    }
    #expect(negative == .invalidModel)
    #expect(
      try infer(
        "Compress", opset: 11, attributes: ["axis": .int(0)],
        [TensorType(.int8, ["N", "M"]), TensorType(.bool, ["K"])])
        == [TensorType(.int8, [.unknown, "M"])])
  }

  @Test func countsWhatIsThereOnce() throws {
    let x = try Tensor(shape: [7], [.nan, 2, -0.0, -3, 0, .nan, 2] as [Float])
    let y = try evaluate("Unique", opset: 11, [x], outputs: 4)
    #expect(try y[0]?.elements(as: Float.self).dropLast() == [-3, 0, 2])
    #expect(try y[0]?.elements(as: Float.self).last?.isNaN == true)
    #expect(y[1] == (try Tensor.list(3, 2, 1, 0)))
    #expect(y[2] == (try Tensor.list(3, 2, 1, 0, 1, 3, 2)))
    #expect(y[3] == (try Tensor.list(1, 2, 2, 2)))
  }

  @Test func comparesIntegersOfEveryType() throws {
    let large = try evaluate("Unique", opset: 11, [Tensor(shape: [3], [UInt64.max, 1, .max - 1])])
    #expect(large[0] == (try Tensor(shape: [3], [1, UInt64.max - 1, .max])))
    let truths = try evaluate("Unique", opset: 11, [Tensor(shape: [3], [true, false, true])])
    #expect(truths[0] == (try Tensor(shape: [2], [false, true])))
    let halves = try evaluate("Unique", opset: 11, [Tensor(shape: [2, 1], [2, 1] as [Float16])])
    #expect(halves[0] == (try Tensor(shape: [2], [1, 2] as [Float16])))
  }

  @Test func comparesSlicesInOrder() throws {
    let x = try Tensor(shape: [3, 2], [2, 1, 1, 9, 2, 1] as [Int16])
    let y = try evaluate("Unique", opset: 11, attributes: ["axis": .int(-2)], [x], outputs: 3)
    #expect(y[0] == (try Tensor(shape: [2, 2], [1, 9, 2, 1] as [Int16])))
    #expect(y[2] == (try Tensor.list(1, 0, 1)))
    let code = try errorCode {
      _ = try evaluate("Unique", opset: 11, attributes: ["axis": .int(0)], [Tensor(zeros: [1 << 50, 0], of: .int8)])
    }
    #expect(code == .unsupported)
    let empty = try evaluate("Unique", opset: 11, [Tensor(zeros: [0], of: .int8)], outputs: 2)
    #expect(empty[0]?.shape == [0] && empty[1]?.shape == [0])
  }
}
