import COnnx
import InfoldSystem

/// A model that protobuf-c has unpacked without the data of its large initializers, which stays in
/// place.
struct UnpackedModel: ~Copyable {
  private let message: Unpacked<Onnx__ModelProto>
  private let bytes: RetainedBytes

  /// Unpacks a model after `WireScan` has checked it.
  /// - Throws: The errors of `Unpacked`.
  init(_ bytes: RetainedBytes, limits: ModelLimits) throws(InfoldError) {
    let largeData = try scanned(bytes, as: Onnx__ModelProto.descriptor, limits: limits)
    let places = try bytes.place(largeData.payloads.map(\.bytes))
    if largeData.payloads.isEmpty {
      message = try Unpacked(scanned: bytes.buffer)
    } else {
      message = try largeData.remainder(of: bytes.buffer).span.bytes.withUnsafeBytes { (rest) throws(InfoldError) in
        try Unpacked(scanned: rest)
      }
      for (payload, place) in zip(largeData.payloads, places) {
        let tensor = message.content.pointee.graph.pointee.initializer[payload.initializer]!
        tensor.pointee.has_raw_data = 1
        tensor.pointee.raw_data = ProtobufCBinaryData(
          len: place.count,
          data: UnsafeMutableRawPointer(mutating: place.baseAddress!).assumingMemoryBound(to: UInt8.self))
      }
    }
    self.bytes = bytes
  }

  /// The message, valid as long as this value.
  var content: Onnx__ModelProto { message.content.pointee }

  deinit {
    // protobuf-c must not free memory that it did not allocate.
    guard let graph = message.content.pointee.graph else { return }
    for tensor in messages(graph.pointee.initializer, graph.pointee.n_initializer)
    where bytes.contains(tensor.pointee.raw_data.data) {
      tensor.pointee.has_raw_data = 0
      tensor.pointee.raw_data = ProtobufCBinaryData()
    }
  }
}
