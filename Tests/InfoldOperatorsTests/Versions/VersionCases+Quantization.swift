import InfoldGraph
import InfoldOperators

extension VersionCase {
  /// Quantized numbers.
  static let quantization = quantized + dequantized + integerProducts

  private static let versions = [10, 13, 19, 21, 23, 24, 25, 28]

  private static func since(_ version: Int) -> [Int] { versions.filter { $0 >= version } }

  private static let quantized = [
    VersionCase(
      "QuantizeLinear", versions, [floats(-3, 1, 3, 900), floats([], 2), integers([], 1).of(.int8)],
      gives: integers(-1, 1, 3, 127).of(.int8)),
    VersionCase(
      "QuantizeLinear", since(13), ["axis": .int(0)], [floats([2, 1], 3, 9), floats(1, 3)],
      gives: integers([2, 1], 3, 3).of(.uint8)),
    VersionCase(
      "QuantizeLinear", since(19), ["saturate": .int(0)], [floats(2, 4), floats([], 2)],
      gives: integers(1, 2).of(.uint8)),
    VersionCase(
      "QuantizeLinear", since(21), ["axis": .int(0), "block_size": .int(2), "output_dtype": .int(5)],
      [floats(200, 600, -900), floats(1, 3)], gives: integers(200, 600, -300).of(.int16)),
    // The nearest number in float16 is 2050.
    VersionCase(
      "QuantizeLinear", since(23), ["precision": .int(10), "output_dtype": .int(4)],
      [floats(2049.25), floats([], 1)], gives: integers(2050).of(.uint16)),
    VersionCase(
      "DynamicQuantizeLinear", [11], [:], [floats(-1, 0, 1.55)], gives: bytes(0, 100, 255), floats([], 0.01),
      integers([], 100).of(.uint8)),
  ]

  private static func bytes(_ values: Double...) -> Numbers {
    Numbers(type: .uint8, shape: [values.count], values: values)
  }

  private static let dequantized = [
    VersionCase(
      "DequantizeLinear", versions, [bytes(1, 3, 255), floats([], 2), integers([], 3).of(.uint8)],
      gives: floats(-4, 0, 504)),
    VersionCase(
      "DequantizeLinear", since(13), ["axis": .int(0)], [integers([2, 1], 3, -3).of(.int8), floats(1, 3)],
      gives: floats([2, 1], 3, -9)),
    VersionCase(
      "DequantizeLinear", since(21), ["axis": .int(0), "block_size": .int(2)],
      [integers(1, 2, 3).of(.int16), floats(1, 3)], gives: floats(1, 2, 9)),
    VersionCase(
      "DequantizeLinear", since(23), ["output_dtype": .int(10)], [bytes(1, 2), floats([], 0.5)],
      gives: floats(0.5, 1).of(.float16)),
  ]

  private static let window: AttributeList = [
    "kernel_shape": .ints([2]), "strides": .ints([2]), "pads": .ints([1, 2]), "dilations": .ints([2]), "group": .int(2),
  ]

  private static func bytes(_ shape: [Int], _ values: Double...) -> Numbers {
    Numbers(type: .uint8, shape: shape, values: values)
  }

  private static let integerProducts = [
    VersionCase(
      "MatMulInteger", [10], [bytes([2, 2], 1, 2, 3, 4), bytes([2, 1], 5, 7), bytes(1, 3), bytes(6)],
      gives: Numbers(type: .int32, shape: [2, 1], values: [1, 1])),
    VersionCase(
      "QLinearMatMul", [10, 21],
      [
        bytes([2, 2], 1, 2, 3, 4), floats(0.5, 2), bytes(1, 3), bytes([2, 1], 5, 7), floats([], 3), bytes([], 6),
        floats([], 0.25), bytes([], 10),
      ], gives: bytes([2, 1], 16, 34)),
    VersionCase(
      "ConvInteger", [10], window, [bytes([1, 2, 3], 2, 3, 4, 5, 6, 7), bytes([2, 1, 2], 1, 2, 3, 4), bytes([], 1)],
      gives: Numbers(type: .int32, shape: [1, 2, 2], values: [4, 2, 20, 15])),
    VersionCase(
      "ConvInteger", [10], ["auto_pad": .text("SAME_LOWER")],
      [bytes([1, 1, 2], 2, 3), bytes([1, 1, 2], 1, 2)],
      gives: Numbers(type: .int32, shape: [1, 1, 2], values: [4, 8])),
    VersionCase(
      "QLinearConv", [10], window,
      [
        bytes([1, 2, 3], 2, 3, 4, 5, 6, 7), floats([], 0.5), bytes([], 1), bytes([2, 1, 2], 1, 2, 3, 4), floats(1, 2),
        bytes([], 0), floats([], 0.5), bytes([], 3), Numbers(type: .int32, shape: [2], values: [1, -10]),
      ], gives: bytes([1, 2, 2], 8, 6, 23, 13)),
    VersionCase(
      "QLinearConv", [10], ["auto_pad": .text("SAME_LOWER")],
      [
        bytes([1, 1, 2], 2, 3), floats([], 0.5), bytes([], 0), bytes([1, 1, 2], 1, 2), floats([], 1), bytes([], 0),
        floats([], 1), bytes([], 0),
      ], gives: bytes([1, 1, 2], 2, 4)),
  ]
}
