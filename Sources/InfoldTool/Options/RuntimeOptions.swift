import ArgumentParser
import InfoldRuntime

/// How models are run: common to every command that runs one.
struct RuntimeOptions: ParsableArguments {
  @Option(help: "The number of threads, 1 to 1024. (default: INFOLD_THREADS, or one per core)")
  var threads: Int?

  @Flag(name: .customLong("no-optimize"), help: "Run every node as the standard defines it, without graph passes.")
  var isUnoptimized = false

  @Flag(name: .customLong("no-fold"), help: "Fold no batch normalization: each runs as a scale and a shift.")
  var isUnfolded = false

  @Option(help: "What speed may cost in accuracy: exact, or fast (Winograd's convolutions).")
  var precision = SessionOptions.Precision.fast

  @Option(
    help: """
      Numbers nearer to zero than 1.2e-38, with which processors are slow: kept, or flushed to zero. (default: flushed; \
      kept with --precision exact and with --no-optimize)
      """)
  var subnormals: SessionOptions.Subnormals?

  @Option(
    defaultAsFlag: TuningScope.sameBits,
    help: ArgumentHelp(
      "Measure which ways to compute each layer are the fastest: same-bits, or free.",
      discussion: """
        Choices are kept in the user's cache folder. Results do not depend on them, but for those of free, which chooses among \
        the algorithms that --precision allows. A word behind --tune is its value: give the model first.
        """, valueName: "scope"))
  var tune: TuningScope?

  @Option(
    name: .customLong("tune-time"),
    help: ArgumentHelp("The most seconds for what --tune measures. (default: 1)", valueName: "seconds"))
  var tuneTime: TimeLimit?

  @Flag(name: .customLong("no-tune-cache"), help: "Neither read nor keep what --tune measures.")
  var hasNoTuneCache = false

  @OptionGroup var reading: ModelOptions

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), and must be 1 to 1024")
    }
    if hasNoTuneCache, tune == nil { throw ValidationError("--no-tune-cache needs --tune") }
    if tuneTime != nil, tune == nil { throw ValidationError("--tune-time needs --tune") }
    if let tune {
      guard tune.scope != nil else {
        let words = SessionOptions.Tuning.Scope.allCases.map(\.rawValue).joined(separator: " or ")
        throw ValidationError("--tune is '\(String(printable: tune.description))', and must be \(words)")
      }
      if isUnoptimized { throw ValidationError("--tune has nothing to choose from with --no-optimize") }
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

/// The word behind --tune. Where a value does not parse, the parser takes the option for a flag; so every word does that could be meant for
/// one, and is refused later.
struct TuningScope: ExpressibleByArgument, CustomStringConvertible {
  static let sameBits = TuningScope(argument: SessionOptions.Tuning.Scope.sameBits.rawValue)!
  static var allValueStrings: [String] { SessionOptions.Tuning.Scope.allCases.map(\.rawValue) }

  let description: String

  /// - Parameter argument: The word. One that reads like a file is the model.
  init?(argument: String) {
    guard argument != "-", !argument.contains("/"), !argument.contains(".") else { return nil }
    description = argument
  }

  /// `nil` for a word that is none.
  var scope: SessionOptions.Tuning.Scope? { SessionOptions.Tuning.Scope(rawValue: description) }
}
