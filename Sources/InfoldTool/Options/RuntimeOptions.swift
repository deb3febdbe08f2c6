import ArgumentParser
import InfoldRuntime

/// Options of how a model runs, shared by several commands.
struct RuntimeOptions: ParsableArguments {
  @Option(help: "The number of threads, 1 to 1024. (default: INFOLD_THREADS, or one per core)")
  var threads: Int?

  @Flag(name: .customLong("no-optimize"), help: "Run every node as ONNX defines it, without graph passes.")
  var isUnoptimized = false

  @Flag(name: .customLong("no-fold"), help: "Do not fold batch normalizations: each runs as a scale and shift.")
  var isUnfolded = false

  @Option(
    help: """
      The accuracy to trade for speed: exact, fast (Winograd convolutions), or bfloat16 (factors of products are \
      rounded, on processors where that is faster).
      """)
  var precision = SessionOptions.Precision.fast

  @Option(
    help: """
      Subnormal numbers (smaller than 1.2e-38), which are slow on many processors: kept, or flushed to zero. \
      (default: flushed; kept with --precision exact and with --no-optimize)
      """)
  var subnormals: SessionOptions.Subnormals?

  @Option(
    defaultAsFlag: TuningScope.sameBits,
    help: ArgumentHelp(
      "Measure which algorithm is fastest for each layer: same-bits or free.",
      discussion: """
        Choices are stored in the user's cache folder. same-bits never changes results; free may, since it chooses \
        among all algorithms that --precision allows. A word after --tune is its value, so put the model first.
        """, valueName: "scope"))
  var tune: TuningScope?

  @Option(
    name: .customLong("tune-time"),
    help: ArgumentHelp("The time limit in seconds for the measurements of --tune. (default: 1)", valueName: "seconds"))
  var tuneTime: TimeLimit?

  @Flag(name: .customLong("no-tune-cache"), help: "Neither read nor store measurements of --tune.")
  var hasNoTuneCache = false

  @OptionGroup var reading: ModelOptions

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), but must be 1 to 1024")
    }
    if hasNoTuneCache, tune == nil { throw ValidationError("--no-tune-cache needs --tune") }
    if tuneTime != nil, tune == nil { throw ValidationError("--tune-time needs --tune") }
    if let tune {
      guard tune.scope != nil else {
        let words = SessionOptions.Tuning.Scope.allCases.map(\.rawValue).joined(separator: " or ")
        throw ValidationError("--tune is '\(String(printable: tune.description))', but must be \(words)")
      }
      if isUnoptimized {
        throw ValidationError("--tune and --no-optimize cannot be combined: without optimization there are no choices")
      }
    }
  }

  var session: SessionOptions {
    SessionOptions(
      threads: threads, optimize: !isUnoptimized, foldBatchNormalization: !isUnfolded,
      precision: precision, subnormals: subnormals, memoryLimit: reading.memoryLimit?.bytes,
      timeLimit: reading.timeLimit?.duration,
      tuning: tune?.scope.map {
        SessionOptions.Tuning(
          scope: $0, timeLimit: tuneTime?.duration ?? .seconds(1), store: hasNoTuneCache ? .none : .userCache)
      })
  }
}

extension SessionOptions.Precision: ExpressibleByArgument {}
extension SessionOptions.Subnormals: ExpressibleByArgument {}

/// The value of `--tune`. If a value did not parse, ArgumentParser would treat the option as a
/// flag. So every word that could be meant as a value parses, and unknown ones are rejected later.
struct TuningScope: ExpressibleByArgument, CustomStringConvertible {
  static let sameBits = TuningScope(argument: SessionOptions.Tuning.Scope.sameBits.rawValue)!
  static var allValueStrings: [String] { SessionOptions.Tuning.Scope.allCases.map(\.rawValue) }

  let description: String

  /// - Parameter argument: The word after the option. A word that looks like a file is the model
  ///   instead.
  init?(argument: String) {
    guard argument != "-", !argument.contains("/"), !argument.contains(".") else { return nil }
    description = argument
  }

  /// The scope, or `nil` for an unknown word.
  var scope: SessionOptions.Tuning.Scope? { SessionOptions.Tuning.Scope(rawValue: description) }
}
