/// The messages of ONNX with fields that are messages themselves (tools/onnx.proto).
enum MessageType: CaseIterable {
  case model, operatorSet, text, graph, node, attribute, tensor, sparseTensor, valueInfo, type, tensorType, nestedType
  case mapType, shape, dimension, function, training

  /// The message type of a field, or `nil` if the field is not a message.
  func message(_ number: Int) -> MessageType? {
    switch (self, number) {
    case (.model, 8), (.function, 9): .operatorSet
    case (.model, 7), (.training, 1), (.training, 2), (.attribute, 6), (.attribute, 11): .graph
    case (.model, 20): .training
    case (.model, 25): .function
    case (.model, 14), (.training, 3), (.training, 4), (.function, 14), (.graph, 16), (.node, 9), (.tensor, 13),
      (.tensor, 16), (.valueInfo, 4):
      .text
    case (.graph, 1), (.function, 7): .node
    case (.node, 5), (.function, 11): .attribute
    case (.graph, 5), (.attribute, 5), (.attribute, 10), (.sparseTensor, 1), (.sparseTensor, 2): .tensor
    case (.graph, 15), (.attribute, 22), (.attribute, 23): .sparseTensor
    case (.graph, 11), (.graph, 12), (.graph, 13), (.function, 12): .valueInfo
    case (.valueInfo, 2), (.attribute, 14), (.attribute, 15), (.nestedType, 1), (.mapType, 2): .type
    case (.type, 1), (.type, 8): .tensorType
    case (.type, 4), (.type, 9): .nestedType
    case (.type, 5): .mapType
    case (.tensorType, 2): .shape
    case (.shape, 1): .dimension
    default: nil
    }
  }
}
