import InfoldSystem

/// NumPy's file format for one array, `.npy`.
///
/// Versions 1 to 3 can be read, in both byte orders and both element orders, with every element
/// type that NumPy and tensors share: bool, integers, float16, float32, float64, complex64,
/// complex128. NumPy has no bfloat16.
public enum NumPyFile {
  /// Reads the file at `path`.
  /// - Throws: `InfoldError` that names the file: `.fileAccess` if it cannot be read or is neither
  ///   a file nor a pipe, `.malformedData` if it is damaged or has more or fewer bytes than its
  ///   header declares, `.unsupported` if a tensor cannot hold its elements, `.limitExceeded` if
  ///   they do not fit into memory.
  public static func read(_ path: String) throws(InfoldError) -> Tensor {
    try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let file: RegularFile
      switch try ReadableFile(path: path, limit: .max, pipeLimit: MachineMemory.defaultLimit) {
      case .regular(let regular): file = regular
      case .bytes(let bytes): return try decode(bytes)
      }
      let place = try NumPyHeader.Place(
        file.bytes(at: 0, count: min(file.size, NumPyHeader.preambleLength)))
      guard place.range.upperBound <= file.size else { throw InfoldError(.malformedData, "ends inside its header") }
      let header = try NumPyHeader(
        file.bytes(at: place.range.lowerBound, count: place.range.count), isUTF8: place.isUTF8)
      return try readElements(header, byteCount: file.size - place.range.upperBound) { buffer throws(InfoldError) in
        try file.read(into: buffer, at: place.range.upperBound)
      }
    }
  }

  /// Decodes a file in memory, like `read(_:)`.
  public static func decode(_ bytes: [UInt8]) throws(InfoldError) -> Tensor {
    let place = try NumPyHeader.Place(Array(bytes.prefix(NumPyHeader.preambleLength)))
    guard place.range.upperBound <= bytes.count else { throw InfoldError(.malformedData, "ends inside its header") }
    let header = try NumPyHeader(Array(bytes[place.range]), isUTF8: place.isUTF8)
    return try readElements(header, byteCount: bytes.count - place.range.upperBound) { buffer in
      bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place.range.upperBound...])) }
    }
  }

  /// Writes `tensor` to `path` as version 1.0, little-endian, in row-major order. An existing file
  /// is replaced atomically.
  /// - Throws: `InfoldError` that names the file: `.unsupported` if no NumPy array has the tensor's
  ///   type or rank, `.fileAccess` if the file cannot be written.
  public static func write(_ tensor: Tensor, to path: String) throws(InfoldError) {
    let header = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in try NumPyHeader(of: tensor) }
    try writeReplacing(path) { (file) throws(InfoldError) in
      try file.write(header.serialized)
      try tensor.withUnsafeBytes { (bytes) throws(InfoldError) in try file.write(bytes) }
    }
  }

  /// Returns the bytes that `write(_:to:)` writes.
  /// - Throws: `InfoldError` with `.unsupported` if no NumPy array has the tensor's type or rank.
  public static func encode(_ tensor: Tensor) throws(InfoldError) -> [UInt8] {
    let header = try NumPyHeader(of: tensor)
    return tensor.withUnsafeBytes { header.serialized + Array($0) }
  }

  /// Checks that `write(_:to:)` supports tensors of this type.
  /// - Throws: `InfoldError` with `.unsupported` if NumPy has no equivalent type.
  public static func requireSupport(of elementType: ElementType) throws(InfoldError) {
    _ = try NumPyType(elementType)
  }
}

#if _endian(big)
  #error("tensors in memory are assumed to be little-endian")
#endif

extension NumPyFile {
  private static func readElements(
    _ header: NumPyHeader, byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(InfoldError) -> Void
  ) throws(InfoldError) -> Tensor {
    let type = header.type.elementType
    let (_, expected) = try Tensor.extent(of: header.shape, type)
    guard byteCount == expected else {
      throw InfoldError(
        .malformedData,
        "has \(byteCount) bytes of elements, but its shape \(header.shape) of \(type) elements needs \(expected)")
    }
    guard byteCount <= MachineMemory.byteCount else {
      throw InfoldError(
        .limitExceeded, "has \(counted(byteCount, "byte")) of elements, which exceeds the memory of this machine")
    }
    var tensor = try Tensor(zeros: header.shape, of: type)
    try tensor.withUnsafeMutableBytes { (buffer) throws(InfoldError) in
      try fill(buffer)
      if header.type.byteOrder == .big { reverseBytes(buffer, of: header.type.numberSize) }
      if type == .bool, let byte = buffer.first(where: { $0 > 1 }) {
        throw InfoldError(.malformedData, "has a bool with the value \(byte), but only 0 and 1 are valid")
      }
    }
    return header.isFortranOrder ? try inRowMajorOrder(tensor, elementSize: header.type.elementSize) : tensor
  }

  private static func reverseBytes(_ buffer: UnsafeMutableRawBufferPointer, of numberSize: Int) {
    for start in stride(from: 0, to: buffer.count, by: numberSize) {
      var number = buffer[start..<(start + numberSize)]
      number.reverse()
    }
  }

  /// Returns the elements of `columns`, which are stored with the first index changing fastest, in
  /// row-major order.
  private static func inRowMajorOrder(_ columns: Tensor, elementSize: Int) throws(InfoldError) -> Tensor {
    guard columns.shape.count > 1, columns.count > 0 else { return columns }
    return switch elementSize {
    case 1: try transposed(columns, as: UInt8.self)
    case 2: try transposed(columns, as: UInt16.self)
    case 4: try transposed(columns, as: UInt32.self)
    case 8: try transposed(columns, as: UInt64.self)
    default: try transposed(columns, as: UInt128.self)
    }
  }

  private static func transposed<Bits: BitwiseCopyable>(_ columns: Tensor, as _: Bits.Type) throws(InfoldError)
    -> Tensor
  {
    let shape = columns.shape
    let strides = shape.dropLast().reduce(into: [1]) { $0.append($0.last! * $1) }
    var rows = try Tensor(zeros: shape, of: columns.elementType)
    try columns.withUnsafeBytes { columns throws(InfoldError) in
      try rows.withUnsafeMutableBytes { rows in
        let source = columns.bindMemory(to: Bits.self), target = rows.bindMemory(to: Bits.self)
        let length = shape.last!, step = strides.last!
        var index = [Int](repeating: 0, count: shape.count - 1)
        var start = 0
        for row in stride(from: 0, to: target.count, by: length) {
          for column in 0..<length { target[row + column] = source[start + column * step] }
          for axis in index.indices.reversed() {
            index[axis] += 1
            start += strides[axis]
            if index[axis] < shape[axis] { break }
            start -= strides[axis] * shape[axis]
            index[axis] = 0
          }
        }
      }
    }
    return rows
  }
}
