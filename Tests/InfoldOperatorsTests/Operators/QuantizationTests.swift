import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear.
@Suite struct QuantizationTests {
  @Test func boundsRoundsAndPassesOverNaN() throws {
    let x = try Tensor(shape: [6], [0.5, 1.5, -1, 1e30, -.infinity, .nan] as [Float])
    let y = try evaluate("QuantizeLinear", opset: 28, [x, Tensor(scalar: Float(1))])
    #expect(y[0] == (try Tensor(shape: [6], [0, 2, 0, 255, 0, 0] as [UInt8])))
    let signed = try evaluate("QuantizeLinear", opset: 28, [x, Tensor(scalar: Float(1)), Tensor(scalar: Int16(-5))])
    #expect(signed[0] == (try Tensor(shape: [6], [-5, -3, -6, .max, .min, 0] as [Int16])))
  }

  @Test func quantizesIntegersAndHalves() throws {
    let integers = try evaluate(
      "QuantizeLinear", opset: 10, [Tensor(shape: [2], [-3, 7] as [Int32]), Tensor(shape: [1], [2] as [Float])])
    #expect(integers[0] == (try Tensor(shape: [2], [0, 4] as [UInt8])))
    // In float16, 0.3 is 0.30005, and the quotient 3332.8 is 3332.
    let halves = try evaluate(
      "QuantizeLinear", opset: 21, attributes: ["output_dtype": .int(4)],
      [Tensor(shape: [1], [1000] as [Float16]), Tensor(scalar: 0.3 as Float16)])
    #expect(halves[0] == (try Tensor(shape: [1], [3332] as [UInt16])))
  }

  @Test func choosesScalesByBlock() throws {
    let x = try Tensor(shape: [2, 3, 1], [1, 2, 3, 4, 5, 6] as [Int8])
    let scale = try Tensor(shape: [2, 2, 1], [1, 10, 100, 1000] as [Float])
    let zeroPoint = try Tensor(shape: [2, 2, 1], [0, 1, 2, 3] as [Int8])
    let y = try evaluate(
      "DequantizeLinear", opset: 21, attributes: ["axis": .int(-2), "block_size": .int(2)], [x, scale, zeroPoint])
    #expect(y[0] == (try Tensor(shape: [2, 3, 1], [1, 2, 20, 200, 300, 3000] as [Float])))
  }

  @Test func choosesScalesByPosition() throws {
    let x = try Tensor(shape: [1, 2, 2], [1, 2, 3, 4] as [UInt8])
    let y = try evaluate(
      "DequantizeLinear", opset: 13,
      [x, Tensor(shape: [2], [1, 10] as [Float]), Tensor(shape: [2], [1, 2] as [UInt8])])
    #expect(y[0] == (try Tensor(shape: [1, 2, 2], [0, 1, 10, 20] as [Float])))
    #expect(
      try evaluate(
        "DequantizeLinear", opset: 13, [Tensor(zeros: [0, 2], of: .int8), Tensor(shape: [2], [1, 2] as [Float])])[0]
        == Tensor(zeros: [0, 2], of: .float32))
  }

  @Test func refusesScalesThatDoNotFit() throws {
    func code(_ scale: Shape, zeroPoint: Shape? = nil, opset: Int = 28, _ attributes: AttributeList = [:]) throws
      -> InfoldError.Code?
    {
      try errorCode {
        _ = try infer(
          "QuantizeLinear", opset: opset, attributes: attributes,
          [
            TensorType(.float32, [2, 3, "W"]), TensorType(.float32, scale),
            zeroPoint.map { TensorType(.int8, $0) },
          ])
      }
    }
    #expect(try code([3]) == nil)
    #expect(try code([1]) == nil)
    #expect(try code([3], opset: 10) == .invalidModel)
    #expect(try code([2]) == .invalidModel)
    #expect(try code([2, 3]) == .invalidModel)
    #expect(try code([3], ["axis": .int(3)]) == .invalidModel)
    #expect(try code([3], zeroPoint: [2]) == .invalidModel)
    #expect(try code([3], zeroPoint: []) == .invalidModel)
    #expect(try code([1], zeroPoint: []) == nil)
    #expect(try code([2, 2, "W"], ["block_size": .int(2)]) == nil)
    #expect(try code([2, 3, "W"], ["block_size": .int(2)]) == .invalidModel)
    #expect(try code([], ["block_size": .int(-1)]) == .invalidModel)
  }

  @Test func refusesOtherTypes() throws {
    func code(_ attributes: AttributeList, zeroPoint: ElementType? = nil, opset: Int = 28) throws -> InfoldError.Code? {
      try errorCode {
        _ = try infer(
          "QuantizeLinear", opset: opset, attributes: attributes,
          [TensorType(.float32, [2]), TensorType(.float32, []), zeroPoint.map { TensorType($0, []) }])
      }
    }
    #expect(try code(["output_dtype": .int(17)]) == .unsupported)
    #expect(try code(["output_dtype": .int(99)]) == .invalidModel)
    #expect(try code(["output_dtype": .int(0)]) == nil)
    #expect(try code(["output_dtype": .int(2)], zeroPoint: .int8) == .invalidModel)
    #expect(try code([:], zeroPoint: .float8E4M3FN) == .unsupported)
    #expect(try code([:], zeroPoint: .int4) == nil)
    #expect(try code([:], zeroPoint: .int4, opset: 19) == .unsupported)
    #expect(try code([:], zeroPoint: .int16, opset: 19) == .unsupported)
    #expect(try code(["precision": .int(7)]) == .invalidModel)
    let integer = try errorCode {
      _ = try infer(
        "DequantizeLinear", opset: 28, attributes: ["output_dtype": .int(7)],
        [TensorType(.int8, [2]), TensorType(.float32, [])])
    }
    #expect(integer == .invalidModel)
  }

  @Test func findsAScale() throws {
    func quantize(_ x: [Float]) throws -> [Tensor?] {
      try evaluate("DynamicQuantizeLinear", opset: 11, [Tensor(shape: [x.count], x)], outputs: 3)
    }
    let positive = try quantize([51, 255])
    #expect(positive[0] == (try Tensor(shape: [2], [51, 255] as [UInt8])))
    #expect(positive[1] == (try Tensor(scalar: Float(1))))
    #expect(positive[2] == (try Tensor(scalar: UInt8(0))))
    let negative = try quantize([-255, .nan])
    #expect(negative[0] == (try Tensor(shape: [2], [0, 0] as [UInt8])))
    #expect(negative[2] == (try Tensor(scalar: UInt8(255))))
    let zero = try quantize([0])
    #expect(zero[0] == (try Tensor(shape: [1], [0] as [UInt8])))
    #expect(zero[1] == (try Tensor(scalar: Float(1) / 255)))
    #expect(try quantize([])[0]?.shape == [0])
  }
}
