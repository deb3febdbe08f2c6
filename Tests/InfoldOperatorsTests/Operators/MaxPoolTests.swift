import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct MaxPoolTests {
  /// [1, 1, 4, 4] with the elements 0 to 15.
  private let counting: Tensor
  private let square: AttributeList = ["kernel_shape": .ints([2, 2])]

  init() throws {
    counting = try .counting([1, 1, 4, 4])
  }

  private func pool(
    _ x: Tensor, opset: Int = 12, _ attributes: AttributeList, outputs: Int = 1
  ) throws -> [Tensor] {
    try evaluate("MaxPool", opset: opset, attributes: attributes, [x], outputs: outputs).compactMap { $0 }
  }

  @Test(arguments: [1, 8, 10, 11, 12, 22]) func takesTheLargestOfEveryWindow(opset: Int) throws {
    let y = try pool(
      counting, opset: opset, ["kernel_shape": .ints([2, 3]), "strides": .ints([2, 1]), "pads": .ints([1, 0, 0, 1])])
    #expect(try y == [Tensor(shape: [1, 1, 2, 3], [2, 3, 3, 10, 11, 11] as [Float])])
  }

  @Test func poolsOneAndThreeDimensions() throws {
    let line = try pool(.counting([2, 1, 5]), ["kernel_shape": .ints([3]), "strides": .ints([2])])
    #expect(try line == [Tensor(shape: [2, 1, 2], [2, 4, 7, 9] as [Float])])
    let volume = try pool(.counting([1, 2, 2, 2, 2]), ["kernel_shape": .ints([2, 1, 2])], outputs: 2)
    #expect(
      try volume == [
        Tensor(shape: [1, 2, 1, 2, 1], [5, 7, 13, 15] as [Float]),
        Tensor(shape: [1, 2, 1, 2, 1], [5, 7, 13, 15] as [Int64]),
      ])
  }

  @Test(arguments: [("SAME_UPPER", [1, 2, 3, 3] as [Float]), ("SAME_LOWER", [0, 1, 2, 3]), ("VALID", [1, 2, 3])])
  func padsByItself(padding: String, expected: [Float]) throws {
    let attributes: AttributeList = ["kernel_shape": .ints([2]), "auto_pad": .string(Array(padding.utf8))]
    #expect(try pool(.counting([1, 1, 4]), attributes)[0].elements(as: Float.self) == expected)
  }

  @Test(arguments: [
    // The last window begins inside the input and extends beyond it.
    (5, 2, 2, [0, 0], [1, 3, 4] as [Float]),
    // The last window would begin in the padding after the input, and is dropped.
    (4, 2, 2, [1, 1], [0, 2, 3]),
    (3, 1, 2, [0, 1], [0, 2]),
    // The window is larger than the input.
    (2, 3, 3, [0, 0], [1]),
  ])
  func roundsUp(size: Int, kernel: Int64, stride: Int64, pads: [Int64], expected: [Float]) throws {
    let y = try pool(
      .counting([1, 1, size]),
      ["kernel_shape": .ints([kernel]), "strides": .ints([stride]), "pads": .ints(pads), "ceil_mode": .int(1)])
    #expect(try y[0].elements(as: Float.self) == expected)
  }

  /// If the window exceeds the padded input by at least one stride, and less than two, there is no position. `nil`: refused.
  @Test(
    arguments: [
      (2, 3, 1, [0, 0], 0, 0), (2, 4, 1, [0, 0], 0, nil), (2, 5, 1, [1, 1], 0, 0), (2, 5, 2, [0, 0], 0, 0),
      (2, 4, 2, [0, 0], 0, 0), (2, 6, 2, [0, 0], 0, nil), (2, 3, 2, [0, 0], 0, nil), (0, 1, 1, [0, 0], 0, 0),
      (2, 3, 1, [0, 0], 1, 0), (2, 4, 2, [0, 0], 1, 0), (2, 5, 2, [0, 0], 1, 0), (2, 6, 2, [0, 0], 1, nil),
      (2, 7, 3, [0, 0], 1, 0), (2, 3, 2, [0, 0], 1, 1), (2, 4, 1, [0, 0], 1, nil),
    ] as [(Int, Int64, Int64, [Int64], Int64, Int?)], ["MaxPool", "AveragePool", "LpPool"])
  func haveNoPositionInWhatIsTooSmall(
    _ sizes: (size: Int, kernel: Int64, stride: Int64, pads: [Int64], ceilMode: Int64, count: Int?), opType: String
  ) throws {
    for rank in 1...3 {
      let attributes: AttributeList = [
        "kernel_shape": .ints(Array(repeating: sizes.kernel, count: rank)),
        "strides": .ints(Array(repeating: sizes.stride, count: rank)), "ceil_mode": .int(sizes.ceilMode),
        "pads": .ints(Array(repeating: sizes.pads[0], count: rank) + Array(repeating: sizes.pads[1], count: rank)),
      ]
      let x = try Tensor(repeating: 1 as Float, shape: [1, 2] + Array(repeating: sizes.size, count: rank))
      guard let count = sizes.count else {
        let code = try errorCode { _ = try evaluate(opType, opset: 22, attributes: attributes, [x]) }
        #expect(code == .invalidModel)
        continue
      }
      let y = try evaluate(opType, opset: 22, attributes: attributes, [x])[0]
      #expect(y?.shape == [1, 2] + Array(repeating: count, count: rank))
    }
  }

  @Test func convolutionsHaveAPosition() throws {
    let x = try Tensor.counting([1, 1, 2])
    #expect(try errorCode { _ = try evaluate("Conv", opset: 11, [x, .counting([1, 1, 3])]) } == .invalidModel)
  }

  @Test func dilates() throws {
    let y = try pool(counting, opset: 10, ["kernel_shape": .ints([2, 2]), "dilations": .ints([2, 3])], outputs: 2)
    #expect(
      try y == [
        Tensor(shape: [1, 1, 2, 1], [11, 15] as [Float]), Tensor(shape: [1, 1, 2, 1], [11, 15] as [Int64]),
      ])
  }

  @Test(arguments: [8, 10, 11, 12, 22]) func countsIndicesInEitherOrder(opset: Int) throws {
    let x = try Tensor.counting([1, 2, 2, 2, 3])
    let attributes: AttributeList = ["kernel_shape": .ints([2, 2, 2])]
    var columnMajor = attributes
    columnMajor["storage_order"] = .int(1)
    #expect(try pool(x, opset: opset, attributes, outputs: 2)[1].elements(as: Int64.self) == [10, 11, 22, 23])
    // z + depth · (y + rows · x), and the channel's first element is 12.
    #expect(
      try pool(x, opset: opset, columnMajor, outputs: 2)[1].elements(as: Int64.self)
        == [7, 11, 12 + 7, 12 + 11])
  }

  @Test func prefersTheFirstOfEqualsAndNaNToNumbers() throws {
    let x = try Tensor(shape: [1, 1, 6], [5, 5, 1, .nan, 7, .nan] as [Float])
    let y = try pool(x, ["kernel_shape": .ints([3]), "strides": .ints([3])], outputs: 2)
    let values = try y[0].elements(as: Float.self)
    #expect(values[0] == 5 && values[1].isNaN)
    #expect(try y[1].elements(as: Int64.self) == [0, 3])
  }

  @Test func givesTheLowestValueWhereThereIsOnlyPadding() throws {
    let attributes: AttributeList = ["kernel_shape": .ints([1]), "pads": .ints([1, 0])]
    let y = try pool(Tensor(shape: [1, 1, 1], [3] as [Double]), attributes, outputs: 2)
    #expect(try y[0].elements(as: Double.self) == [-.infinity, 3])
    #expect(try y[1].elements(as: Int64.self) == [-1, 0])
    #expect(try pool(Tensor(zeros: [1, 1, 0], of: .int8), attributes)[0].elements(as: Int8.self) == [-128])
  }

  @Test func acceptsBytesSinceOpset12() throws {
    let x = try Tensor(shape: [1, 1, 3], [-5, -7, 3] as [Int8])
    #expect(try pool(x, ["kernel_shape": .ints([2])]) == [Tensor(shape: [1, 1, 2], [-5, 3] as [Int8])])
    #expect(try errorCode { _ = try pool(x, opset: 11, ["kernel_shape": .ints([2])]) } == .unsupported)
    let half = try Tensor(shape: [1, 1, 3], [-5, -7, 3] as [Float16])
    #expect(try pool(half, ["kernel_shape": .ints([2])]) == [Tensor(shape: [1, 1, 2], [-5, 3] as [Float16])])
  }

  @Test func acceptsEmptyBatches() throws {
    #expect(
      try pool(Tensor(zeros: [0, 3, 4, 4], of: .float32), square, outputs: 2).map(\.shape) == [
        [0, 3, 3, 3], [0, 3, 3, 3],
      ])
  }

  @Test func keepsSymbols() throws {
    let x = TensorType(.float32, ["N", 3, "H", 7])
    let same = try infer(
      "MaxPool", opset: 12, attributes: ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1])], [x], outputs: 2)
    #expect(same == [x, TensorType(.int64, ["N", 3, "H", 7])])
    #expect(
      try infer("MaxPool", opset: 12, attributes: square, [x])[0].shape == ["N", 3, .unknown, 6])
    #expect(
      try infer("MaxPool", opset: 12, attributes: square, [TensorType(.float32, nil)])[0].shape
        == Shape(unknownOfRank: 4))
  }

  @Test(
    arguments: [
      ([:], .invalidModel),
      (["kernel_shape": .ints([])], .invalidModel),
      (["kernel_shape": .ints([0, 2])], .invalidModel),
      (["kernel_shape": .ints([6, 1])], .invalidModel),
      (["kernel_shape": .ints([2])], .invalidModel),
      (["kernel_shape": .ints([2, 2, 2, 2])], .unsupported),
      (["kernel_shape": .ints([2, 2]), "strides": .ints([1])], .invalidModel),
      (["kernel_shape": .ints([2, 2]), "pads": .ints([1, 1])], .invalidModel),
      (["kernel_shape": .ints([2, 2]), "storage_order": .int(2)], .invalidModel),
      (["kernel_shape": .ints([2, 2]), "auto_pad": .string(Array("SAME".utf8))], .invalidModel),
      (["kernel_shape": .ints([Int64.max, 2])], .invalidModel),
    ] as [(AttributeList, InfoldError.Code)])
  func refusesWindowsThatAreNone(attributes: AttributeList, code: InfoldError.Code) throws {
    #expect(try errorCode { _ = try pool(counting, attributes) } == code)
  }

  @Test func refusesWhatItsVersionDoesNotHave() throws {
    #expect(try errorCode { _ = try pool(counting, opset: 1, square, outputs: 2) } == .invalidModel)
    for (opset, name) in [(1, "storage_order"), (8, "ceil_mode")] {
      var attributes = square
      attributes[name] = .int(1)
      #expect(try errorCode { _ = try pool(counting, opset: opset, attributes) } == .invalidModel)
    }
  }
}
