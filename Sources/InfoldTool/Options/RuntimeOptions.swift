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
    defaultAsFlag: SessionOptions.Tuning.Scope.sameBits,
    help: ArgumentHelp(
      "Measure which ways to compute each layer are the fastest, for at most a second: same-bits, or free.",
      discussion: """
        Choices are kept in the user's cache folder. Results do not depend on them, but for those of free, which chooses among \
        the algorithms that --precision allows. A word behind --tune is its value: give the model first.
        """, valueName: "scope"))
  var tune: SessionOptions.Tuning.Scope?

  @Flag(name: .customLong("no-tune-cache"), help: "Neither read nor keep what --tune measures.")
  var hasNoTuneCache = false

  @OptionGroup var reading: ModelOptions

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), and must be 1 to 1024")
    }
    if hasNoTuneCache, tune == nil { throw ValidationError("--no-tune-cache needs --tune") }
  }

  var session: SessionOptions {
    SessionOptions(
      threads: threads, optimize: !isUnoptimized, foldBatchNormalization: !isUnfolded,
      precision: precision, subnormals: subnormals, memoryLimit: reading.memoryLimit?.bytes,
      timeLimit: reading.timeLimit?.duration,
      tuning: tune.map { SessionOptions.Tuning(scope: $0, store: hasNoTuneCache ? .none : .userCache) })
  }
}

extension SessionOptions.Precision: ExpressibleByArgument {}
extension SessionOptions.Subnormals: ExpressibleByArgument {}
extension SessionOptions.Tuning.Scope: ExpressibleByArgument {
  public var defaultValueDescription: String { rawValue }
}
