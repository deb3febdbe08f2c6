import GRPCCore
import OpenInferenceGRPC
import SwiftProtobuf

/// Bytes that are sent in place of valid messages.
enum Bytes {
  struct Serializer: MessageSerializer {
    /// The bytes that are sent instead of the message.
    var bytes: [UInt8] = []

    func serialize<Result: GRPCContiguousBytes>(_ message: Inference_ServerLiveRequest) throws -> Result {
      Result(bytes)
    }
  }

  struct Deserializer: MessageDeserializer {
    func deserialize<Source: GRPCContiguousBytes>(_ bytes: Source) throws -> [UInt8] {
      bytes.withUnsafeBytes { Array($0) }
    }
  }
}
