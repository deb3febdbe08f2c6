import COnnx

/// A message that may contain tensors with external data. If such a message is written unchanged,
/// readers would look for the data next to the new file. The nesting of messages is limited by
/// `WireScan`.
protocol ExternalDataReferencing {
  var holdsExternalData: Bool { get }
}

extension Onnx__ModelProto: ExternalDataReferencing {
  var holdsExternalData: Bool {
    any(functions, n_functions) || any(training_info, n_training_info) || graph?.pointee.holdsExternalData == true
  }
}

extension Onnx__FunctionProto: ExternalDataReferencing {
  var holdsExternalData: Bool { any(node, n_node) || any(attribute_proto, n_attribute_proto) }
}

extension Onnx__TrainingInfoProto: ExternalDataReferencing {
  var holdsExternalData: Bool {
    initialization?.pointee.holdsExternalData == true || algorithm?.pointee.holdsExternalData == true
  }
}

extension Onnx__GraphProto: ExternalDataReferencing {
  var holdsExternalData: Bool {
    any(initializer, n_initializer) || any(sparse_initializer, n_sparse_initializer) || any(node, n_node)
  }
}

extension Onnx__NodeProto: ExternalDataReferencing {
  var holdsExternalData: Bool { any(attribute, n_attribute) }
}

extension Onnx__AttributeProto: ExternalDataReferencing {
  var holdsExternalData: Bool {
    t?.pointee.holdsExternalData == true || any(tensors, n_tensors)
      || g?.pointee.holdsExternalData == true || any(graphs, n_graphs)
      || sparse_tensor?.pointee.holdsExternalData == true || any(sparse_tensors, n_sparse_tensors)
  }
}

extension Onnx__SparseTensorProto: ExternalDataReferencing {
  var holdsExternalData: Bool {
    values?.pointee.holdsExternalData == true || indices?.pointee.holdsExternalData == true
  }
}

extension Onnx__TensorProto: ExternalDataReferencing {
  var holdsExternalData: Bool {
    has_data_location != 0 && data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
  }
}

private func any<Content: ExternalDataReferencing>(
  _ start: UnsafeMutablePointer<UnsafeMutablePointer<Content>?>?, _ count: Int
) -> Bool {
  messages(start, count).contains { $0.pointee.holdsExternalData }
}
