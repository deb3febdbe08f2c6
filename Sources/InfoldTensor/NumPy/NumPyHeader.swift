import InfoldSystem

/// The header of a `.npy` file (NumPy Enhancement Proposal 1, `numpy.lib.format`).
struct NumPyHeader {
  /// The magic bytes at the beginning of every file, before the version.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The largest rank of a NumPy array.
  static let maximumRank = 64
  /// The longest header that is read, in bytes. NumPy has the same limit.
  static let maximumLength = 10_000
  /// The bytes needed to locate the header: magic, version, and the longer of its two length
  /// formats.
  static let preambleLength = 12

  let type: NumPyType
  /// The sizes, outermost first, each ≥ 0.
  let shape: [Int]
  /// Whether the first index changes fastest in the file.
  let isFortranOrder: Bool

  /// The position of the header's text in the file.
  struct Place {
    var range: Range<Int>
    var isUTF8: Bool

    /// Reads the beginning of a file.
    /// - Parameter preamble: The first `preambleLength` bytes, or fewer if the file is shorter.
    /// - Throws: `InfoldError` with `.malformedData` if it is another kind of file, `.unsupported`
    ///   if it has another version.
    init(_ preamble: [UInt8]) throws(InfoldError) {
      guard preamble.starts(with: NumPyHeader.magic), preamble.count >= 10 else {
        throw InfoldError(.malformedData, "is not a .npy file")
      }
      let (major, minor) = (preamble[6], preamble[7])
      guard (1...3).contains(major), minor == 0 else {
        throw InfoldError(
          .unsupported, "is a .npy file of version \(major).\(minor); supported are versions 1.0 to 3.0")
      }
      let lengthSize = major == 1 ? 2 : 4
      guard preamble.count >= 8 + lengthSize else { throw InfoldError(.malformedData, "ends inside its header") }
      let length = preamble[8..<(8 + lengthSize)].reversed().reduce(0) { $0 << 8 | Int($1) }
      guard length <= NumPyHeader.maximumLength else {
        throw InfoldError(
          .limitExceeded,
          "has a header of \(counted(length, "byte")); the maximum is \(NumPyHeader.maximumLength)")
      }
      range = (8 + lengthSize)..<(8 + lengthSize + length)
      isUTF8 = major == 3
    }
  }

  /// Reads the header's text, which is Latin-1 before version 3.
  /// - Throws: `InfoldError` with `.malformedData` if the text is not a header, `.unsupported` if a
  ///   tensor cannot hold the elements.
  init(_ bytes: [UInt8], isUTF8: Bool) throws(InfoldError) {
    let text =
      isUTF8
      ? String(validating: bytes, as: UTF8.self) : String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    guard let text else { throw InfoldError(.malformedData, "has a header that is not valid UTF-8") }
    let entries = try PythonDictionaryParser.parse(text)
    guard entries.count == 3, let descr = entries["descr"], let order = entries["fortran_order"],
      case .bool(let isFortranOrder) = order, case .tuple(let shape)? = entries["shape"]
    else {
      throw InfoldError(
        .malformedData, "has a malformed header: it must hold exactly 'descr', 'fortran_order' and 'shape'")
    }
    guard case .string(let description) = descr else {
      throw InfoldError(.malformedData, "has a malformed header: 'descr' must be a string")
    }
    guard shape.count <= Self.maximumRank else {
      throw InfoldError(
        .malformedData, "has \(shape.count) dimensions; NumPy arrays have at most \(Self.maximumRank)")
    }
    type = try NumPyType(description)
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }

  /// Creates the header of `tensor` in row-major order.
  /// - Throws: `InfoldError` with `.unsupported` if no NumPy array has the tensor's type or rank.
  init(of tensor: Tensor) throws(InfoldError) {
    guard tensor.shape.count <= Self.maximumRank else {
      throw InfoldError(
        .unsupported,
        "NumPy arrays have at most \(Self.maximumRank) dimensions, but the tensor has \(tensor.shape.count)"
      )
    }
    type = try NumPyType(tensor.elementType)
    shape = tensor.shape
    isFortranOrder = false
  }

  /// The magic, version 1.0, and the text, padded so that the elements begin at a multiple of 64
  /// bytes.
  var serialized: [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(type.description)', 'fortran_order': False, 'shape': (\(sizes)), }"
    let unpadded = Self.magic.count + 4 + text.utf8.count + 1
    let padding = (64 - unpadded % 64) % 64
    let length = text.utf8.count + padding + 1
    var bytes = Self.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
    bytes += Array(repeating: UInt8(ascii: " "), count: padding)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
