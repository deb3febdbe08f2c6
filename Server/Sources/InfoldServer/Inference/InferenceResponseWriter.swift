import HTTPTypes
import Hummingbird
import Infold
import InfoldServing
import NIOCore

extension InferenceResponse {
  /// The HTTP response: JSON, followed by the bytes of the outputs requested as binary data.
  /// - Parameter binaryByDefault: Whether outputs are sent as binary data if the request does not
  ///   specify it.
  /// - Throws: `ServingError` if JSON cannot express the elements.
  func httpResponse(binaryByDefault: Bool) throws(ServingError) -> Response {
    var writer = JSONWriter()
    var binary: [Tensor] = []
    try writer.object { (writer) throws(ServingError) in
      writer.member("id", id)
      writer.member("model_name", modelName)
      writer.member("model_version", modelVersion)
      writer.member("parameters", parameters)
      writer.name("outputs")
      try writer.array { (writer) throws(ServingError) in
        for output in outputs {
          let isBinary = try output.requestParameters.bool("binary_data") ?? binaryByDefault
          try writer.object { (writer) throws(ServingError) in
            writer.member("name", output.name)
            writer.member("datatype", output.datatype.rawValue)
            writer.member("shape", output.tensor.shape)
            if isBinary {
              writer.member("parameters", ["binary_data_size": .integer(Int64(output.tensor.byteCount))])
              binary.append(output.tensor)
            } else {
              writer.name("data")
              try TensorJSON.write(output.tensor, output.datatype, name: output.name, to: &writer)
            }
          }
        }
      }
    }
    var headers = HTTPFields()
    guard !binary.isEmpty else {
      headers[.contentType] = "application/json"
      return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: writer.buffer))
    }
    headers[.contentType] = "application/octet-stream"
    headers[.inferenceHeaderContentLength] = "\(writer.buffer.readableBytes)"
    var buffer = writer.buffer
    buffer.reserveCapacity(minimumWritableBytes: binary.reduce(0) { $0 + $1.byteCount })
    for tensor in binary { try tensor.withBytes { _ = buffer.writeBytes($0) } }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: buffer))
  }
}

extension HTTPField.Name {
  /// The length of the JSON in a body that is followed by binary data.
  static let inferenceHeaderContentLength = HTTPField.Name("Inference-Header-Content-Length")!
  /// The client's identifier of a request, for logs.
  static let requestID = HTTPField.Name("X-Request-ID")!
}
