import ArgumentParser
import InfoldConformance
import InfoldSystem

/// `infold test`: runs ONNX's backend tests.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run ONNX backend tests.",
    discussion: """
      A test case is a folder with model.onnx and test_data_set_N/{input,output}_M.pb. Folders are searched \
      recursively. Floats must satisfy |actual - expected| <= atol + rtol * |expected|; other types must be equal. A \
      model that Infold cannot run counts as unsupported, never as passed. The exit code is 1 if a case failed.

      EXAMPLES
        infold test onnx-cases
      """)

  @Argument(help: ArgumentHelp("Folders with test cases.", valueName: "dir"), completion: .directory)
  var folders: [String]

  @Option(help: "The relative tolerance.")
  var rtol = 1e-3

  @Option(help: "The absolute tolerance.")
  var atol = 1e-7

  @Flag(help: "Compute in double precision, with the reference evaluation.")
  var double = false

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    for (name, value) in [("--rtol", rtol), ("--atol", atol)] where !(value >= 0 && value.isFinite) {
      throw ValidationError("\(name) is \(value), but must be a number of at least 0")
    }
  }

  func run() throws {
    var cases: [ConformanceCase] = []
    for folder in folders {
      let found = try ConformanceCase.find(in: folder)
      guard !found.isEmpty else {
        throw InfoldError(.invalidArgument, "contains no test case (a folder with model.onnx)", file: folder)
      }
      cases += found
    }
    let options = ConformanceCase.Options(
      precision: double ? .double : .declared, optimize: !runtime.isUnoptimized, threads: runtime.threads,
      memoryLimit: runtime.reading.memoryLimit?.bytes, timeLimit: runtime.reading.timeLimit?.duration,
      tolerance: Tolerance(relative: rtol, absolute: atol), declaredShapes: runtime.reading.declaredShapes)
    var report = Report()
    // If the results are printed to a terminal, they show the progress themselves.
    var bar = json || !Terminal.output.isTerminal ? ProgressBar("testing") : nil
    defer { bar?.finish() }
    for testCase in cases {
      bar?.update(report.cases.count, of: cases.count)
      let result = Result(testCase, testCase.run(options))
      report.add(result)
      if !json { try StandardOutput.write(result.text) }
    }
    bar?.finish()
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.summary)
    }
    if report.failed > 0 { throw ExitCode(ToolExit.checkFailed) }
  }
}

extension TestCommand {
  private struct Report: Encodable {
    var passed = 0
    var failed = 0
    var unsupported = 0
    var cases: [Result] = []

    mutating func add(_ result: Result) {
      switch result.result {
      case .passed: passed += 1
      case .failed: failed += 1
      case .unsupported: unsupported += 1
      }
      cases.append(result)
    }

    var summary: String {
      let failures = "\(failed) failed"
      return "\(passed) passed, \(failed > 0 ? failures.styled(.red) : failures), \(unsupported) unsupported\n"
    }
  }

  private struct Result: Encodable {
    enum Kind: String, Encodable {
      case passed, failed, unsupported
    }

    var name: String
    var path: String
    var result: Kind
    var reason: String?

    init(_ testCase: ConformanceCase, _ outcome: ConformanceCase.Outcome) {
      name = testCase.name
      path = testCase.path
      (result, reason) =
        switch outcome {
        case .passed: (.passed, nil)
        case .failed(let reason): (.failed, reason)
        case .unsupported(let reason): (.unsupported, reason)
        }
    }

    /// The result as one line.
    var text: String {
      let style: TextStyle =
        switch result {
        case .passed: .green
        case .failed: .red
        case .unsupported: .yellow
        }
      let word = result.rawValue + String(repeating: " ", count: 11 - result.rawValue.count)
      return word.styled(style) + "  " + String(printable: name) + (reason.map { ": " + $0 } ?? "") + "\n"
    }
  }
}
