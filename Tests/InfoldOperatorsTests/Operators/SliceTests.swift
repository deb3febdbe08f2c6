import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct SliceTests {
  private func list(_ values: [Int64]?) throws -> Tensor? { try values.map { try Tensor(shape: [$0.count], $0) } }

  private func slice(
    _ shape: [Int], _ starts: [Int64], _ ends: [Int64], axes: [Int64]? = nil, steps: [Int64]? = nil, opset: Int = 13
  ) throws -> Tensor? {
    try evaluate(
      "Slice", opset: opset, [.counting(shape), list(starts), list(ends), list(axes), list(steps)])[0]
  }

  @Test func takesAttributesInOpsetOne() throws {
    let y = try evaluate(
      "Slice", opset: 1, attributes: ["starts": .ints([1, 0]), "ends": .ints([2, -1]), "axes": .ints([1, 0])],
      [.counting([3, 3])])
    #expect(y[0] == (try Tensor(shape: [2, 1], [1, 4] as [Float])))
    let z = try evaluate(
      "Slice", opset: 1, attributes: ["starts": .ints([-1]), "ends": .ints([1000])], [.counting([3, 2])])
    #expect(z[0] == (try Tensor(shape: [1, 2], [4, 5] as [Float])))
  }

  @Test(
    arguments: [
      (1, 4, 1, [1, 2, 3]), (-3, .max, 1, [3, 4, 5]), (0, 6, 2, [0, 2, 4]), (1, 6, 3, [1, 4]), (0, 100, .max, [0]),
      (-1, .min, -1, [5, 4, 3, 2, 1, 0]), (4, 0, -2, [4, 2]), (100, -100, -4, [5, 1]), (5, .min, .min, [5]),
      (3, 3, 1, []), (4, 2, 1, []), (2, 4, -1, []), (-100, -200, -1, [0]), (100, 200, 1, []),
    ] as [(Int64, Int64, Int64, [Float])])
  func clampsAndSteps(start: Int64, end: Int64, step: Int64, expected: [Float]) throws {
    let y = try slice([6], [start], [end], axes: [-1], steps: [step])
    #expect(y == (try Tensor(shape: [expected.count], expected)))
  }

  @Test(arguments: [10, 11, 13]) func cutsSeveralAxes(opset: Int) throws {
    let y = try slice([2, 3, 4], [0, -1], [1, .min], axes: [2, 1], steps: [1, -2], opset: opset)
    #expect(y == (try Tensor(shape: [2, 2, 1], [8, 0, 20, 12] as [Float])))
    #expect(try slice([2, 3], [1], [2], opset: opset) == Tensor(shape: [1, 3], [3, 4, 5] as [Float]))
  }

  @Test func takesInt32AndLeavesEmptyDimensionsEmpty() throws {
    let one = try Tensor(shape: [1], [1 as Int32]), three = try Tensor(shape: [1], [3 as Int32])
    let y = try evaluate("Slice", opset: 13, [.counting([4]), one, three])
    #expect(y[0] == (try Tensor(shape: [2], [1, 2] as [Float])))
    #expect(try slice([0, 2], [0, 1], [5, 2], steps: [-1, 1])?.shape == [0, 1])
  }

  @Test func keepsSymbolsThatItDoesNotCut() throws {
    func inferred(_ starts: Tensor?, _ ends: Tensor?, axes: Tensor?, steps: Tensor?) throws -> Shape? {
      let length = TensorType(.int64, [1])
      var constants: [Int: Tensor] = [:]
      for (index, tensor) in [starts, ends, axes, steps].enumerated() { constants[index + 1] = tensor }
      return try infer(
        "Slice", opset: 13, [TensorType(.float32, ["N", "C"]), length, length, length, length], constants: constants)[0]
        .shape
    }
    let one = try Tensor.list(1)
    #expect(try inferred(.list(0), .list(.max), axes: .list(1), steps: one) == ["N", "C"])
    #expect(try inferred(.list(-1), .list(.min), axes: .list(1), steps: .list(-1)) == ["N", "C"])
    #expect(try inferred(.list(0), .list(-1), axes: .list(1), steps: one) == ["N", .unknown])
    #expect(try inferred(nil, nil, axes: .list(1), steps: one) == ["N", .unknown])
    #expect(try inferred(.list(0), .list(1), axes: nil, steps: one) == [.unknown, .unknown])
  }

  @Test(
    arguments: [
      ([0], [1], [0], [0]), ([0, 0], [1], nil, nil), ([0], [1], [2], nil), ([0], [1], [-3], nil),
      ([0, 0], [1, 1], [1, -1], nil), ([0, 0, 0], [1, 1, 1], nil, nil), ([0], [1], [0, 1], nil),
    ] as [([Int64], [Int64], [Int64]?, [Int64]?)])
  func refuses(starts: [Int64], ends: [Int64], axes: [Int64]?, steps: [Int64]?) throws {
    #expect(try errorCode { _ = try slice([2, 3], starts, ends, axes: axes, steps: steps) } == .invalidModel)
  }

  @Test func refusesMissingAttributesAndMixedTypes() throws {
    #expect(throws: InfoldError.self) {
      try evaluate("Slice", opset: 1, attributes: ["starts": .ints([0])], [.counting([2])])
    }
    #expect(throws: InfoldError.self) {
      try evaluate("Slice", opset: 13, [.counting([2]), .list(0), Tensor(shape: [1], [1 as Int32])])
    }
  }
}
