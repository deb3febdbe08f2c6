import Foundation
import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct ReductionTests {
  struct Reduction: Sendable, CustomTestStringConvertible {
    let name: String
    /// The opsets with axes as an attribute, and those with axes as an input.
    let opsets: (attribute: [Int], input: [Int])
    /// The results over [[1, −2, 3], [4, 5, −6]]: by column, by row, and of all elements.
    let columns: [Double]
    let rows: [Double]
    let all: Double
    /// The result over nothing.
    let empty: Double
    var testDescription: String { name }
  }

  static let reductions = [
    Reduction(
      name: "ReduceSum", opsets: ([1, 11], [13]), columns: [5, 3, -3], rows: [2, 3], all: 5, empty: 0),
    Reduction(
      name: "ReduceMean", opsets: ([1, 11, 13], [18]), columns: [2.5, 1.5, -1.5], rows: [2.0 / 3, 1], all: 5.0 / 6,
      empty: .nan),
    Reduction(
      name: "ReduceProd", opsets: ([1, 11, 13], [18]), columns: [4, -10, -18], rows: [-6, -120], all: 720, empty: 1),
    Reduction(
      name: "ReduceL1", opsets: ([1, 11, 13], [18]), columns: [5, 7, 9], rows: [6, 15], all: 21, empty: 0),
    Reduction(
      name: "ReduceL2", opsets: ([1, 11, 13], [18]),
      columns: [sqrt(17), sqrt(29), sqrt(45)],
      rows: [sqrt(14), sqrt(77)], all: sqrt(91), empty: 0),
    Reduction(
      name: "ReduceMax", opsets: ([1, 11, 12, 13], [18, 20]), columns: [4, 5, 3], rows: [3, 5], all: 5,
      empty: -.infinity),
    Reduction(
      name: "ReduceMin", opsets: ([1, 11, 12, 13], [18, 20]), columns: [1, -2, -6], rows: [-2, -6], all: -6,
      empty: .infinity),
  ]

  private func x() throws -> Tensor { try Tensor(shape: [2, 3], [1, -2, 3, 4, 5, -6] as [Double]) }

  @Test(arguments: reductions) func takesAxesAsAnAttribute(reduction: Reduction) throws {
    for opset in reduction.opsets.attribute {
      func reduced(_ attributes: AttributeList) throws -> Tensor? {
        try evaluate(reduction.name, opset: opset, attributes: attributes, [x()])[0]
      }
      #expect(try reduced(["axes": .ints([0])]) == Tensor(shape: [1, 3], reduction.columns))
      #expect(try reduced(["axes": .ints([-1]), "keepdims": .int(0)]) == Tensor(shape: [2], reduction.rows))
      #expect(try reduced([:]) == Tensor(shape: [1, 1], [reduction.all]))
      #expect(try reduced(["keepdims": .int(0)]) == Tensor(scalar: reduction.all))
      #expect(try errorCode { _ = try reduced(["noop_with_empty_axes": .int(1)]) } == .invalidModel)
      #expect(try errorCode { _ = try evaluate(reduction.name, opset: opset, [x(), .list(0)]) } == .invalidModel)
    }
  }

  @Test(arguments: reductions) func takesAxesAsAnInput(reduction: Reduction) throws {
    for opset in reduction.opsets.input {
      func reduced(_ axes: Tensor?, _ attributes: AttributeList = [:]) throws -> Tensor? {
        try evaluate(reduction.name, opset: opset, attributes: attributes, [x(), axes])[0]
      }
      #expect(try reduced(.list(0)) == Tensor(shape: [1, 3], reduction.columns))
      #expect(try reduced(.list(-1), ["keepdims": .int(0)]) == Tensor(shape: [2], reduction.rows))
      #expect(try reduced(.list(1, 0)) == Tensor(shape: [1, 1], [reduction.all]))
      #expect(try reduced(.list()) == Tensor(shape: [1, 1], [reduction.all]))
      #expect(try reduced(nil, ["keepdims": .int(0)]) == Tensor(scalar: reduction.all))
      let unchanged = try reduced(.list(), ["noop_with_empty_axes": .int(1)])
      #expect(
        try unchanged
          == (["ReduceL1", "ReduceL2"].contains(reduction.name) ? evaluate("Abs", opset: 13, [x()])[0] : x()))
      #expect(try errorCode { _ = try reduced(nil, ["axes": .ints([0])]) } == .invalidModel)
    }
  }

  @Test(arguments: reductions) func reducesNothing(reduction: Reduction) throws {
    for type in ElementTypeSet.floatingPoint.types {
      let y = try evaluate(
        reduction.name, opset: 20, attributes: ["keepdims": .int(0)], [Tensor(zeros: [2, 0], of: type), .list(1)],
        precision: .double)
      let values = try #require(try y[0]?.elements(as: Double.self))
      #expect(values.count == 2 && values.allSatisfy { $0 == reduction.empty || $0.isNaN && reduction.empty.isNaN })
    }
    let none = try evaluate(reduction.name, opset: 20, [Tensor(zeros: [0, 3], of: .float16), .list(1)])
    #expect(none[0]?.shape == [0, 1])
  }

  @Test func reducesIntegersWithoutOverflow() throws {
    let x = try Tensor(shape: [3], [.max, .max, 2] as [Int32])
    func reduced(_ name: String, _ x: Tensor) throws -> Tensor? {
      try evaluate(name, opset: 20, attributes: ["keepdims": .int(0)], [x])[0]
    }
    #expect(try reduced("ReduceSum", x) == Tensor(scalar: Int32(0)))
    #expect(try reduced("ReduceProd", x) == Tensor(scalar: Int32(2)))
    #expect(try reduced("ReduceMean", x) == Tensor(scalar: Int32(1_431_655_765)))
    #expect(try reduced("ReduceL1", .list(-3, 4)) == Tensor(scalar: Int64(7)))
    #expect(try reduced("ReduceL2", .list(-3, 4)) == Tensor(scalar: Int64(5)))
    #expect(try reduced("ReduceMax", Tensor(zeros: [0], of: .int8)) == Tensor(scalar: Int8.min))
    #expect(try reduced("ReduceMin", Tensor(zeros: [0], of: .uint8)) == Tensor(scalar: UInt8.max))
    #expect(try reduced("ReduceMean", Tensor(zeros: [0], of: .int32)) == Tensor(scalar: Int32(0)))
  }

  @Test func ordersTruthValues() throws {
    let x = try Tensor(shape: [2, 2], [true, false, false, false])
    #expect(try evaluate("ReduceMax", opset: 20, [x, .list(1)])[0] == Tensor(shape: [2, 1], [true, false]))
    #expect(try evaluate("ReduceMin", opset: 20, [x, .list(0)])[0] == Tensor(shape: [1, 2], [false, false]))
    #expect(try evaluate("ReduceMin", opset: 20, [Tensor(zeros: [0], of: .bool)])[0] == Tensor(shape: [1], [true]))
    #expect(try errorCode { _ = try evaluate("ReduceSum", opset: 13, [x]) } == .unsupported)
  }

  @Test func sumsManyFloatsExactly() throws {
    let x = try Tensor(repeating: Float(0.1), shape: [1_000_000])
    let y = try evaluate("ReduceMean", opset: 18, attributes: ["keepdims": .int(0)], [x])
    #expect(try y[0] == Tensor(scalar: Float(0.1)))
  }

  @Test func passesNaNOn() throws {
    let x = try Tensor(shape: [3], [1, .nan, 2] as [Float])
    for name in ["ReduceMax", "ReduceMin"] {
      #expect(try evaluate(name, opset: 13, [x])[0]?.elements(as: Float.self)[0].isNaN == true)
    }
  }

  @Test func infersTheShape() throws {
    let x = TensorType(.float32, ["N", 3, "H", "W"]), list = TensorType(.int64, [2])
    func shape(_ attributes: AttributeList, _ types: [TensorType], _ constants: [Int: Tensor] = [:]) throws -> Shape? {
      try infer("ReduceMean", opset: 18, attributes: attributes, types, constants: constants)[0].shape
    }
    #expect(try shape([:], [x, list], [1: .list(2, 3)]) == ["N", 3, 1, 1])
    #expect(try shape(["keepdims": .int(0)], [x, list], [1: .list(-1, -2)]) == ["N", 3])
    #expect(try shape([:], [x, list]) == Shape(unknownOfRank: 4))
    #expect(try shape(["keepdims": .int(0)], [x, list]) == Shape(unknownOfRank: 2))
    #expect(try shape(["keepdims": .int(0)], [x, TensorType(.int64, ["K"])]) == nil)
    #expect(try shape([:], [TensorType(.float32, nil), list], [1: .list(0, 1)]) == nil)
  }

  @Test func refusesWrongAxes() throws {
    for axes in try [Tensor.list(2), .list(-3), .list(0, -2), .list(.max), Tensor(scalar: Int64(0))] {
      #expect(try errorCode { _ = try evaluate("ReduceSum", opset: 13, [x(), axes]) } == .invalidModel)
    }
    let wrongType = try errorCode {
      _ = try evaluate("ReduceSum", opset: 13, [x(), Tensor(shape: [1], [0] as [Float])])
    }
    #expect(wrongType == .unsupported)
    let attributes: AttributeList = ["keepdims": .int(0)]
    let tooMany = try errorCode {
      _ = try infer(
        "ReduceSum", opset: 13, attributes: attributes, [TensorType(.float32, [2]), TensorType(.int64, [2])])
    }
    #expect(tooMany == .invalidModel)
  }
}
