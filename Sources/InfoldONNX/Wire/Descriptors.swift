import COnnx

extension ProtobufCMessageDescriptor {
  /// The index of the field with this number, found by binary search.
  func index(ofField number: UInt32) -> Int? {
    var low = 0
    var high = Int(n_fields)
    while low < high {
      let middle = (low + high) / 2
      if fields[middle].id < number { low = middle + 1 } else { high = middle }
    }
    return low < n_fields && fields[low].id == number ? low : nil
  }

  /// The set of fields that exclude another occurrence of `field`: itself, or all alternatives of
  /// its oneof.
  func fieldsExcluding(each field: UnsafePointer<ProtobufCFieldDescriptor>, at index: Int) -> UInt64 {
    guard field.pointee.isOneofMember else { return 1 << UInt64(index) }
    return (0..<Int(n_fields)).reduce(0) { set, other in
      let isAlternative =
        fields[other].isOneofMember && fields[other].quantifier_offset == field.pointee.quantifier_offset
      return isAlternative ? set | 1 << UInt64(other) : set
    }
  }
}

extension ProtobufCFieldDescriptor {
  var isOneofMember: Bool { flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0 }

  /// The descriptor of the nested message. Valid only for fields of type message.
  var messageDescriptor: UnsafePointer<ProtobufCMessageDescriptor> {
    descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }

  /// The wire type of one number of this field, or `nil` for bytes and messages.
  var scalarWireType: WireReader.WireType? {
    switch type {
    case PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_MESSAGE: nil
    case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: .fixed32
    case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: .fixed64
    default: .varint
    }
  }

  /// The size of one unpacked number of this field, in bytes.
  var elementSize: Int {
    switch type {
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_DOUBLE,
      PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64:
      8
    default: 4
    }
  }
}
