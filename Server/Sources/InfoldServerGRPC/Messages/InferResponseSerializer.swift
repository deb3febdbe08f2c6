import GRPCCore
import Infold
import InfoldServing
import OpenInferenceGRPC
import SwiftProtobuf

/// A ModelInfer response.
struct InferReply: Sendable {
  /// The serialized message without raw contents.
  var envelope: [UInt8]
  /// The tensors sent as raw bytes.
  var raw: [Tensor]
}

extension InferReply {
  /// Creates the response to a request.
  init(_ response: InferenceResponse, _ encoding: ResultEncoding) throws(ServingError) {
    let isRaw = try encoding.isRaw(response.outputs)
    var message = Inference_ModelInferResponse()
    message.modelName = response.modelName
    message.modelVersion = response.modelVersion
    message.id = response.id ?? ""
    message.parameters = response.parameters.mapValues(Inference_InferParameter.init)
    message.outputs = try response.outputs.map { output throws(ServingError) in
      var tensor = Inference_ModelInferResponse.InferOutputTensor()
      tensor.name = output.name
      tensor.datatype = output.datatype.rawValue
      tensor.shape = output.tensor.shape.map(Int64.init)
      if !isRaw { tensor.contents = try Inference_InferTensorContents(output.tensor) }
      return tensor
    }
    do {
      self.init(envelope: try message.serializedBytes(), raw: isRaw ? response.outputs.map(\.tensor) : [])
    } catch {
      // A message is limited to 2 GiB.
      throw ServingError(.tooLarge, "the results exceed the maximum size of a message")
    }
  }
}

/// Serializes a response. Tensors are copied once, directly into the buffer that is sent.
struct InferResponseSerializer: MessageSerializer {
  /// The key of `raw_output_contents`: its field number, and the wire type of bytes.
  private static let rawOutputContents: UInt8 = 6 << 3 | 2

  func serialize<Bytes: GRPCContiguousBytes>(_ reply: InferReply) throws -> Bytes {
    let envelope = reply.envelope
    let lengths = reply.raw.map { Self.varint($0.byteCount) }
    var total = envelope.count
    for (tensor, length) in zip(reply.raw, lengths) {
      total += 1 + length.count + tensor.byteCount
      guard total <= Int32.max else { throw RPCError.tooLarge }
    }
    var bytes = Bytes(repeating: 0, count: total)
    try bytes.withUnsafeMutableBytes { target in
      var position = 0
      func put(_ part: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: part)
        position += part.count
      }
      envelope.withUnsafeBytes(put)
      for (tensor, length) in zip(reply.raw, lengths) {
        target[position] = Self.rawOutputContents
        position += 1
        length.withUnsafeBytes(put)
        do throws(ServingError) {
          try tensor.withBytes(put)
        } catch {
          throw RPCError(error)
        }
      }
    }
    return bytes
  }

  private static func varint(_ number: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = UInt(number)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
    return bytes
  }
}

extension RPCError {
  /// A message is limited to 2 GiB.
  fileprivate static var tooLarge: RPCError {
    RPCError(code: .resourceExhausted, message: "the results exceed the maximum size of a message")
  }
}
