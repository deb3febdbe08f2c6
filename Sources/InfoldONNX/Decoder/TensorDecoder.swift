import COnnx
import InfoldSystem
import InfoldTensor

/// Decodes TensorProto messages.
struct TensorDecoder {
  /// The bytes that tensors may share with messages, or `nil`.
  var bytes: RetainedBytes?
  /// The folder of external data, or `nil` for bytes without a folder.
  let externalData: ExternalDataFolder?
  /// The tensors of messages that are decoded more than once and keep their data: those of
  /// functions.
  var kept: TensorCache?

  /// Decodes the elements of `message`, which has been checked as `layout`. Unless the message is
  /// kept, its data is freed afterwards, so that at most one tensor is held twice.
  /// - Precondition: The elements are not strings.
  /// - Throws: `InfoldError` with `.malformedData` if an element is out of range, or errors of
  ///   external data.
  func decode(
    _ message: UnsafeMutablePointer<Onnx__TensorProto>, _ layout: TensorLayout
  ) throws(InfoldError) -> Tensor {
    if let tensor = kept?[message] { return tensor }
    let tensor =
      if case .external(let reference) = layout.source { try readExternal(reference, layout) } else {
        try readInternal(message, layout)
      }
    kept?[message] = tensor
    return tensor
  }

  private func readInternal(
    _ message: UnsafeMutablePointer<Onnx__TensorProto>, _ layout: TensorLayout
  ) throws(InfoldError) -> Tensor {
    if kept == nil, case .raw = layout.source, let bytes,
      var tensor = try bytes.tensor(layout.shape, of: layout.elementType, in: message.pointee.raw_data.bytes)
    {
      message.pointee.clearData()
      if layout.elementType == .bool { try tensor.withUnsafeMutableBytes(checkBools) }
      return tensor
    }
    defer { if kept == nil { message.pointee.freeData(sharedWith: bytes) } }
    var tensor = try Tensor(zeros: layout.shape, of: layout.elementType)
    tensor.populate()
    try tensor.withUnsafeMutableBytes { (buffer) throws(InfoldError) in
      switch layout.source {
      case .raw: buffer.copyMemory(from: UnsafeRawBufferPointer(message.pointee.raw_data.bytes))
      default: try message.pointee.copyTypedData(of: layout.elementType, into: buffer)
      }
      if layout.elementType == .bool { try checkBools(buffer) }
    }
    return tensor
  }

  private func readExternal(
    _ reference: ExternalDataReference, _ layout: TensorLayout
  ) throws(InfoldError) -> Tensor {
    guard let externalData else {
      throw InfoldError(
        .fileAccess,
        "the data is in the file \(String(quoting: reference.location)), but the model was read without a folder",
        hint: "read the model from its path")
    }
    try externalData.check(reference, byteCount: try layout.byteCount())
    var tensor = try Tensor(zeros: layout.shape, of: layout.elementType)
    try tensor.withUnsafeMutableBytes { (buffer) throws(InfoldError) in
      try externalData.read(reference, into: buffer)
      if layout.elementType == .bool { try checkBools(buffer) }
    }
    return tensor
  }

  private func checkBools(_ buffer: UnsafeMutableRawBufferPointer) throws(InfoldError) {
    if let byte = buffer.first(where: { $0 > 1 }) { throw outOfRange(byte, .bool) }
  }
}

private func outOfRange(_ number: some BinaryInteger, _ type: ElementType) -> InfoldError {
  InfoldError(.malformedData, "the element \(number) is outside the range of \(type)")
}

#if _endian(big)
  #error("raw_data is little-endian, and so are tensors in memory")
#endif

extension Onnx__TensorProto {
  /// Copies the typed field that belongs to `type`.
  /// - Throws: `InfoldError` with `.malformedData` if an element is out of range.
  fileprivate func copyTypedData(
    of type: ElementType, into buffer: UnsafeMutableRawBufferPointer
  ) throws(InfoldError) {
    switch type {
    case .float32, .complex64: copy(float_data, n_float_data, to: buffer)
    case .float64, .complex128: copy(double_data, n_double_data, to: buffer)
    case .int64: copy(int64_data, n_int64_data, to: buffer)
    case .uint64: copy(uint64_data, n_uint64_data, to: buffer)
    case .int32: copy(int32_data, n_int32_data, to: buffer)
    case .uint32: try narrow(elements(uint64_data, n_uint64_data), to: UInt32.self, type, buffer)
    case .int16: try narrow(elements(int32_data, n_int32_data), to: Int16.self, type, buffer)
    case .int8: try narrow(elements(int32_data, n_int32_data), to: Int8.self, type, buffer)
    case .uint16, .float16, .bfloat16:
      try narrow(elements(int32_data, n_int32_data), to: UInt16.self, type, buffer)
    case .uint8, .bool, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0, .uint4, .int4,
      .float4E2M1, .uint2, .int2:
      try narrow(elements(int32_data, n_int32_data), to: UInt8.self, type, buffer)
    case .float6E2M3, .float6E3M2: try pack6Bits(elements(int32_data, n_int32_data), type, buffer)
    case .string: preconditionFailure("strings are not numeric")
    }
  }

  /// Frees the elements. The message remains valid.
  fileprivate mutating func freeData(sharedWith bytes: RetainedBytes?) {
    if bytes?.contains(raw_data.data) != true { HeapMemory.free(raw_data.data) }
    HeapMemory.free(float_data)
    HeapMemory.free(int32_data)
    HeapMemory.free(int64_data)
    HeapMemory.free(double_data)
    HeapMemory.free(uint64_data)
    clearData()
  }

  /// Clears the elements, which are then omitted from the serialized message.
  mutating func clearData() {
    has_raw_data = 0
    raw_data = ProtobufCBinaryData()
    (n_float_data, float_data) = (0, nil)
    (n_int32_data, int32_data) = (0, nil)
    (n_int64_data, int64_data) = (0, nil)
    (n_double_data, double_data) = (0, nil)
    (n_uint64_data, uint64_data) = (0, nil)
  }

  /// The serialized message without shape, type and data.
  func unmodeledFields(keepingName: Bool) -> [UInt8] {
    serialized { message in
      message.clearModelled()
      if !keepingName { message.has_name = 0 }
    }
  }

  /// Clears shape, type and data.
  mutating func clearModelled() {
    clearData()
    (n_dims, dims) = (0, nil)
    has_data_type = 0
    if has_data_location != 0, data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL {
      has_data_location = 0
      (n_external_data, external_data) = (0, nil)
    }
  }
}

private func copy<Element>(
  _ source: UnsafeMutablePointer<Element>?, _ count: Int, to buffer: UnsafeMutableRawBufferPointer
) {
  buffer.copyMemory(from: UnsafeRawBufferPointer(elements(source, count)))
}

/// Stores `numbers` as elements of type `Narrow`.
private func narrow<Wide: FixedWidthInteger, Narrow: FixedWidthInteger>(
  _ numbers: UnsafeBufferPointer<Wide>, to _: Narrow.Type, _ type: ElementType, _ buffer: UnsafeMutableRawBufferPointer
) throws(InfoldError) {
  for (index, number) in numbers.enumerated() {
    guard let element = Narrow(exactly: number) else { throw outOfRange(number, type) }
    buffer.storeBytes(of: element, toByteOffset: index * MemoryLayout<Narrow>.size, as: Narrow.self)
  }
}

/// Packs 6-bit codes, beginning with the lowest bits of the first byte.
private func pack6Bits(
  _ codes: UnsafeBufferPointer<Int32>, _ type: ElementType, _ buffer: UnsafeMutableRawBufferPointer
) throws(InfoldError) {
  for (index, code) in codes.enumerated() {
    guard (0..<64).contains(code) else { throw outOfRange(code, type) }
    let (byte, bit) = (index * 6).quotientAndRemainder(dividingBy: 8)
    let bits = UInt16(code) << UInt16(bit)
    buffer[byte] |= UInt8(truncatingIfNeeded: bits)
    if bit > 2 { buffer[byte + 1] |= UInt8(truncatingIfNeeded: bits >> 8) }
  }
}
