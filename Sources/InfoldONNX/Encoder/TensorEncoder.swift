import COnnx
import InfoldTensor

extension MessageArena {
  /// Encodes `tensor` as a message: `base` with its shape, type and data. All data is written as
  /// `raw_data`.
  func encode(_ tensor: Tensor, onto base: Onnx__TensorProto) -> Onnx__TensorProto {
    var message = base
    message.n_dims = tensor.shape.count
    message.dims = place(tensor.shape.map(Int64.init))
    message.has_data_type = 1
    message.data_type = tensor.elementType.rawValue
    message.has_raw_data = 1
    message.raw_data = data(of: tensor)
    return message
  }
}

extension Onnx__TensorProto {
  /// Sets the name of the tensor.
  mutating func setName(_ name: String, in arena: MessageArena) {
    has_name = name.isEmpty ? 0 : 1
    self.name = arena.text(name)
  }
}
