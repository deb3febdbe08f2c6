import InfoldKernelInterface
import InfoldTensor

/// The representation of a value's elements in planned memory.
///
/// It may differ from the representation in a tensor: quantized numbers are always unsigned in
/// planned memory.
enum ElementFormat: Hashable, Sendable {
  /// Single-precision floating-point numbers.
  case float32
  /// The bfloat16 numbers to which a matrix unit would round single-precision numbers when it reads
  /// them.
  case bfloat16
  /// The parts into which a matrix unit would split single-precision numbers when it reads them. The
  /// second parts of all elements of a buffer follow the first, at a distance of `planeStride`
  /// elements.
  case splitBFloat16(planeStride: Int)
  /// Unsigned 8-bit quantized numbers. `offset` is the number added to each element: 128 for int8.
  case quantized(offset: UInt8)
  /// Other elements of 1, 2, 4 or 8 bytes, which kernels move, compare and convert: integers,
  /// Booleans, and half- and double-precision numbers.
  case integer(byteCount: Int)

  /// Creates the format for an element type; `nil` for types that plans cannot store.
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

  /// The size of an element in bytes. If elements have two parts, it is that of a part.
  var byteCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16, .splitBFloat16: 2
    case .quantized: 1
    case .integer(let byteCount): byteCount
    }
  }

  /// The size of an element as a case, for code that is specialized for each size.
  var width: ElementWidth {
    switch self {
    case .float32: .four
    case .bfloat16, .splitBFloat16: .two
    case .quantized: .one
    case .integer(let byteCount): ElementWidth(byteCount: byteCount)
    }
  }

  /// The number added to each quantized element.
  var offset: UInt8 {
    if case .quantized(let offset) = self { offset } else { 0 }
  }

  /// Whether kernels compute with bytes and may read past the last element.
  var isQuantized: Bool {
    if case .quantized = self { true } else { false }
  }

  /// Whether elements have the numbers that a matrix unit multiplies.
  var isNarrow: Bool {
    switch self {
    case .bfloat16, .splitBFloat16: true
    default: false
    }
  }

  /// The distance between the two parts of an element; 0 if it has one.
  var planeStride: Int {
    if case .splitBFloat16(let planeStride) = self { planeStride } else { 0 }
  }

  /// Returns the number of floats in the memory of some elements, rounded down. Only bands depend on
  /// it, whose rows are whole numbers of floats.
  func floats(forElements count: Int) -> Int { count * byteCount / MemoryLayout<Float>.stride }

  /// The format of the same elements in a tensor.
  var inTensors: ElementFormat { isQuantized ? .integer(byteCount: 1) : self }

  /// Returns the size of a buffer for `count` elements, including the padding that kernels may
  /// read.
  func byteCount(of count: Int) -> Int {
    count * byteCount + (isQuantized ? byteSlack : 0)
  }
}

/// The size of an element in planned memory.
enum ElementWidth: Sendable {
  case one, two, four, eight

  init(byteCount: Int) {
    switch byteCount {
    case 1: self = .one
    case 2: self = .two
    case 4: self = .four
    case 8: self = .eight
    default: preconditionFailure("plans cannot store elements of \(byteCount) bytes")
    }
  }
}
