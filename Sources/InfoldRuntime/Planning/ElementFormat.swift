import InfoldKernelInterface
import InfoldTensor

/// What the elements of a value are in planned memory.
///
/// It need not be what they are in a tensor: quantized numbers are unsigned in planned memory.
enum ElementFormat: Hashable, Sendable {
  /// Numbers in single precision.
  case float32
  /// Quantized numbers of 8 bits, unsigned: `offset` is what was added to them, 128 to those of int8.
  case quantized(offset: UInt8)
  /// Other elements of so many bytes, 1, 2, 4 or 8, which kernels move, compare and convert: integers and truth values, and numbers in
  /// half and double precision.
  case integer(byteCount: Int)

  /// The format of values of a type; `nil` for a type that plans have no memory for.
  init?(_ type: ElementType) {
    switch type {
    case .float32: self = .float32
    case .uint8: self = .quantized(offset: 0)
    case .int8: self = .quantized(offset: 128)
    case .bool: self = .integer(byteCount: 1)
    case .int16, .uint16, .float16, .bfloat16: self = .integer(byteCount: 2)
    case .int32, .uint32: self = .integer(byteCount: 4)
    case .int64, .uint64, .float64: self = .integer(byteCount: 8)
    default: return nil
    }
  }

  /// The bytes of an element.
  var byteCount: Int {
    switch self {
    case .float32: 4
    case .quantized: 1
    case .integer(let byteCount): byteCount
    }
  }

  /// The bytes of an element, for what is compiled for each number of them.
  var width: ElementWidth {
    switch self {
    case .float32: .four
    case .quantized: .one
    case .integer(let byteCount): ElementWidth(byteCount: byteCount)
    }
  }

  /// What was added to the elements, each a byte.
  var offset: UInt8 {
    if case .quantized(let offset) = self { offset } else { 0 }
  }

  /// Whether kernels compute with bytes, and may read behind the last one.
  var isQuantized: Bool {
    if case .quantized = self { true } else { false }
  }

  /// The same elements as a tensor holds them.
  var inTensors: ElementFormat { isQuantized ? .integer(byteCount: 1) : self }

  /// The bytes that so many elements take, with those behind them that kernels may read.
  func byteCount(of count: Int) -> Int {
    count * byteCount + (isQuantized ? byteSlack : 0)
  }
}

/// The bytes of an element that plans have memory for.
enum ElementWidth: Sendable {
  case one, two, four, eight

  init(byteCount: Int) {
    switch byteCount {
    case 1: self = .one
    case 2: self = .two
    case 4: self = .four
    case 8: self = .eight
    default: preconditionFailure("plans have no memory for elements of \(byteCount) bytes")
    }
  }
}
