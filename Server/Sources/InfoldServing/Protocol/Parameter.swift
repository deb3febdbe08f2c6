/// The value of a parameter of a request, a tensor or an answer.
public enum Parameter: Sendable, Hashable {
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
}

/// Parameters by their names.
public typealias Parameters = [String: Parameter]

extension Parameters {
  /// A parameter that is true or false.
  /// - Returns: `nil` where there is none.
  /// - Throws: `ServingError` with `.invalidArgument` where it is something else.
  public func bool(_ name: String) throws(ServingError) -> Bool? {
    switch self[name] {
    case nil: nil
    case .bool(let value): value
    default: throw ServingError(.invalidArgument, "the parameter '\(name)' must be true or false")
    }
  }

  /// A parameter that is a whole number, at least 0.
  /// - Returns: `nil` where there is none.
  /// - Throws: `ServingError` with `.invalidArgument` where it is something else.
  public func count(_ name: String) throws(ServingError) -> Int? {
    switch self[name] {
    case nil: return nil
    case .integer(let value) where value >= 0: return Int(value)
    default: throw ServingError(.invalidArgument, "the parameter '\(name)' must be a whole number, at least 0")
    }
  }
}
