public import Infold

/// An element type with its name in the Open Inference Protocol.
public enum Datatype: String, Sendable, Hashable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "UINT8"
  case uint16 = "UINT16"
  case uint32 = "UINT32"
  case uint64 = "UINT64"
  case int8 = "INT8"
  case int16 = "INT16"
  case int32 = "INT32"
  case int64 = "INT64"
  case float16 = "FP16"
  case float32 = "FP32"
  case float64 = "FP64"
  case bfloat16 = "BF16"

  /// The datatype of an element type, or `nil` for types that requests cannot contain: strings,
  /// complex numbers, and numbers of less than 8 bits.
  public init?(_ elementType: ElementType) {
    switch elementType {
    case .bool: self = .bool
    case .uint8: self = .uint8
    case .uint16: self = .uint16
    case .uint32: self = .uint32
    case .uint64: self = .uint64
    case .int8: self = .int8
    case .int16: self = .int16
    case .int32: self = .int32
    case .int64: self = .int64
    case .float16: self = .float16
    case .float32: self = .float32
    case .float64: self = .float64
    case .bfloat16: self = .bfloat16
    default: return nil
    }
  }

  /// The element type of a tensor.
  public var elementType: ElementType {
    switch self {
    case .bool: .bool
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .float16: .float16
    case .float32: .float32
    case .float64: .float64
    case .bfloat16: .bfloat16
    }
  }

  /// The Swift type of an element.
  public var swiftType: any TensorElement.Type { elementType.swiftType! }

  /// The size of an element in bytes.
  public var byteWidth: Int { elementType.bitWidth! / 8 }

  /// The datatype with this name.
  /// - Throws: `ServingError` with `.invalidArgument` for an unknown name, and for `BYTES`, which
  ///   Infold does not support.
  public init(named name: String) throws(ServingError) {
    guard let datatype = Datatype(rawValue: name) else {
      let reason =
        name == "BYTES"
        ? "unsupported datatype BYTES: strings are not supported"
        : "unknown datatype '\(name.printable)'"
      throw ServingError(.invalidArgument, reason)
    }
    self = datatype
  }
}
