import COnnx
import InfoldSystem

/// What the bytes of a field stand for. The schema declares all of them `bytes`, so that nothing is lost on the way.
enum WireText {
  /// Bytes of any kind: the data of tensors, and attributes of type STRING, which may hold data.
  case data
  /// Text that nothing refers to; NUL is allowed in it.
  case prose
  /// A name or another text that is compared.
  case name

  init(_ message: ProtobufCMessageDescriptor, _ field: ProtobufCFieldDescriptor) {
    let isData: Bool =
      isEqual(message.short_name, to: "TensorProto") && field.isNamed("raw_data", "string_data")
      || isEqual(message.short_name, to: "AttributeProto") && field.isNamed("s", "strings")
    if isData {
      self = .data
    } else if field.isNamed("doc_string", "value") {
      self = .prose
    } else {
      self = .name
    }
  }

  /// What is wrong with `bytes` as text of this kind; `nil` when nothing is.
  func fault(in bytes: UnsafeRawBufferPointer) -> String? {
    if case .data = self { return nil }
    if (try? UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span)) == nil { return "the text is not UTF-8" }
    if case .name = self, bytes.contains(0) { return "the name holds a NUL character" }
    return nil
  }
}

extension ProtobufCFieldDescriptor {
  fileprivate func isNamed(_ first: StaticString, _ second: StaticString) -> Bool {
    isEqual(name, to: first) || isEqual(name, to: second)
  }
}
