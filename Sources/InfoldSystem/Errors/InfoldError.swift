/// The error type of Infold: what is wrong, where, and how to fix it.
///
/// All functions of Infold throw only this type. Iterating over the results of
/// `Session.results(for:atOnce:)` can also throw the errors of the inputs. `description` is a
/// single line, even if a hostile model puts line breaks into its names.
public struct InfoldError: Error, Sendable, Hashable {
  /// The kind of an error, for code that reacts to it. Later versions may add codes, so a switch
  /// needs a default.
  public struct Code: RawRepresentable, Sendable, Hashable, CaseIterable {
    /// The name of the code, for logs and metrics.
    public let rawValue: String

    /// Creates the code with this name.
    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// A file or folder is missing, unreadable, or of the wrong kind.
    public static let fileAccess = Code(rawValue: "fileAccess")
    /// The bytes are not what they claim to be: a broken ONNX model, tensor file or image.
    public static let malformedData = Code(rawValue: "malformedData")
    /// The model can be read but violates the ONNX standard.
    public static let invalidModel = Code(rawValue: "invalidModel")
    /// The model is valid but needs something that Infold does not support.
    public static let unsupported = Code(rawValue: "unsupported")
    /// An argument of the caller is invalid: a name, a shape, an element type, an option.
    public static let invalidArgument = Code(rawValue: "invalidArgument")
    /// A limit would be exceeded, or memory could not be allocated.
    public static let limitExceeded = Code(rawValue: "limitExceeded")
    /// The calling task was cancelled.
    public static let cancelled = Code(rawValue: "cancelled")

    /// All codes that Infold throws.
    public static let allCases: [Code] = [
      fileAccess, malformedData, invalidModel, unsupported, invalidArgument, limitExceeded, cancelled,
    ]
  }

  /// The kind of error.
  public var code: Code
  /// What is wrong, without the location.
  public var reason: String
  /// What the user can do about it, or `nil`.
  public var hint: String?
  /// The file with the error, if known.
  public var file: String?
  /// The node with the error, if known, such as `node "conv1" (Conv)`.
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
  /// Returns the same error located in `file`, unless its file is already known.
  public func inFile(_ file: String) -> InfoldError {
    var copy = self
    copy.file = copy.file ?? file
    return copy
  }

  /// Returns the same error located at the node that `node` describes, unless its node is already
  /// known.
  public func atNode(_ node: String) -> InfoldError {
    var copy = self
    copy.node = copy.node ?? node
    return copy
  }
}

extension InfoldError {
  /// Whether a model with this error can still be inspected: it is readable, but violates a rule or
  /// needs something unsupported.
  package var isFaultOfModel: Bool { [.invalidModel, .unsupported, .fileAccess].contains(code) }
}

/// Runs `body` and rethrows its error after `complete` has added context.
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
  /// Creates a single-line version of `text`: control characters are escaped, and it is truncated
  /// after 200 characters.
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

  /// Creates a single-line version of `name` in double quotes.
  package init(quoting name: String) {
    self = "\"" + String(printable: name) + "\""
  }
}
