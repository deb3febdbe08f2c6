import InfoldServing
import OpenInferenceGRPC

extension Parameters {
  /// The parameters of a message.
  /// - Throws: `ServingError` with `.invalidArgument` if a parameter has no value.
  init(_ messages: [String: Inference_InferParameter]) throws(ServingError) {
    self.init(minimumCapacity: messages.count)
    for (name, message) in messages {
      switch message.parameterChoice {
      case .boolParam(let value): self[name] = .bool(value)
      case .int64Param(let value): self[name] = .integer(value)
      case .uint64Param(let value): self[name] = Int64(exactly: value).map { .integer($0) } ?? .number(Double(value))
      case .doubleParam(let value): self[name] = .number(value)
      case .stringParam(let value): self[name] = .string(value)
      case nil: throw ServingError(.invalidArgument, "the parameter '\(name.printable)' has no value")
      }
    }
  }
}

extension Inference_InferParameter {
  /// The message of a parameter.
  init(_ parameter: Parameter) {
    self.init()
    switch parameter {
    case .bool(let value): boolParam = value
    case .integer(let value): int64Param = value
    case .number(let value): doubleParam = value
    case .string(let value): stringParam = value
    }
  }
}
