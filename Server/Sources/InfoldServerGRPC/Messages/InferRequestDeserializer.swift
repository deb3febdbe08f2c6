import GRPCCore
import GRPCProtobuf
import Infold
import InfoldEventLoops
import InfoldServing
import OpenInferenceGRPC

/// A ModelInfer request with its tensors.
struct InferCall: Sendable {
  var request: InferenceRequest
  /// The encoding of results that the client wants.
  var encoding: ResultEncoding
}

/// A ModelInfer message in which only the raw contents have been located.
struct InferMessage: Sendable {
  private let read: @Sendable () throws -> InferCall
  /// Whether reading it would block an event loop too long.
  private let isLarge: Bool

  /// The sizes above which a message is large: of the part outside raw contents, which is slower to
  /// read, or of the whole message.
  private static let (largeEnvelope, largeMessage) = (1 << 16, 1 << 22)

  fileprivate init<Bytes: GRPCContiguousBytes>(_ bytes: Bytes, _ fields: RawFields) {
    isLarge = fields.rest.count > Self.largeEnvelope || bytes.count > Self.largeMessage
    // The bytes are a value that does not change.
    nonisolated(unsafe) let withBytes: ((UnsafeRawBufferPointer) throws -> InferCall) throws -> InferCall =
      bytes.withUnsafeBytes
    read = {
      let envelope = try ProtobufDeserializer<Inference_ModelInferRequest>().deserialize(fields.rest)
      return try withBytes { message in
        try InferCall(envelope, raw: fields.values.map { UnsafeRawBufferPointer(rebasing: message[$0]) })
      }
    }
  }

  /// Reads the request.
  /// - Throws: `ServingError` or `RPCError`, with `.invalidArgument`.
  func call() async throws -> InferCall { try await onOtherThread(if: isLarge) { try read() } }
}

/// Locates the raw contents of a message.
struct InferRequestDeserializer: MessageDeserializer {
  /// The field number of `raw_input_contents`.
  private static let rawInputContents: UInt64 = 7

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> InferMessage {
    InferMessage(bytes, try bytes.withUnsafeBytes { try RawFields(of: $0, field: Self.rawInputContents) })
  }
}

extension InferCall {
  /// - Parameters:
  ///   - message: The message without its raw contents.
  ///   - raw: The raw contents, if there are any.
  fileprivate init(
    _ message: Inference_ModelInferRequest, raw: [UnsafeRawBufferPointer]
  ) throws(ServingError) {
    guard raw.isEmpty || raw.count == message.inputs.count else {
      throw ServingError(
        .invalidArgument,
        "there are \(message.inputs.count) inputs and \(raw.count) raw_input_contents; there must be as many, or none")
    }
    var inputs: [InferenceRequest.Input] = []
    inputs.reserveCapacity(message.inputs.count)
    for (index, input) in message.inputs.enumerated() {
      inputs.append(try InferenceRequest.Input(input, raw: raw.isEmpty ? nil : raw[index]))
    }
    request = InferenceRequest(
      modelName: message.modelName, modelVersion: message.modelVersion, id: message.id.isEmpty ? nil : message.id,
      parameters: try Parameters(message.parameters), inputs: inputs,
      outputs: try message.outputs.map { output throws(ServingError) in
        InferenceRequest.RequestedOutput(name: output.name, parameters: try Parameters(output.parameters))
      })
    encoding = ResultEncoding(
      isRawByDefault: try request.parameters.bool("binary_data_output") ?? (!raw.isEmpty || inputs.isEmpty))
  }
}

extension InferenceRequest.Input {
  /// - Parameters:
  ///   - message: The message of a tensor.
  ///   - raw: The raw elements, or `nil` if the message contains them.
  fileprivate init(
    _ message: Inference_ModelInferRequest.InferInputTensor, raw: UnsafeRawBufferPointer?
  ) throws(ServingError) {
    let datatype = try Datatype(named: message.datatype)
    let parameters = try Parameters(message.parameters)
    let tensor: Tensor
    if let raw {
      guard !message.hasContents || message.contents == Inference_InferTensorContents() else {
        throw ServingError(
          .invalidArgument,
          "contents field must not be specified when using raw_input_contents for '\(message.name.printable)'")
      }
      if let size = try parameters.count("binary_data_size"), size != raw.count {
        throw ServingError(
          .invalidArgument,
          "input '\(message.name.printable)' has \(raw.count) bytes, but its binary_data_size is \(size)")
      }
      tensor = try Tensor(bytes: raw, datatype: datatype, shape: message.shape, input: message.name)
    } else {
      tensor = try message.contents.tensor(of: datatype, shape: message.shape, input: message.name)
    }
    self.init(name: message.name, tensor: tensor, parameters: parameters)
  }
}
