/// What went wrong, where, and what can be done about it.
///
/// Calls of Infold throw this one type; going through the results of `Session.results(for:atOnce:)` throws what the inputs throw as well.
/// `description` is a single line, whatever a hostile model
/// puts into its names.
public struct InfoldError: Error, Sendable, Hashable {
  /// The kind of a failure, for code that reacts to it. Later versions may have more: a switch needs a default.
  public struct Code: RawRepresentable, Sendable, Hashable, CaseIterable {
    /// The name, for logs and metrics.
    public let rawValue: String

    /// The code of this name.
    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// A file or folder is missing, not readable, or not of the kind that is needed.
    public static let fileAccess = Code(rawValue: "fileAccess")
    /// The bytes are not what they claim to be: a broken ONNX model, tensor file or picture.
    public static let malformedData = Code(rawValue: "malformedData")
    /// The model can be read, and breaks a rule of the ONNX standard.
    public static let invalidModel = Code(rawValue: "invalidModel")
    /// The model is valid, and needs something that Infold does not have.
    public static let unsupported = Code(rawValue: "unsupported")
    /// An argument of the caller is wrong: a name, a shape, an element type, an option.
    public static let invalidArgument = Code(rawValue: "invalidArgument")
    /// A limit would be exceeded, or memory could not be had.
    public static let limitExceeded = Code(rawValue: "limitExceeded")
    /// The task that asked was cancelled.
    public static let cancelled = Code(rawValue: "cancelled")

    /// Those that Infold throws.
    public static let allCases: [Code] = [
      fileAccess, malformedData, invalidModel, unsupported, invalidArgument, limitExceeded, cancelled,
    ]
  }

  /// The kind of failure.
  public var code: Code
  /// What is wrong, without the place.
  public var reason: String
  /// What the user can do about it, when there is something.
  public var hint: String?
  /// The file it was found in, once known.
  public var file: String?
  /// The node it was found at, once known, like `node "conv1" (Conv)`.
  public var node: String?

  /// Creates an error.
  public init(_ code: Code, _ reason: String, hint: String? = nil, file: String? = nil, node: String? = nil) {
    self.code = code
    self.reason = reason
    self.hint = hint
    self.file = file
    self.node = node
  }
}

extension InfoldError.Code: CustomStringConvertible {
  public var description: String { rawValue }
}

extension InfoldError: CustomStringConvertible {
  public var description: String {
    let place = [file.map(String.init(printable:)), node].compactMap { $0 }.map { $0 + ": " }.joined()
    return place + reason + (hint.map { "; " + $0 } ?? "")
  }
}

extension InfoldError {
  /// The same error, found in `file`, unless a file is known already.
  public func inFile(_ file: String) -> InfoldError {
    var copy = self
    copy.file = copy.file ?? file
    return copy
  }

  /// The same error, found at the node that `node` describes, unless one is known already.
  public func atNode(_ node: String) -> InfoldError {
    var copy = self
    copy.node = copy.node ?? node
    return copy
  }
}

extension InfoldError {
  /// Whether a model that has this fault can be looked at: it can be read, breaks a rule or lacks something, and is not damaged.
  package var isFaultOfModel: Bool { [.invalidModel, .unsupported, .fileAccess].contains(code) }
}

/// Runs `body`; an error that leaves it is completed by `complete`.
package func annotatingErrors<Result>(
  _ complete: (InfoldError) -> InfoldError, _ body: () throws(InfoldError) -> Result
) throws(InfoldError) -> Result {
  do {
    return try body()
  } catch {
    throw complete(error)
  }
}

extension String {
  /// `text` on one line: control characters escaped, and cut where it is longer than 200 characters.
  package init(printable text: String) {
    if text.utf8.count <= 200, text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) {
      self = text
      return
    }
    self =
      text.unicodeScalars.prefix(200).map { scalar in
        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .lineSeparator
          || scalar.properties.generalCategory == .paragraphSeparator
          ? "\\u{" + String(scalar.value, radix: 16) + "}" : String(scalar)
      }.joined() + (text.unicodeScalars.count > 200 ? "…" : "")
  }

  /// `name` in double quotes, on one line.
  package init(quoting name: String) {
    self = "\"" + String(printable: name) + "\""
  }
}
