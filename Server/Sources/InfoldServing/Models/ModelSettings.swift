import FoundationEssentials
public import Infold

/// The settings of a served model.
///
/// The file `serving.json` in the folder of a model overrides them for that model. It is an object
/// whose members have the names of these properties. Members that it omits keep the server's
/// values. Unknown members are errors.
public struct ModelSettings: Sendable, Hashable {
  /// The maximum number of images in a batch; 1 for no batching. Requests are batched only if the
  /// network processes every image independently, so that an image has the same bits alone and in
  /// any batch.
  public var largestBatch = 8
  /// The maximum time in seconds for which a request waits for others to fill a batch while
  /// processors are free. With 0, only requests that wait anyway are batched.
  public var longestDelay = 0.0
  /// The maximum number of waiting requests. Further ones are rejected.
  public var queueSize = 256
  /// The memory limit in bytes of each session of the model, without the model's tensors, or `nil`
  /// for the default of the server.
  public var memoryLimit: Int?
  /// The time limit of a run in seconds, or `nil` for none.
  public var timeLimit: Double?
  /// The shapes with which the model is warmed up, by input name. Inputs with fixed shapes may be
  /// omitted. Without a shape for its dynamic dimensions, a model is not warmed up.
  public var warmUp: [String: [Int]] = [:]
  /// Whether to serve all versions rather than only the latest.
  public var allVersions = false
  /// The accuracy to trade for speed.
  public var precision = SessionOptions.Precision.fast

  /// Creates the default settings.
  public init() {}

  /// These settings, overridden by a file.
  /// - Parameter path: The path of the file. If it does not exist, these settings are returned.
  /// - Throws: `InfoldError` with the path of the file.
  func completed(byFile path: String) throws(InfoldError) -> ModelSettings {
    guard FileManager.default.fileExists(atPath: path) else { return self }
    do {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw InfoldError(.fileAccess, "cannot be read", file: path)
      }
      guard data.count <= 1 << 20 else { throw InfoldError(.limitExceeded, "is larger than 1 MiB", file: path) }
      let fields = try JSONDecoder().decode(Fields.self, from: data)
      return try fields.apply(to: self)
    } catch let error as InfoldError {
      throw error.inFile(path)
    } catch let error as DecodingError {
      throw InfoldError(.malformedData, error.reason, file: path)
    } catch {
      throw InfoldError(.malformedData, "\(error)".printable, file: path)
    }
  }

  /// Checks the ranges of the settings.
  /// - Throws: `InfoldError` with `.invalidArgument`.
  public func check() throws(InfoldError) {
    func require(_ holds: Bool, _ reason: String) throws(InfoldError) {
      if !holds { throw InfoldError(.invalidArgument, reason) }
    }
    try require((1...1024).contains(largestBatch), "largestBatch is \(largestBatch), but must be from 1 to 1024")
    try require((0...60).contains(longestDelay), "longestDelay is \(longestDelay), but must be from 0 to 60 seconds")
    try require((1...1_000_000).contains(queueSize), "queueSize is \(queueSize), but must be from 1 to 1000000")
    try require(memoryLimit.map { $0 > 0 } ?? true, "memoryLimit must be at least 1 byte")
    try require(
      timeLimit.map { $0 > 0 && $0 <= 86_400 } ?? true, "timeLimit must be more than 0, and at most 86400 seconds")
    try require(warmUp.values.joined().allSatisfy { $0 >= 0 }, "warmUp has a negative size")
  }
}

extension ModelSettings {
  private struct Fields: Decodable {
    var values: [String: Value] = [:]

    enum Value {
      case number(Double)
      case bool(Bool)
      case text(String)
      case shapes([String: [Int]])
    }

    struct Name: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys {
        values[key.stringValue] =
          if let flag = try? container.decode(Bool.self, forKey: key) {
            .bool(flag)
          } else if let number = try? container.decode(Double.self, forKey: key) {
            .number(number)
          } else if let text = try? container.decode(String.self, forKey: key) {
            .text(text)
          } else {
            .shapes(try container.decode([String: [Int]].self, forKey: key))
          }
      }
    }

    func apply(to settings: ModelSettings) throws(InfoldError) -> ModelSettings {
      var settings = settings
      for (name, value) in values {
        switch (name, value) {
        case ("largestBatch", .number(let number)): settings.largestBatch = try whole(number, name)
        case ("longestDelay", .number(let number)): settings.longestDelay = number
        case ("queueSize", .number(let number)): settings.queueSize = try whole(number, name)
        case ("memoryLimit", .number(let number)): settings.memoryLimit = try whole(number, name)
        case ("timeLimit", .number(let number)): settings.timeLimit = number
        case ("allVersions", .bool(let flag)): settings.allVersions = flag
        case ("warmUp", .shapes(let shapes)): settings.warmUp = shapes
        case ("precision", .text(let text)):
          guard let precision = SessionOptions.Precision(rawValue: text) else {
            throw InfoldError(
              .malformedData, "precision is \"\(text.printable)\", but must be \"fast\", \"exact\" or \"bfloat16\"")
          }
          settings.precision = precision
        case ("largestBatch", _), ("longestDelay", _), ("queueSize", _), ("memoryLimit", _), ("timeLimit", _):
          throw InfoldError(.malformedData, "\(name) must be a number")
        case ("allVersions", _): throw InfoldError(.malformedData, "allVersions must be true or false")
        case ("warmUp", _): throw InfoldError(.malformedData, "warmUp must be an object of lists of sizes")
        case ("precision", _):
          throw InfoldError(.malformedData, "precision must be \"fast\", \"exact\" or \"bfloat16\"")
        default:
          throw InfoldError(
            .malformedData, "unknown setting \"\(name.printable)\"",
            hint:
              "the settings are largestBatch, longestDelay, queueSize, memoryLimit, timeLimit, warmUp, allVersions and precision"
          )
        }
      }
      try settings.check()
      return settings
    }

    private func whole(_ number: Double, _ name: String) throws(InfoldError) -> Int {
      guard let whole = Int(exactly: number) else {
        throw InfoldError(.malformedData, "\(name) must be a whole number")
      }
      return whole
    }
  }
}

extension DecodingError {
  /// The problem, on one line.
  package var reason: String {
    switch self {
    case .dataCorrupted(let context): "is not JSON: " + context.debugDescription.printable
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
      "has an unexpected value at '\(context.codingPath.map(\.stringValue).joined(separator: ".").printable)'"
    @unknown default: "is not JSON"
    }
  }
}
