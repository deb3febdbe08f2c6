import Infold
import InfoldServing
import NIOCore

/// A request of the KServe V1 protocol. `{"instances": […]}` contains one nested array per
/// instance, without the batch dimension, or one object that maps input names to such arrays.
/// `{"inputs": {…}}` contains whole tensors.
struct PredictRequest {
  /// The inputs of the model, for one run or for each instance.
  var requests: [[InferenceRequest.Input]]
  /// Whether the response lists the outputs of each instance.
  var isByInstance: Bool

  /// Reads a request.
  /// - Throws: `ServingError` with `.invalidArgument`.
  static func read(_ body: ByteBuffer, for model: ServedModel) throws(ServingError) -> PredictRequest {
    let result: Result<PredictRequest, ServingError> = body.withUnsafeReadableBytes { bytes in
      Result { () throws(ServingError) in
        var reader = JSONReader(bytes)
        return try read(&reader, model)
      }
    }
    return try result.get()
  }

  private static func read(_ reader: inout JSONReader, _ model: ServedModel) throws(ServingError) -> PredictRequest {
    var request: PredictRequest?
    func set(_ new: PredictRequest) throws(ServingError) {
      guard request == nil else {
        throw ServingError(.invalidArgument, "the request has both 'instances' and 'inputs'")
      }
      request = new
    }
    try reader.object { (reader, member) throws(ServingError) in
      switch member {
      case "instances":
        var requests: [[InferenceRequest.Input]] = []
        try reader.array { (reader) throws(ServingError) in
          requests.append(try inputs(&reader, model, leading: [1]))
        }
        guard !requests.isEmpty else { throw ServingError(.invalidArgument, "'instances' is empty") }
        try set(PredictRequest(requests: requests, isByInstance: true))
      case "inputs":
        try set(PredictRequest(requests: [try inputs(&reader, model, leading: [])], isByInstance: false))
      default: try reader.skipValue()
      }
    }
    try reader.end()
    guard let request else {
      throw ServingError(.invalidArgument, "expected \"instances\" or \"inputs\" in the request body")
    }
    return request
  }

  /// The inputs of an instance, or of the whole request.
  /// - Parameter leading: The leading sizes that the JSON omits.
  private static func inputs(
    _ reader: inout JSONReader, _ model: ServedModel, leading: [Int]
  ) throws(ServingError) -> [InferenceRequest.Input] {
    guard reader.peek() == UInt8(ascii: "{") else {
      let needed = model.inputs.filter { !$0.hasDefault }
      guard needed.count == 1 else {
        throw ServingError(
          .invalidArgument,
          "the model '\(model.name)' has \(needed.count) inputs: an object with their names is required"
        )
      }
      return [try input(&reader, needed[0], leading)]
    }
    var inputs: [InferenceRequest.Input] = []
    try reader.object { (reader, name) throws(ServingError) in
      guard let info = model.inputs.first(where: { $0.name == name }) else {
        throw ServingError(.invalidArgument, "unexpected input '\(name.printable)' for model '\(model.name)'")
      }
      inputs.append(try input(&reader, info, leading))
    }
    return inputs
  }

  private static func input(
    _ reader: inout JSONReader, _ info: ValueInfo, _ leading: [Int]
  ) throws(ServingError) -> InferenceRequest.Input {
    guard let type = info.type, let datatype = Datatype(type.elementType) else {
      throw ServingError(.invalidArgument, "input '\(info.name.printable)' has no datatype that JSON can express")
    }
    let shape = try reader.nestedShape()
    let tensor = try TensorJSON.read(&reader, datatype, shape: leading + shape, name: info.name)
    return InferenceRequest.Input(name: info.name, tensor: tensor)
  }
}

extension JSONReader {
  /// The shape of the nested arrays that come next, determined by the first element at each depth.
  /// The reader does not advance.
  fileprivate func nestedShape() throws(ServingError) -> [Int] {
    var shape: [Int] = []
    var reader = self
    var level = self
    while level.peek() == UInt8(ascii: "[") {
      guard shape.count < 64 else { throw ServingError(.invalidArgument, "arrays are nested more than 64 deep") }
      var count = 0
      reader = level
      try reader.array { (reader) throws(ServingError) in
        count += 1
        try reader.skipValue()
      }
      shape.append(count)
      guard count > 0 else { break }
      _ = level.skip("[")
    }
    return shape
  }
}

extension TensorJSON {
  /// Writes the elements of a tensor as nested arrays.
  static func writeNested(
    _ tensor: Tensor, _ datatype: Datatype, name: String, to writer: inout JSONWriter
  ) throws(ServingError) {
    guard tensor.shape.count > 1 else {
      guard tensor.shape.isEmpty else { return try write(tensor, datatype, name: name, to: &writer) }
      var list = JSONWriter()
      try write(tensor, datatype, name: name, to: &list)
      let text = String(buffer: list.buffer)
      return writer.raw(String(text.dropFirst().dropLast()))
    }
    try writer.array { (writer) throws(ServingError) in
      for position in 0..<tensor.shape[0] {
        try writeNested(part(tensor, position), datatype, name: name, to: &writer)
      }
    }
  }

  private static func part(_ tensor: Tensor, _ position: Int) throws(ServingError) -> Tensor {
    do throws(InfoldError) {
      return try tensor.slice(position..<position + 1).reshaped(to: Array(tensor.shape.dropFirst()))
    } catch {
      throw ServingError(error)
    }
  }
}
