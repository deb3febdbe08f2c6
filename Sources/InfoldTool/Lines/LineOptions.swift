import ArgumentParser
import InfoldRuntime
import InfoldSystem

/// The options for line-by-line processing. Shared by the commands that support it.
struct LineOptions: ParsableArguments {
  @Flag(
    name: .customLong("lines"),
    help:
      "Read a path or a JSON object from each line of standard input, and answer each with a JSON object on a line.")
  var isOn = false

  @Option(
    name: .customLong("at-once"),
    help: ArgumentHelp(
      "The number of lines processed at a time, 1 to 1024; they share the threads. (default: the number of threads)",
      valueName: "lines"))
  var atOnce: Int?

  @Option(
    name: .customLong("line-limit"),
    help: ArgumentHelp("The maximum length of a line, such as 64M. (default: 16M)", valueName: "size"))
  var limit: ByteCount?

  func validate() throws {
    if let atOnce, !(1...1024).contains(atOnce) {
      throw ValidationError("--at-once is \(atOnce), but must be 1 to 1024")
    }
    if !isOn, atOnce != nil { throw ValidationError("--at-once needs --lines") }
    if !isOn, limit != nil { throw ValidationError("--line-limit needs --lines") }
  }

  /// Checks that `--lines` is not combined with options that exclude it.
  /// - Parameter others: The options, and whether each is given.
  /// - Throws: `ValidationError` if one of them is combined with `--lines`.
  func refuse(_ others: [(option: String, isGiven: Bool)]) throws {
    guard isOn, let other = others.first(where: \.isGiven) else { return }
    throw ValidationError("--lines and \(other.option) cannot be combined")
  }

  /// The number of lines processed at a time, and the session options for each, with its share of
  /// the threads.
  /// - Throws: `InfoldError` with `.invalidArgument` if the number of threads is out of range.
  func shares(_ options: SessionOptions) throws(InfoldError) -> (atOnce: Int, options: SessionOptions) {
    let threads = try ThreadCount.chosen(options)
    let atOnce = atOnce ?? threads
    var share = options
    share.threads = max(1, threads / atOnce)
    return (atOnce, share)
  }

  /// Answers all lines of standard input, and reports the number of errors on standard error.
  /// - Throws: `InfoldError` if the input cannot be read or the output cannot be written.
  func run(atOnce: Int, _ answer: @escaping @Sendable (InputLine) -> LineAnswer) throws(InfoldError) {
    let limit = limit?.bytes ?? 16 << 20
    let job = LineJob(atOnce: atOnce, limit: limit, answer)
    let (answers, errors) = try job.run()
    guard errors > 0 else { return }
    StandardError.write(
      "infold: \(NumberText.grouped(errors)) of \(NumberText.grouped(answers)) lines were answered with an error\n")
  }

  /// - Throws: `InfoldError` if the model is read from standard input, which contains the lines.
  func check(model: String) throws(InfoldError) {
    guard isOn, model == StandardInput.argument else { return }
    throw InfoldError(
      .invalidArgument, "with --lines, standard input contains the lines and cannot be the model",
      hint: "pass the path of the model")
  }
}
