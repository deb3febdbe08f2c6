import Foundation
import GRPCCore
import OpenInferenceGRPC

/// A request of `Tests/Requests/cases.json`, with its expected outcome.
struct RequestCase: Decodable, Sendable, CustomStringConvertible {
  struct Request: Decodable, Sendable {
    struct Output: Decodable, Sendable { let name: String }

    let model_name: String
    let model_version: String?
    let id: String?
    let parameters: [String: ParameterValue]?
    let inputs: [TensorValue]
    let outputs: [Output]?
  }

  struct Answer: Decodable, Sendable {
    let model_version: String
    let outputs: [TensorValue]
  }

  struct Failure: Decodable, Sendable {
    let grpc: String
    let reason: String
  }

  let name: String
  let request: Request
  let answer: Answer?
  let error: Failure?
  let only: String?
  let transport: String?

  var description: String { name }

  /// The forms in which it is sent.
  var forms: [Form] {
    Form.allCases.filter { form in
      (only ?? form.rawValue) == form.rawValue
        && (form == .raw || request.inputs.allSatisfy { $0.isInLists })
    }
  }

  enum Form: String, CaseIterable, Sendable { case raw, lists }

  static let all: [RequestCase] = {
    let data = try! Data(contentsOf: TestServer.folder.appending(path: "Requests/cases.json"))
    return try! JSONDecoder().decode([RequestCase].self, from: data).filter { $0.transport ?? "grpc" == "grpc" }
  }()

  /// The message of the request.
  func message(_ form: Form) -> Inference_ModelInferRequest {
    .with { message in
      message.modelName = request.model_name
      message.modelVersion = request.model_version ?? ""
      message.id = request.id ?? ""
      message.parameters = (request.parameters ?? [:]).mapValues(\.message)
      message.outputs = (request.outputs ?? []).map { output in .with { $0.name = output.name } }
      message.inputs = request.inputs.map { input in
        .with {
          $0.name = input.name
          $0.datatype = input.datatype
          $0.shape = input.shape
          if form == .lists { $0.contents = input.contents }
        }
      }
      if form == .raw { message.rawInputContents = request.inputs.map { Data($0.bytes) } }
    }
  }
}

/// A parameter of a request.
enum ParameterValue: Decodable, Sendable {
  case bool(Bool)
  case integer(Int64)
  case text(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  var message: Inference_InferParameter {
    .with {
      switch self {
      case .bool(let value): $0.boolParam = value
      case .integer(let value): $0.int64Param = value
      case .text(let value): $0.stringParam = value
      }
    }
  }
}

/// A tensor of a request or a response.
struct TensorValue: Decodable, Sendable {
  let name: String
  let datatype: String
  let shape: [Int64]
  let bytes: [UInt8]
  let isInLists: Bool

  private enum CodingKeys: CodingKey { case name, datatype, shape, data, hex }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    datatype = try container.decode(String.self, forKey: .datatype)
    shape = try container.decode([Int64].self, forKey: .shape)
    isInLists = container.contains(.data)
    if let hex = try container.decodeIfPresent(String.self, forKey: .hex) {
      let digits = hex.map { UInt8($0.hexDigitValue!) }
      bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
      return
    }
    func elements<Element: Decodable>(_: Element.Type) throws -> [UInt8] {
      try container.decode([Element].self, forKey: .data).withUnsafeBytes { Array($0) }
    }
    bytes =
      switch datatype {
      case "BOOL": try container.decode([Bool].self, forKey: .data).map { $0 ? 1 : 0 }
      case "UINT8": try elements(UInt8.self)
      case "UINT16": try elements(UInt16.self)
      case "UINT32": try elements(UInt32.self)
      case "UINT64": try elements(UInt64.self)
      case "INT8": try elements(Int8.self)
      case "INT16": try elements(Int16.self)
      case "INT32": try elements(Int32.self)
      case "INT64": try elements(Int64.self)
      case "FP32": try elements(Float.self)
      default: try elements(Double.self)
      }
  }

  private func list<Element>(_: Element.Type) -> [Element] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<Element>.size).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
      }
    }
  }

  var contents: Inference_InferTensorContents {
    .with {
      switch datatype {
      case "BOOL": $0.boolContents = bytes.map { $0 != 0 }
      case "UINT8": $0.uintContents = bytes.map { UInt32($0) }
      case "UINT16": $0.uintContents = list(UInt16.self).map { UInt32($0) }
      case "UINT32": $0.uintContents = list(UInt32.self)
      case "UINT64": $0.uint64Contents = list(UInt64.self)
      case "INT8": $0.intContents = list(Int8.self).map { Int32($0) }
      case "INT16": $0.intContents = list(Int16.self).map { Int32($0) }
      case "INT32": $0.intContents = list(Int32.self)
      case "INT64": $0.int64Contents = list(Int64.self)
      case "FP32": $0.fp32Contents = list(Float.self)
      default: $0.fp64Contents = list(Double.self)
      }
    }
  }
}
