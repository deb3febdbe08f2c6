/// The value of a parameter of a request, a tensor or a response.
public enum Parameter: Sendable, Hashable {
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
}

/// Parameters by name.
public typealias Parameters = [String: Parameter]

extension Parameters {
  /// A Boolean parameter.
  /// - Returns: The value, or `nil` if there is none.
  /// - Throws: `ServingError` with `.invalidArgument` if the parameter has another type.
  public func bool(_ name: String) throws(ServingError) -> Bool? {
    switch self[name] {
    case nil: nil
    case .bool(let value): value
    default: throw ServingError(.invalidArgument, "the parameter '\(name)' must be true or false")
    }
  }

  /// A parameter that is an integer of at least 0.
  /// - Returns: The value, or `nil` if there is none.
  /// - Throws: `ServingError` with `.invalidArgument` if the parameter is something else.
  public func count(_ name: String) throws(ServingError) -> Int? {
    switch self[name] {
    case nil: return nil
    case .integer(let value) where value >= 0: return Int(value)
    default: throw ServingError(.invalidArgument, "the parameter '\(name)' must be an integer of at least 0")
    }
  }
}
