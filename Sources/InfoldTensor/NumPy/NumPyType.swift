import InfoldSystem

/// The type of an array's elements in a `.npy` file: NumPy's array-protocol type string, like `<f4`.
struct NumPyType: Hashable {
  /// The order of the bytes of one number.
  enum ByteOrder: String {
    case little = "<"
    case big = ">"
    /// For numbers of one byte.
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

  /// Reads a type string.
  /// - Throws: `InfoldError` with `.unsupported` for what a tensor cannot hold.
  init(_ description: String) throws(InfoldError) {
    let (order, code) = (description.prefix(1), description.dropFirst())
    guard let entry = Self.codes.first(where: { $0.code == code }) else {
      throw InfoldError(
        .unsupported, "has elements of NumPy's type \(String(quoting: description))",
        hint: "save bool, integer, float or complex numbers")
    }
    elementType = entry.type
    // NumPy reads "=" and "|" as the byte order of the machine, for which Infold's is little.
    switch order {
    case "<", "=": byteOrder = .little
    case ">": byteOrder = .big
    case "|": byteOrder = entry.type.bitWidth == 8 ? .notApplicable : .little
    default:
      throw InfoldError(.malformedData, "has elements of type \(String(quoting: description)), without a byte order")
    }
  }

  /// The type as which tensors of `elementType` are written.
  /// - Throws: `InfoldError` with `.unsupported` where NumPy has no such type.
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

  /// Bytes of one element.
  var elementSize: Int { elementType.bitWidth! / 8 }

  /// Bytes of one number: half an element where it is complex.
  var numberSize: Int {
    elementType == .complex64 || elementType == .complex128 ? elementSize / 2 : elementSize
  }
}
