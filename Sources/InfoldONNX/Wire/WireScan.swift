import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Scans the bytes of a message before protobuf-c unpacks them.
///
/// protobuf-c recurses into nested messages without limit, allocates a structure for every two
/// bytes of an empty message, merges duplicate fields, truncates integers to 32 bits, and fails
/// without a reason. Therefore every field is visited here first, with an explicit stack, and
/// anything that protobuf-c should not see is reported with its location. Only fields that the
/// schema declares as messages are entered: text that looks like a message stays text.
struct WireScan {
  /// Limits for a message.
  struct Limits {
    /// The maximum nesting depth of messages, equal to that of other protobuf readers. A subgraph
    /// takes three levels.
    var depth = 100
    /// The bytes that unpacking allocates in addition to the file's own: structures, pointers,
    /// allocation headers. Real graphs need about 20 for each byte of the file that is not tensor
    /// data.
    var structureBytes: @Sendable (_ fileSize: Int) -> Int = { size in
      min(64 << 20 + 32 * size, 4 << 30, MemoryBudget.current?.available ?? .max)
    }
    /// Limits for the model.
    var model = ModelLimits()
  }

  typealias Message = UnsafePointer<ProtobufCMessageDescriptor>
  typealias Field = UnsafePointer<ProtobufCFieldDescriptor>

  /// A message that is being scanned.
  private struct Frame {
    var message: Message
    /// The range of its length prefix; empty for the outermost message.
    var length: Range<Int>
    var end: Int
    /// The number of bytes removed from it.
    var removed = 0
    /// The singular fields that have occurred, by index. All alternatives of a oneof are set
    /// together.
    var seen: UInt64 = 0
  }

  private let bytes: RetainedBytes
  private var reader: WireReader
  private var frames: [Frame] = []
  private var structureBytes = 0
  private var largeData = LargeInitializerData()
  /// The number of initializers of the model's graph entered so far.
  private var initializers = 0
  private var nodes = 0
  private let structureLimit: Int
  private let limits: Limits

  private init(_ bytes: RetainedBytes, limits: Limits) {
    self.bytes = bytes
    reader = WireReader(bytes.buffer)
    structureLimit = limits.structureBytes(bytes.buffer.count)
    self.limits = limits
  }

  /// Checks that protobuf-c can unpack `bytes` as a message within `limits`, and loads them.
  /// - Returns: For a model, the large data that need not be unpacked and was not loaded.
  static func check(
    _ bytes: RetainedBytes, as message: Message, limits: Limits = Limits()
  ) throws(WireError) -> LargeInitializerData {
    var scan = WireScan(bytes, limits: limits)
    try scan.run(message)
    return scan.largeData
  }

  private mutating func run(_ root: Message) throws(WireError) {
    try enter(root, length: 0..<0, end: reader.end)
    while !frames.isEmpty {
      if reader.isAtEnd {
        let frame = frames.removeLast()
        if frame.removed > 0, !frame.length.isEmpty {
          largeData.replaceLength(at: frame.length, by: frame.end - frame.length.upperBound - frame.removed)
        }
        reader.end = frames.last?.end ?? reader.end
      } else {
        try scanField()
      }
    }
    try load(upTo: reader.bytes.count)
  }

  /// Loads the bytes before `end`.
  private func load(upTo end: Int) throws(WireError) {
    do throws(InfoldError) {
      try bytes.load(upTo: end)
    } catch {
      var unreadable = self.error(nil, error.reason, code: error.code)
      unreadable.failure = error
      throw unreadable
    }
  }

  private mutating func enter(_ message: Message, length: Range<Int>, end: Int) throws(WireError) {
    guard frames.count < limits.depth else {
      throw error(nil, "messages are nested more than \(limits.depth) deep")
    }
    frames.append(Frame(message: message, length: length, end: end))
    if isInitializer { initializers += 1 }
    if message == Onnx__NodeProto.descriptor {
      nodes += 1
      guard nodes <= limits.model.nodes else {
        throw error(nil, "more than \(limits.model.nodes) nodes", code: .limitExceeded)
      }
    }
    reader.end = end
    try charge(Int(message.pointee.sizeof_message) + Cost.allocation)
  }

  private mutating func scanField() throws(WireError) {
    let start = reader.position
    let tag = try read(nil) { (reader) throws(WireReader.Failure) in try reader.varint() }
    guard let number = UInt32(exactly: tag >> 3), (1...0x1fff_ffff).contains(number) else {
      throw error(nil, "\(tag >> 3) is not a field number", at: start)
    }
    guard let type = WireReader.WireType(rawValue: UInt8(tag & 7)) else {
      throw error(nil, "wire type \(tag & 7) does not exist", at: start)
    }
    let message = frames[frames.count - 1].message
    try charge(Cost.scannedField)
    guard let index = message.pointee.index(ofField: number) else {
      try charge(Cost.unknownField)
      return try skip(type, ofField: number, at: start)
    }
    let field = message.pointee.fields + index
    if field.pointee.label != PROTOBUF_C_LABEL_REPEATED {
      try markSeen(field, at: index, start)
    }
    try scanValue(of: field, type, start)
  }

  /// Throws if a singular field or another alternative of its oneof has occurred before.
  private mutating func markSeen(_ field: Field, at index: Int, _ start: Int) throws(WireError) {
    let frame = frames.count - 1
    guard frames[frame].seen & 1 << UInt64(index) == 0 else {
      throw error(
        field, field.pointee.isOneofMember ? "more than one alternative of a oneof" : "duplicate field", at: start)
    }
    frames[frame].seen |= frames[frame].message.pointee.fieldsExcluding(each: field, at: index)
  }

  /// Checks the value of a known field, and enters it if it is a message.
  private mutating func scanValue(
    of field: Field, _ type: WireReader.WireType, _ start: Int
  ) throws(WireError) {
    let isRepeated = field.pointee.label == PROTOBUF_C_LABEL_REPEATED
    if type == .lengthDelimited {
      let place = reader.position
      let length = try scanLength(field, start)
      if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE {
        try charge(MemoryLayout<UnsafeRawPointer>.stride)
        return try enter(
          field.pointee.messageDescriptor, length: place..<reader.position, end: reader.position + length)
      }
      if field.pointee.type == PROTOBUF_C_TYPE_BYTES {
        try charge(MemoryLayout<ProtobufCBinaryData>.stride + Cost.allocation)
        return try isLargeData(field, length) ? takeOut(start, length) : scanText(of: field, length, start)
      }
      guard isRepeated else { throw wrongType(field, type, start) }
      return try scanPacked(field, length, start)
    }
    guard type == field.pointee.scalarWireType else { throw wrongType(field, type, start) }
    if isRepeated { try charge(field.pointee.elementSize) }
    switch type {
    case .varint: try scanVarint(of: field)
    case .fixed32: try skip(4, field, start)
    default: try skip(8, field, start)
    }
  }

  private mutating func scanText(of field: Field, _ length: Int, _ start: Int) throws(WireError) {
    let text = UnsafeRawBufferPointer(rebasing: reader.bytes[reader.position..<reader.position + length])
    let kind = WireText(frames[frames.count - 1].message.pointee, field.pointee)
    guard kind == .data || length <= limits.model.textBytes else {
      throw error(
        field, "the text has \(counted(length, "byte")), but the limit is \(limits.model.textBytes)", at: start,
        code: .limitExceeded)
    }
    try load(upTo: reader.position + length)
    if let fault = kind.fault(in: text) { throw error(field, fault, at: start) }
    reader.position += length
  }

  /// Whether the innermost message is an initializer of the model's graph.
  private var isInitializer: Bool {
    frames.count == 3 && frames[0].message == Onnx__ModelProto.descriptor
      && frames[1].message == Onnx__GraphProto.descriptor && frames[2].message == Onnx__TensorProto.descriptor
  }

  /// Whether a field contains the large data of an initializer.
  private func isLargeData(_ field: Field, _ length: Int) -> Bool {
    length >= LargeInitializerData.smallestByteCount && isInitializer
      && String(cString: field.pointee.name) == "raw_data"
  }

  /// Skips a field of large data whose bytes come next.
  private mutating func takeOut(_ start: Int, _ length: Int) {
    let end = reader.position + length
    largeData.remove(
      field: start..<end, LargeInitializerData.Payload(initializer: initializers - 1, bytes: reader.position..<end))
    for frame in frames.indices { frames[frame].removed += end - start }
    reader.position = end
    bytes.passOver(upTo: end)
  }

  /// Scans the packed elements of a repeated numeric field.
  private mutating func scanPacked(_ field: Field, _ length: Int, _ start: Int) throws(WireError) {
    let size = field.pointee.elementSize
    guard field.pointee.scalarWireType == .varint else {
      guard length.isMultiple(of: size) else {
        throw error(field, "\(length) bytes are not a multiple of \(size)-byte elements", at: start)
      }
      reader.position += length
      return
    }
    let outer = reader.end
    reader.end = reader.position + length
    while !reader.isAtEnd {
      try charge(size - 1)
      try scanVarint(of: field)
    }
    reader.end = outer
  }

  private mutating func scanVarint(of field: Field) throws(WireError) {
    let start = reader.position
    let value = try read(field) { (reader) throws(WireReader.Failure) in try reader.varint() }
    if field.pointee.elementSize == 4, Int32(exactly: Int64(bitPattern: value)) == nil {
      throw error(field, "\(Int64(bitPattern: value)) does not fit 32 bits", at: start)
    }
  }

  /// Reads a length, and checks that enough bytes are left and that protobuf-c can count them.
  private mutating func scanLength(_ field: Field?, _ start: Int) throws(WireError) -> Int {
    let length = try read(field) { (reader) throws(WireReader.Failure) in try reader.varint() }
    guard length <= UInt64(reader.end - reader.position) else {
      throw error(field, "needs \(length) bytes, but \(reader.end - reader.position) are left", at: start)
    }
    guard length <= UInt64(Int32.max) else { throw error(field, "longer than 2 GiB", at: start) }
    return Int(length)
  }

  private mutating func skip(
    _ type: WireReader.WireType, ofField number: UInt32, at start: Int
  ) throws(WireError) {
    switch type {
    case .varint: _ = try read(nil) { (reader) throws(WireReader.Failure) in try reader.varint() }
    case .fixed64: try skip(8, nil, start)
    case .fixed32: try skip(4, nil, start)
    case .lengthDelimited: reader.position += try scanLength(nil, start)
    case .groupStart, .groupEnd: throw error(nil, "field \(number) is a group, which ONNX does not use", at: start)
    }
  }

  private mutating func skip(_ count: UInt64, _ field: Field?, _ start: Int) throws(WireError) {
    try read(field) { (reader) throws(WireReader.Failure) in try reader.skip(count) }
  }

  // MARK: Costs

  /// The sizes of protobuf-c's allocations, in bytes.
  private enum Cost {
    /// The header and rounding of a heap allocation.
    static let allocation = 32
    /// Twice the size of protobuf-c's record of a scanned field, since it doubles its array of
    /// records when it grows.
    static let scannedField = 64
    static let unknownField = MemoryLayout<ProtobufCMessageUnknownField>.stride + allocation
  }

  private mutating func charge(_ bytes: Int) throws(WireError) {
    structureBytes += bytes
    if structureBytes > structureLimit {
      throw error(
        nil, "unpacking the messages and fields needs more than the limit of \(structureLimit) bytes",
        code: .limitExceeded)
    }
  }

  // MARK: Errors

  private mutating func read<Value>(
    _ field: Field?, _ body: (inout WireReader) throws(WireReader.Failure) -> Value
  ) throws(WireError) -> Value {
    let start = reader.position
    try load(upTo: start + WireReader.longestVarint)
    do throws(WireReader.Failure) {
      return try body(&reader)
    } catch {
      switch error {
      case .truncated: throw self.error(field, "cut off", at: start)
      case .longVarint: throw self.error(field, "a number of more than 64 bits", at: start)
      }
    }
  }

  private func wrongType(_ field: Field, _ type: WireReader.WireType, _ start: Int) -> WireError {
    error(field, "wire type \(type.rawValue) does not fit this field", at: start)
  }

  private func error(
    _ field: Field?, _ reason: String, at offset: Int? = nil, code: InfoldError.Code = .malformedData
  ) -> WireError {
    var place = frames.last.map { String(cString: $0.message.pointee.short_name) } ?? "message"
    if let field { place += "." + String(cString: field.pointee.name) }
    return WireError(code: code, offset: offset ?? reader.position, place: place, reason: reason)
  }
}
