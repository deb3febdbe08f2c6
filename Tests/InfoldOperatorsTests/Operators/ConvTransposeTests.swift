import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ConvTransposeTests {
  private func convolve(_ inputs: [Tensor?], opset: Int = 11, _ attributes: AttributeList = [:]) throws -> Tensor {
    try #require(try evaluate("ConvTranspose", opset: opset, attributes: attributes, inputs)[0])
  }

  /// x is 1 2 3, w is 1 10 100, so that with stride 2 and no padding y is 1 10 102 20 203 30 300.
  private func line(opset: Int = 11, _ attributes: AttributeList) throws -> [Float] {
    let x = try Tensor(shape: [1, 1, 3], [1, 2, 3] as [Float])
    let w = try Tensor(shape: [1, 1, 3], [1, 10, 100] as [Float])
    return try convolve([x, w], opset: opset, attributes).elements()
  }

  @Test(
    arguments: [1, 11, 22],
    [
      ([:], [1, 12, 123, 230, 300]),
      (["dilations": .ints([2])], [1, 2, 13, 20, 130, 200, 300]),
      (["strides": .ints([2]), "output_padding": .ints([1])], [1, 10, 102, 20, 203, 30, 300, 0]),
      (["strides": .ints([2]), "pads": .ints([1, 0])], [10, 102, 20, 203, 30, 300]),
      (["strides": .ints([2]), "pads": .ints([0, 2]), "kernel_shape": .ints([3])], [1, 10, 102, 20, 203]),
      (["strides": .ints([2]), "output_shape": .ints([6])], [10, 102, 20, 203, 30, 300]),
      (
        ["strides": .ints([2]), "output_shape": .ints([6]), "output_padding": .ints([1])], [10, 102, 20, 203, 30, 300]
      ),
      (
        ["strides": .ints([2]), "output_shape": .ints([6]), "auto_pad": .string(Array("SAME_UPPER".utf8))],
        [1, 10, 102, 20, 203, 30]
      ),
      (["strides": .ints([2]), "output_shape": .ints([9])], [1, 10, 102, 20, 203, 30, 300, 0, 0]),
      (["strides": .ints([2]), "output_shape": .ints([1])], [20]),
      (["strides": .ints([2]), "auto_pad": .string(Array("SAME_UPPER".utf8))], [1, 10, 102, 20, 203, 30]),
      (["strides": .ints([2]), "auto_pad": .string(Array("SAME_LOWER".utf8))], [10, 102, 20, 203, 30, 300]),
      (
        ["strides": .ints([4]), "auto_pad": .string(Array("SAME_LOWER".utf8))],
        [1, 10, 100, 0, 2, 20, 200, 0, 3, 30, 300, 0]
      ),
      // A padding of −1 and of −2, according to the equations of the standard.
      (
        ["strides": .ints([4]), "auto_pad": .string(Array("SAME_UPPER".utf8))],
        [0, 1, 10, 100, 0, 2, 20, 200, 0, 3, 30, 300]
      ),
      (
        ["strides": .ints([5]), "auto_pad": .string(Array("SAME_UPPER".utf8))],
        [0, 1, 10, 100, 0, 0, 2, 20, 200, 0, 0, 3, 30, 300, 0]
      ),
      (
        ["strides": .ints([5]), "auto_pad": .string(Array("SAME_LOWER".utf8))],
        [0, 1, 10, 100, 0, 0, 2, 20, 200, 0, 0, 3, 30, 300, 0]
      ),
      (
        [
          "strides": .ints([5]), "auto_pad": .string(Array("SAME_LOWER".utf8)), "output_padding": .ints([3]),
        ],
        [10, 100, 0, 0, 2, 20, 200, 0, 0, 3, 30, 300, 0, 0, 0]
      ),
      (["strides": .ints([2]), "auto_pad": .string(Array("VALID".utf8))], [1, 10, 102, 20, 203, 30, 300]),
    ] as [(AttributeList, [Float])])
  func spreadsTheInput(opset: Int, form: (attributes: AttributeList, y: [Float])) throws {
    #expect(try line(opset: opset, form.attributes) == form.y)
  }

  @Test(arguments: [1, 11, 22]) func keepsGroupsApartAndAddsTheBias(opset: Int) throws {
    let x = try Tensor(shape: [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8] as [Float])
    let w = try Tensor(shape: [2, 2, 1], [1, 10, 100, 1000] as [Float])
    let bias = try Tensor(shape: [4], [0.5, 0, 0, 0.25] as [Float])
    let y = try convolve([x, w, bias], opset: opset, ["group": .int(2)])
    #expect(
      try y
        == Tensor(
          shape: [2, 4, 2],
          [1.5, 2.5, 10, 20, 300, 400, 3000.25, 4000.25, 5.5, 6.5, 50, 60, 700, 800, 7000.25, 8000.25] as [Float]))
    let mixed = try convolve([x, w], opset: opset)
    #expect(try mixed.elements(as: Float.self)[..<4] == [301, 402, 3010, 4020])
  }

  @Test func coversPlanesAndVolumes() throws {
    let plane = try convolve(
      [.counting([1, 1, 2, 2]), .counting([1, 1, 2, 3])], ["strides": .ints([2, 1]), "pads": .ints([0, 1, 1, 0])])
    #expect(try plane == Tensor(shape: [1, 1, 3, 3], [0, 1, 2, 3, 4, 5, 2, 7, 6] as [Float]))
    let volume = try convolve(
      [.counting([1, 1, 1, 2, 1]), Tensor(shape: [1, 1, 2, 1, 2], [1, 2, 3, 4] as [Float])],
      ["strides": .ints([1, 2, 1])])
    #expect(try volume == Tensor(shape: [1, 1, 2, 3, 2], [0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 4] as [Float]))
  }

  @Test func acceptsEmptyTensors() throws {
    let w = try Tensor.counting([1, 2, 3])
    #expect(try convolve([Tensor(zeros: [0, 1, 4], of: .float32), w]).shape == [0, 2, 6])
    #expect(
      try convolve([Tensor(zeros: [1, 1, 0], of: .float32), w, .counting([2])]).elements(as: Float.self)
        == [0, 0, 1, 1])
  }

  @Test func keepsSymbols() throws {
    let w = TensorType(.float32, [8, 4, 3, 3])
    func shape(_ x: Shape?, _ attributes: AttributeList) throws -> Shape? {
      try infer("ConvTranspose", opset: 11, attributes: attributes, [TensorType(.float32, x), w])[0].shape
    }
    #expect(try shape(["N", 8, "H", 5], ["pads": .ints([1, 1, 1, 1]), "group": .int(2)]) == ["N", 8, "H", 5])
    #expect(try shape(["N", 8, "H", 5], ["strides": .ints([2, 2])]) == ["N", 4, .unknown, 11])
    #expect(try shape(["N", 8, "H", "W"], ["output_shape": .ints([7, 9])]) == ["N", 4, 7, 9])
    #expect(try shape(nil, ["auto_pad": .string(Array("SAME_UPPER".utf8))]) == [.unknown, 4, .unknown, .unknown])
    #expect(
      try infer("ConvTranspose", opset: 11, [TensorType(.float32, nil), TensorType(.float32, nil)])[0].shape == nil)
  }

  @Test(
    arguments: [
      (["group": .int(0)], .invalidModel),
      (["group": .int(2)], .invalidModel),
      (["kernel_shape": .ints([2])], .invalidModel),
      (["output_padding": .ints([1])], .invalidModel),
      (["output_padding": .ints([-1])], .invalidModel),
      (["output_padding": .ints([0, 0])], .invalidModel),
      (["output_shape": .ints([1, 1, 6])], .invalidModel),
      (["output_shape": .ints([-1])], .invalidModel),
      (["pads": .ints([3, 3])], .invalidModel),
      (["dilations": .ints([2_147_483_647])], .limitExceeded),
      (["ceil_mode": .int(1)], .invalidModel),
      (["output_shape": .ints([.max])], .limitExceeded),
    ] as [(AttributeList, InfoldError.Code)])
  func refusesWindowsThatAreNone(attributes: AttributeList, code: InfoldError.Code) throws {
    #expect(try errorCode { _ = try line(attributes) } == code)
  }

  @Test(
    arguments: [
      ([1, 2, 3], [1, 1, 3], nil), ([1, 1, 3], [1, 1, 3, 3], nil), ([1, 1], [1, 1], nil), ([1, 1, 3], [1, 2, 3], [1]),
      ([1, 1, 3], [1, 1, 0], nil), ([1, 1, 3], [1, 1, 3], [1, 1]), ([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], nil),
    ] as [([Int], [Int], [Int]?)])
  func refusesShapesThatDoNotFit(x: [Int], w: [Int], bias: [Int]?) throws {
    #expect(
      try errorCode { _ = try convolve([.counting(x), .counting(w), bias.map { try .counting($0) }]) } == .invalidModel)
  }
}
