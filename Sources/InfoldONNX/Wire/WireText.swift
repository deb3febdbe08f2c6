import COnnx
import InfoldSystem

/// The kind of a bytes field. The schema declares all strings as `bytes`, so that nothing is lost.
enum WireText {
  /// Arbitrary bytes: the data of tensors, and attributes of type STRING, which may contain data.
  case data
  /// Text that nothing refers to. It may contain NUL.
  case prose
  /// A name or other text that is compared.
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

  /// The problem with `bytes` as text of this kind, or `nil`.
  func fault(in bytes: UnsafeRawBufferPointer) -> String? {
    if case .data = self { return nil }
    if (try? UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span)) == nil { return "the text is not UTF-8" }
    if case .name = self, bytes.contains(0) { return "the name contains a NUL character" }
    return nil
  }
}

extension ProtobufCFieldDescriptor {
  fileprivate func isNamed(_ first: StaticString, _ second: StaticString) -> Bool {
    isEqual(name, to: first) || isEqual(name, to: second)
  }
}
