import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct NumPyFileTests {
  /// Two rows of three elements: those that `tools/make-npy-fixtures.py` calls the extremes of a type.
  static let extremes: [(name: String, tensor: Tensor)] = try! [
    ("b1", Tensor(shape: [2, 3], [true, false, true, true, false, false])),
    ("i1", integers(Int8.self)), ("i2", integers(Int16.self)), ("i4", integers(Int32.self)),
    ("i8", integers(Int64.self)), ("u1", integers(UInt8.self)), ("u2", integers(UInt16.self)),
    ("u4", integers(UInt32.self)), ("u8", integers(UInt64.self)),
    ("f2", Tensor(shape: [2, 3], [-0.0, 1.5, .infinity, -.infinity, 0x1p-24, 65504] as [Float16])),
    (
      "f4",
      Tensor(
        shape: [2, 3], [-0.0, 1.5, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Float])
    ),
    (
      "f8",
      Tensor(
        shape: [2, 3], [-0.0, 1.5, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Double])
    ),
    ("c8", complex(.complex64, [0, 0, 1.5, -2, 0, 3, -4, 0, 0, 1e30, -1e-30, 0] as [Float])),
    ("c16", complex(.complex128, [0, 0, 1.5, -2, 0, 3, -4, 0, 0, 1e30, -1e-30, 0] as [Double])),
  ]

  private static func integers<Element: NumericElement & FixedWidthInteger>(_: Element.Type) throws -> Tensor {
    try Tensor(shape: [2, 3], [.min, 0, 1, 2, 100, .max] as [Element])
  }

  private static func complex<Part: TensorElement>(_ type: ElementType, _ parts: [Part]) throws -> Tensor {
    var tensor = try Tensor(zeros: [2, 3], of: type)
    try tensor.withUnsafeMutableBytes { buffer in parts.withUnsafeBytes { buffer.copyMemory(from: $0) } }
    return tensor
  }

  @Test(arguments: extremes.indices)
  func readsEveryTypeInBothByteOrders(index: Int) throws {
    let (name, tensor) = Self.extremes[index]
    for order in tensor.elementType.bitWidth == 8 ? [""] : ["-little", "-big"] {
      #expect(try NumPyFile.read(fixture(name + order + ".npy")) == tensor, "\(name + order)")
    }
  }

  @Test(arguments: extremes.indices)
  func writesWhatNumPyWrites(index: Int) throws {
    let (name, tensor) = Self.extremes[index]
    let file = fixture(name + (tensor.elementType.bitWidth == 8 ? "" : "-little") + ".npy")
    #expect(try NumPyFile.encode(tensor) == contents(file))
    try withTemporaryFolder { folder in
      try NumPyFile.write(tensor, to: folder + "/a.npy")
      #expect(try contents(folder + "/a.npy") == contents(file))
    }
  }

  @Test(arguments: ["scalar", "vector", "empty", "rank-32"])
  func keepsEveryShape(name: String) throws {
    let bytes = try contents(fixture(name + ".npy"))
    #expect(try NumPyFile.encode(NumPyFile.decode(bytes)) == bytes)
  }

  @Test func readsScalarsAndEmptyArrays() throws {
    #expect(try NumPyFile.read(fixture("scalar.npy")) == Tensor(scalar: Float(2.5)))
    #expect(try NumPyFile.read(fixture("empty.npy")) == Tensor(zeros: [0, 3], of: .float32))
    #expect(try NumPyFile.read(fixture("fortran-empty.npy")).shape == [2, 0, 3])
    let columns = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 0, 3), }")
    #expect(try NumPyFile.decode(columns).shape == [2, 0, 3])
  }

  @Test(arguments: [
    "fortran-little", "fortran-big", "version-2", "version-3", "fortran-u1", "fortran-i4", "fortran-f8", "fortran-c16",
  ])
  func readsFortranOrderAndLaterVersions(name: String) throws {
    let tensor = try NumPyFile.read(fixture(name + ".npy"))
    #expect(tensor.shape == [2, 3, 4])
    switch tensor.elementType {
    case .uint8: #expect(try tensor.elements() == Array(0..<24 as Range<UInt8>))
    case .int16: #expect(try tensor.elements() == Array(0..<24 as Range<Int16>))
    case .int32: #expect(try tensor.elements() == Array(0..<24 as Range<Int32>))
    case .float64: #expect(try tensor.elements() == (0..<24).map(Double.init))
    default:
      let parts = tensor.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
      #expect(tensor.elementType == .complex128)
      #expect(parts == (0..<24).flatMap { (number: Int) -> [Double] in [Double(number), 0] })
    }
  }

  @Test func readsWhatOtherWritersMake() throws {
    let expected = try Tensor(shape: [1], [UInt16(0x0201)])
    for header in [
      "{'descr': '<u2', 'fortran_order': False, 'shape': (1,)}",
      "{ \"shape\" :(1 , ),\n\"fortran_order\":True,\"descr\":\"=u2\" , } \n",
      "{'descr': '|u2', 'fortran_order': False, 'shape': (1L,), }",
    ] {
      #expect(try NumPyFile.decode(npy(header, [1, 2])) == expected, "\(header)")
    }
  }

  @Test(arguments: [("text", "<U2"), ("date", "<M8[D]"), ("void", "|V2"), ("long-double", "<f16")])
  func refusesOtherTypes(name: String, type: String) {
    expectError(.unsupported, "refused-\(name).npy: ", "\"\(type)\"") {
      try NumPyFile.read(fixture("refused-\(name).npy"))
    }
  }

  @Test func refusesStructures() {
    expectError(.malformedData, "refused-structured.npy: ", "expected") {
      try NumPyFile.read(fixture("refused-structured.npy"))
    }
  }

  @Test func refusesTypesThatNumPyLacks() throws {
    expectError(.unsupported, "bfloat16") { try NumPyFile.encode(Tensor(zeros: [1], of: .bfloat16)) }
    expectError(.unsupported, "int4") { try NumPyFile.requireSupport(of: .int4) }
    let deep = try Tensor(zeros: Array(repeating: 1, count: 65), of: .float32)
    expectError(.unsupported, "64 dimensions") { try NumPyFile.encode(deep) }
    try withTemporaryFolder { folder in
      expectError(.unsupported, "a.npy: ") {
        try NumPyFile.write(Tensor(zeros: [1], of: .bfloat16), to: folder + "/a.npy")
      }
    }
  }

  static let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"

  @Test(arguments: [
    ("", "expected \"{\", found its end"),
    ("[1]", "expected \"{\""),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "expected the end of the header"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", "expected \"}\", found its end"),
    ("{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}", "expected \"}\""),
    ("{'descr': '<f4', 'fortran_order': False}", "must hold exactly"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "must hold exactly"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "must hold exactly"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': 1}", "must hold exactly"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "duplicate key \"descr\""),
    ("{'descr': 1, 'fortran_order': False, 'shape': (1,)}", "'descr' must be a string"),
    ("{'descr': '<f4\\n', 'fortran_order': False, 'shape': (1,)}", "the end of a string"),
    ("{'descr': '<f4", "expected the end of a string, found its end"),
    ("{descr: '<f4'}", "expected a string"),
    ("{'descr': '<f4', 'fortran_order': Fals, 'shape': (1,)}", "expected True or False"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", "a comma after"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}", "a comma or"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "expected a number"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (01,)}", "not a valid size"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}", "not a valid size"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': ((1,),)}", "expected a number"),
    ("{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}", "\"f4\""),
    ("{'descr': 'xf4', 'fortran_order': False, 'shape': (1,)}", "byte order"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "4 bytes of elements"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", "4 bytes of elements"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", "too large"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (\(String(repeating: "1,", count: 65)))}", "65 dimensions"),
  ])
  func refusesADamagedHeader(header: String, message: String) throws {
    let error = #expect(throws: InfoldError.self) { try NumPyFile.decode(npy(header, [0, 0, 0, 0])) }
    #expect(error?.description.contains(message) == true, "\(error!)")
    #expect(error?.description.contains("\n") == false)
  }

  @Test func refusesADamagedFile() throws {
    let file = npy(Self.good, [0, 0, 0, 0])
    _ = try NumPyFile.decode(file)
    for count in 0..<file.count {
      let error = #expect(throws: InfoldError.self) { try NumPyFile.decode(Array(file.prefix(count))) }
      #expect(error?.code == .malformedData)
    }
    expectError(.malformedData, "5 bytes of elements") { try NumPyFile.decode(file + [0]) }
    for version: [UInt8] in [[0, 0], [1, 1], [4, 0], [255, 255]] {
      expectError(.unsupported, "version \(version[0]).\(version[1])") {
        try NumPyFile.decode(Array(file[..<6]) + version + Array(file[8...]))
      }
    }
    expectError(.limitExceeded, "4294967295 bytes") {
      try NumPyFile.decode(Array(file[..<6]) + [2, 0, 255, 255, 255, 255] + Array(file[12...]))
    }
    expectError(.malformedData, "UTF-8") {
      try NumPyFile.decode(Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }) + [3, 0, 1, 0, 0, 0, 0xFF])
    }
    expectError(.malformedData, "value 2") {
      try NumPyFile.decode(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", [1, 2]))
    }
  }

  @Test func refusesWhatIsNoFile() throws {
    expectError(.fileAccess, "Fixtures", "is a folder, not a file") { try NumPyFile.read(fixture("")) }
    expectError(.fileAccess, "missing.npy: ", "no such file") { try NumPyFile.read(fixture("missing.npy")) }
    expectError(.malformedData, "is not a .npy file") { try NumPyFile.read(fixture("README.md")) }
  }
}

/// A version 1.0 file with this header, without padding.
private func npy(_ header: String, _ elements: [UInt8] = []) -> [UInt8] {
  let text = Array(header.utf8)
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + elements
}
