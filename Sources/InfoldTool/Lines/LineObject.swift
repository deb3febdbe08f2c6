import FoundationEssentials
import InfoldSystem

/// The content of a line: the path of a file, or a JSON object.
enum LineContent {
  case path(String)
  case object([UInt8])

  /// A line that begins with `{` is an object; any other is a path.
  /// - Throws: `InfoldError` if the line is too long, empty, or not UTF-8.
  init(_ line: InputLine) throws(InfoldError) {
    guard let bytes = line.bytes else {
      throw InfoldError(
        .limitExceeded, "the line is longer than the limit of \(line.limit) bytes",
        hint: "raise the limit with --line-limit")
    }
    guard let first = bytes.first else { throw InfoldError(.invalidArgument, "the line is empty") }
    if first == UInt8(ascii: "{") {
      self = .object(bytes)
    } else if let path = String(validating: bytes, as: UTF8.self) {
      self = .path(path)
    } else {
      throw InfoldError(.malformedData, "the line is not UTF-8")
    }
  }
}

/// A member name in a JSON object.
struct JSONKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
  init(_ name: String) { self.init(stringValue: name) }
}

extension KeyedDecodingContainer<JSONKey> {
  /// Throws if a member has none of these names.
  func requireKeys(_ names: [String]) throws {
    guard let unknown = allKeys.map(\.stringValue).filter({ !names.contains($0) }).sorted().first else { return }
    let suggestion = suggestion(for: unknown, among: names).map { "; " + $0 } ?? ""
    throw DecodingError.dataCorrupted(
      .init(
        codingPath: codingPath,
        debugDescription:
          "unknown key \(String(quoting: unknown)) (the keys are \(names.joined(separator: ", ")))\(suggestion)"))
  }
}

/// Decodes the JSON object on a line.
/// - Throws: `InfoldError`: the error that decoding throws, or `.malformedData` with the problem
///   and its place.
func decodeLine<Value: Decodable>(
  _: Value.Type, _ bytes: [UInt8], userInfo: [CodingUserInfoKey: any Sendable] = [:]
) throws(InfoldError) -> Value {
  let decoder = JSONDecoder()
  decoder.userInfo = userInfo
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
  do {
    return try decoder.decode(Value.self, from: Data(bytes))
  } catch let error as InfoldError {
    throw error
  } catch let error as DecodingError {
    throw InfoldError(error)
  } catch {
    throw InfoldError(.malformedData, "the line is not JSON")
  }
}

extension InfoldError {
  fileprivate init(_ error: DecodingError) {
    func place(_ context: DecodingError.Context) -> String {
      context.codingPath.reduce("") { place, key in
        place + (key.intValue.map { "[\($0)]" } ?? (place.isEmpty ? "" : ".") + key.stringValue)
      }
    }
    func message(_ context: DecodingError.Context, _ text: String) -> String {
      let place = place(context)
      return place.isEmpty ? text : "\(String(printable: place)): \(text)"
    }
    let reason =
      switch error {
      case .typeMismatch(let type, let context): message(context, "is not \(Self.name(of: type))")
      case .valueNotFound(let type, let context): message(context, "is null, but must be \(Self.name(of: type))")
      case .keyNotFound(let key, let context): message(context, "lacks the key \(String(quoting: key.stringValue))")
      case .dataCorrupted(let context):
        // The parser reports neither place nor reason here, nor for a number that `Float` cannot
        // hold.
        context.codingPath.isEmpty && context.debugDescription.contains("JSON")
          ? "the line is not JSON, or has a number that is too large for its type"
          : message(context, context.debugDescription)
      @unknown default: "the line cannot be understood"
      }
    self.init(.malformedData, reason)
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "an integer of the type \(type)"
    case is any BinaryFloatingPoint.Type: "a number"
    case is [Int].Type: "a list of integers"
    case is [any Sendable].Type: "a list"
    default: "an object"
    }
  }
}
