import Infold
import InfoldServing
import NIOCore

/// Reads the body of an inference request: JSON, optionally followed by binary tensor data.
struct InferenceRequestReader {
  /// The request, without the model name.
  private(set) var request: InferenceRequest
  /// The entire body.
  private let bytes: UnsafeRawBufferPointer
  /// Keeps the bytes of the body alive.
  private let storage: Unmanaged<AnyObject>
  /// The offset of the next binary data.
  private var position: Int

  /// Reads a request.
  /// - Parameters:
  ///   - body: The body.
  ///   - headerLength: The length of the JSON, if binary data follows it.
  /// - Throws: `ServingError` with `.invalidArgument`. Messages follow the wording of other servers
  ///   of the protocol.
  static func request(
    model: String, version: String?, body: ByteBuffer, headerLength: Int?
  ) throws(ServingError) -> InferenceRequest {
    let result: Result<InferenceRequest, ServingError> =
      body
      .withUnsafeReadableBytesWithStorageManagement { bytes, storage in
        Result { () throws(ServingError) in
          var reader = try InferenceRequestReader(model, version, bytes, storage, headerLength)
          try reader.read(headerLength ?? bytes.count)
          return reader.request
        }
      }
    return try result.get()
  }

  private init(
    _ model: String, _ version: String?, _ bytes: UnsafeRawBufferPointer, _ storage: Unmanaged<AnyObject>,
    _ headerLength: Int?
  ) throws(ServingError) {
    (self.bytes, self.storage) = (bytes, storage)
    if let headerLength, headerLength > bytes.count {
      throw ServingError(
        .invalidArgument,
        "inference header length is \(headerLength), which exceeds the \(bytes.count) bytes of the request body")
    }
    position = headerLength ?? bytes.count
    request = InferenceRequest(modelName: model, modelVersion: version, inputs: [])
  }

  private mutating func read(_ headerLength: Int) throws(ServingError) {
    var reader = JSONReader(UnsafeRawBufferPointer(rebasing: bytes[..<headerLength]))
    var inputs: [JSONInput]?
    try reader.object { (reader, name) throws(ServingError) in
      switch name {
      case "id": request.id = try reader.optionalString()
      case "parameters": request.parameters = try reader.parameters()
      case "inputs":
        var list: [JSONInput] = []
        try reader.array { (reader) throws(ServingError) in list.append(try JSONInput(&reader)) }
        inputs = list
      case "outputs":
        if reader.peek() == UInt8(ascii: "n") { return try reader.null() }
        try reader.array { (reader) throws(ServingError) in request.outputs.append(try reader.requestedOutput()) }
      default: try reader.skipValue()
      }
    }
    try reader.end()
    guard let inputs else { throw ServingError(.invalidArgument, "the request JSON has no 'inputs'") }
    let json = reader
    request.inputs = try inputs.map { (input) throws(ServingError) in try tensor(input, json) }
    guard position == bytes.count else {
      throw ServingError(
        .invalidArgument,
        "unexpected additional input data: \(bytes.count - position) bytes follow those of the inputs")
    }
  }

  private mutating func tensor(_ input: JSONInput, _ json: JSONReader) throws(ServingError) -> InferenceRequest.Input {
    guard let name = input.name else { throw ServingError(.invalidArgument, "an input has no 'name'") }
    guard let datatype = input.datatype else {
      throw ServingError(.invalidArgument, "input '\(name.printable)' has no 'datatype'")
    }
    guard let shape = input.shape else {
      throw ServingError(.invalidArgument, "input '\(name.printable)' has no 'shape'")
    }
    if let size = try input.parameters.count("binary_data_size") {
      guard input.data == nil, input.tensor == nil else {
        throw ServingError(
          .invalidArgument, "input '\(name.printable)' has both 'data' and the parameter 'binary_data_size'")
      }
      guard size <= bytes.count - position else {
        throw ServingError(
          .invalidArgument,
          "input '\(name.printable)' has binary_data_size \(size), but only \(bytes.count - position) bytes of the body are left"
        )
      }
      let elements = UnsafeRawBufferPointer(rebasing: bytes[position..<position + size])
      position += size
      var tensor = try borrowed(elements, datatype, shape)
      if tensor == nil {
        tensor = try Tensor(bytes: elements, datatype: datatype, shape: shape.map(Int64.init), input: name)
      }
      return InferenceRequest.Input(name: name, tensor: tensor!, parameters: input.parameters)
    }
    if let tensor = input.tensor {
      return InferenceRequest.Input(name: name, tensor: tensor, parameters: input.parameters)
    }
    guard let data = input.data else {
      throw ServingError(
        .invalidArgument, "input '\(name.printable)' has neither 'data' nor the parameter 'binary_data_size'")
    }
    var reader = json.reader(of: data)
    return InferenceRequest.Input(
      name: name, tensor: try TensorJSON.read(&reader, datatype, shape: shape, name: name), parameters: input.parameters
    )
  }
}

extension InferenceRequestReader {
  /// A tensor that shares its elements with the body, or `nil` if the elements must be checked, or
  /// if their alignment or number does not match.
  private func borrowed(
    _ bytes: UnsafeRawBufferPointer, _ datatype: Datatype, _ shape: [Int]
  ) throws(ServingError) -> Tensor? {
    guard datatype != .bool, !bytes.isEmpty, Int(bitPattern: bytes.baseAddress) % datatype.byteWidth == 0,
      shape.allSatisfy({ $0 > 0 })
    else { return nil }
    var count = datatype.byteWidth
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    guard count == bytes.count else { return nil }
    nonisolated(unsafe) let storage = storage.retain()
    func tensor<Element: TensorElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      try Tensor(
        unsafeNoCopy: bytes.assumingMemoryBound(to: Element.self), shape: shape, deallocator: { storage.release() })
    }
    do throws(InfoldError) {
      return try tensor(datatype.swiftType)
    } catch {
      storage.release()
      throw ServingError(error)
    }
  }
}

/// The JSON of an input.
private struct JSONInput {
  var name: String?
  var datatype: Datatype?
  var shape: [Int]?
  var parameters: Parameters = [:]
  /// The range of its elements, if they have not been read yet.
  var data: Range<Int>?
  /// The tensor, if the elements have been read.
  var tensor: Tensor?

  init(_ reader: inout JSONReader) throws(ServingError) {
    var input = Self()
    try reader.object { (reader, name) throws(ServingError) in
      switch name {
      case "name": input.name = try reader.string()
      case "datatype": input.datatype = try Datatype(named: reader.string())
      case "shape":
        var shape: [Int] = []
        try reader.array { (reader) throws(ServingError) in
          guard shape.count < 64 else { throw ServingError(.invalidArgument, "a shape has more than 64 dimensions") }
          let number = try reader.number()
          shape.append(try reader.integer(number))
        }
        input.shape = shape
      case "parameters": input.parameters = try reader.parameters()
      case "data":
        // Most clients send the datatype and shape first. Then the elements can be read directly.
        if let name = input.name, let datatype = input.datatype, let shape = input.shape {
          input.tensor = try TensorJSON.read(&reader, datatype, shape: shape, name: name)
        } else {
          input.data = try reader.skipValue()
        }
      default: try reader.skipValue()
      }
    }
    self = input
  }

  private init() {}
}

extension JSONReader {
  /// A string, or `nil` for null.
  mutating func optionalString() throws(ServingError) -> String? {
    guard peek() != UInt8(ascii: "n") else {
      try null()
      return nil
    }
    return try string()
  }

  /// Parameters: an object of strings, numbers and Booleans, or null for none. Members that are
  /// null, arrays or objects are ignored.
  mutating func parameters() throws(ServingError) -> Parameters {
    guard peek() != UInt8(ascii: "n") else {
      try null()
      return [:]
    }
    var parameters: Parameters = [:]
    try object { (reader, name) throws(ServingError) in
      switch reader.peek() {
      case UInt8(ascii: "\""): parameters[name] = .string(try reader.string())
      case UInt8(ascii: "t"), UInt8(ascii: "f"): parameters[name] = .bool(try reader.bool())
      case UInt8(ascii: "n"), UInt8(ascii: "["), UInt8(ascii: "{"): try reader.skipValue()
      default:
        let number = try reader.number()
        parameters[name] =
          if number.isInteger, let integer = try? reader.integer(number, as: Int64.self) {
            .integer(integer)
          } else {
            .number(reader.double(number))
          }
      }
    }
    return parameters
  }

  fileprivate mutating func requestedOutput() throws(ServingError) -> InferenceRequest.RequestedOutput {
    var name: String?
    var parameters: Parameters = [:]
    try object { (reader, member) throws(ServingError) in
      switch member {
      case "name": name = try reader.string()
      case "parameters": parameters = try reader.parameters()
      default: try reader.skipValue()
      }
    }
    guard let name else { throw ServingError(.invalidArgument, "a requested output has no 'name'") }
    return InferenceRequest.RequestedOutput(name: name, parameters: parameters)
  }
}
