import InfoldSystem

/// The element type of an array in a `.npy` file: NumPy's array-protocol type string, such as
/// `<f4`.
struct NumPyType: Hashable {
  /// The byte order of a number.
  enum ByteOrder: String {
    case little = "<"
    case big = ">"
    /// The numbers have one byte.
    case notApplicable = "|"
  }

  let elementType: ElementType
  let byteOrder: ByteOrder

  /// Type codes without byte order.
  private static let codes: [(code: String, type: ElementType)] = [
    ("b1", .bool), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64), ("u1", .uint8), ("u2", .uint16),
    ("u4", .uint32), ("u8", .uint64), ("f2", .float16), ("f4", .float32), ("f8", .float64), ("c8", .complex64),
    ("c16", .complex128),
  ]

  /// Parses a type string.
  /// - Throws: `InfoldError` with `.unsupported` if a tensor cannot hold such elements.
  init(_ description: String) throws(InfoldError) {
    let (order, code) = (description.prefix(1), description.dropFirst())
    guard let entry = Self.codes.first(where: { $0.code == code }) else {
      throw InfoldError(
        .unsupported, "has elements of the unsupported NumPy type \(String(quoting: description))",
        hint: "save the array as bool, integer, float or complex numbers")
    }
    elementType = entry.type
    // NumPy reads "=" and "|" as the machine's byte order, which is little-endian on Infold's
    // platforms.
    switch order {
    case "<", "=": byteOrder = .little
    case ">": byteOrder = .big
    case "|": byteOrder = entry.type.bitWidth == 8 ? .notApplicable : .little
    default:
      throw InfoldError(
        .malformedData, "has elements of type \(String(quoting: description)), which lacks a byte order")
    }
  }

  /// Creates the type with which tensors of `elementType` are written.
  /// - Throws: `InfoldError` with `.unsupported` if NumPy has no equivalent type.
  init(_ elementType: ElementType) throws(InfoldError) {
    guard Self.codes.contains(where: { $0.type == elementType }) else {
      throw InfoldError(.unsupported, "NumPy has no type for \(elementType) elements")
    }
    self.elementType = elementType
    byteOrder = elementType.bitWidth == 8 ? .notApplicable : .little
  }

  /// The type string.
  var description: String {
    byteOrder.rawValue + Self.codes.first { $0.type == elementType }!.code
  }

  /// The size of one element in bytes.
  var elementSize: Int { elementType.bitWidth! / 8 }

  /// The size of one number in bytes: half an element if it is complex.
  var numberSize: Int {
    elementType == .complex64 || elementType == .complex128 ? elementSize / 2 : elementSize
  }
}
