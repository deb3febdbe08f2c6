import ArgumentParser
import InfoldRuntime
import InfoldSystem

/// Jobs that come line by line: common to the commands that take them.
struct LineOptions: ParsableArguments {
  @Flag(
    name: .customLong("lines"),
    help:
      "Take a file, or a JSON object, from each line of standard input, and answer each with a JSON object on a line.")
  var isOn = false

  @Option(
    name: .customLong("at-once"),
    help: ArgumentHelp(
      "How many lines are worked on at a time, 1 to 1024; they share the threads. (default: as many as there are threads)",
      valueName: "lines"))
  var atOnce: Int?

  @Option(
    name: .customLong("line-limit"),
    help: ArgumentHelp("The longest line, like 64M. (default: 16M)", valueName: "size"))
  var limit: ByteCount?

  func validate() throws {
    if let atOnce, !(1...1024).contains(atOnce) {
      throw ValidationError("--at-once is \(atOnce), and must be 1 to 1024")
    }
    if !isOn, atOnce != nil { throw ValidationError("--at-once needs --lines") }
    if !isOn, limit != nil { throw ValidationError("--line-limit needs --lines") }
  }

  /// - Throws: `ValidationError` where an option of the command has no meaning with lines.
  /// - Parameter others: Each option, and whether it is given.
  func refuse(_ others: [(option: String, isGiven: Bool)]) throws {
    guard isOn, let other = others.first(where: \.isGiven) else { return }
    throw ValidationError("--lines and \(other.option) exclude each other")
  }

  /// How many lines are worked on at a time, and the options of a session for each: its share of the threads.
  /// - Throws: `InfoldError` with `.invalidArgument` for a number of threads that is not allowed.
  func shares(_ options: SessionOptions) throws(InfoldError) -> (atOnce: Int, options: SessionOptions) {
    let threads = try ThreadCount.chosen(options)
    let atOnce = atOnce ?? threads
    var share = options
    share.threads = max(1, threads / atOnce)
    return (atOnce, share)
  }

  /// Answers all lines of standard input, and says on standard error how many of the answers are errors.
  /// - Throws: `InfoldError` when the input cannot be read or the output not written, and for a `model` from standard input.
  func run(atOnce: Int, _ answer: @escaping @Sendable (InputLine) -> LineAnswer) throws(InfoldError) {
    let limit = limit?.bytes ?? 16 << 20
    let job = LineJob(atOnce: atOnce, limit: limit, answer)
    let (answers, errors) = try job.run()
    guard errors > 0 else { return }
    StandardError.write(
      "infold: \(NumberText.grouped(errors)) of \(NumberText.grouped(answers)) lines are answered with an error\n")
  }

  /// - Throws: `InfoldError` for a model from standard input, where the lines come from.
  func check(model: String) throws(InfoldError) {
    guard isOn, model == StandardInput.argument else { return }
    throw InfoldError(
      .invalidArgument, "with --lines, standard input has the lines, and not the model", hint: "name the model's file")
  }
}
