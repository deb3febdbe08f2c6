import ArgumentParser
import InfoldONNX
import InfoldReports
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// `infold inspect`: says what a model is made of, and draws it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show inputs, outputs, operators, parameters and multiply-accumulates of a model.",
    discussion: """
      --check makes a session of the model, with the sizes of --shape where they are given, and exits with 1 where that is \
      refused: what "infold run" would say before it runs anything.

      Multiply-accumulates are those of a batch of 1, unless --shape gives another. --shape fixes what the model leaves open \
      in the shape of an input, or by the name of a symbol, and the report shows what follows.

      Models that cannot be run are shown as well, with what Infold does not have, and what is wrong or missing; the exit code is 0. Only \
      damaged files are errors, and with --strict wrong declarations. Where all sizes are known, the table of operators says which run \
      by kernels, and which by the reference evaluation, which is slow; the share of the arithmetic that is left to that stands below.

      --graph draws the network into an SVG file, for a browser: a box for each node, with more under the pointer. Graphviz \
      places the boxes where it is installed, and Infold otherwise; --layout chooses one. A file that ends in .dot gets \
      text for Graphviz.

      --nodes lists the nodes instead: a node without a name is called by the value that it makes first.

      --plan shows instead what a run does, step by step: the operators of each, its algorithm, the nodes that became one, and \
      where in memory it reads and writes. It is the plan of "infold run" with the same options and the sizes of --shape; sizes \
      of the batch that are left open are 1.

      --passes shows what becomes of the network before it is planned: check, inline, simplify, fold, recognize, with what each \
      pass did at which node, and what it left as it is, and why.

      EXAMPLES
        infold inspect model.onnx
        infold inspect model.onnx --nodes
        infold inspect model.onnx --shape input=1x3x224x224 --json
        infold inspect model.onnx --graph model.svg
        infold inspect model.onnx --check && echo it runs
        infold inspect model.onnx --passes
        infold inspect model.onnx --plan --shape input=8x3x224x224
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @OptionGroup var sizes: ShapeOptions

  @Option(help: ArgumentHelp("Draw the network into this file, .svg or .dot.", valueName: "file"), completion: .file())
  var graph: String?

  @Option(help: "Who lays the drawing out: automatic, graphviz or infold.")
  var layout = GraphFile.Engine.automatic

  @Flag(help: "List the nodes, by the names that quantize --exclude takes.")
  var nodes = false

  @Flag(help: "Show the steps of a run: operators, algorithm, layout, place in memory.")
  var plan = false

  @Flag(help: "Show what each pass does to the network before it is planned.")
  var passes = false

  @Flag(help: "Check whether Infold can run the model; if not, the exit code is 1.")
  var check = false

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  private var reading: ModelOptions { runtime.reading }

  func validate() throws {
    if nodes, check { throw ValidationError("--nodes and --check cannot be combined") }
    let others = ["--nodes": nodes, "--check": check, "--graph": graph != nil].filter(\.value).keys.sorted()
    for (name, isGiven) in [("--plan", plan), ("--passes", passes)] where isGiven {
      if let other = others.first { throw ValidationError("\(name) and \(other) cannot be combined") }
    }
    if plan, passes { throw ValidationError("--plan and --passes cannot be combined") }
  }

  func run() throws {
    if plan { try showPlan() } else if passes { try showPasses() } else { try showModel() }
  }

  private func showPasses() throws {
    let shapes = try sizes.shapes()
    let report = try reading.limiting { () throws(InfoldError) in
      try PassesReport(reading.model(model).binding(shapes), runtime.session)
    }
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.text)
    }
  }

  private func showPlan() throws {
    let shapes = try sizes.shapes()
    let session = try Session(reading.model(model).binding(shapes), options: runtime.session)
    let inputs = try ModelInputs(session.inputs, files: [], shapes: shapes).complete(seed: 0)
    let description = try session.planDescription(for: inputs.mapValues(\.shape))
    WarningLines.write(session.warnings, of: displayName(model))
    if json {
      try StandardOutput.writeJSON(PlanReport(description))
    } else {
      try StandardOutput.write(description.description)
    }
  }

  private func showModel() throws {
    let shapes = try sizes.shapes()
    let file = try graph.map { path throws(InfoldError) in try GraphFile(path, engine: layout) }
    let (report, list, done) = try reading.limiting { () throws(InfoldError) in
      let model = try reading.model(model, isOnlyInspected: !reading.strict).binding(shapes)
      let execution = nodes ? nil : ExecutionReport(model, runtime.session)
      var report = ModelReport(model, file: displayName(self.model), execution: execution)
      let done = try file?.write(model.graph, title: report.fileName, subtitle: report.summary)
      let list = nodes ? NodeList(model.graph) : nil
      if check { report.check = try ModelReport.Check(consume model, runtime.session) }
      return (report, list, done)
    }
    if let list {
      if json { try StandardOutput.writeJSON(list) } else { try StandardOutput.write(list.text) }
    } else if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.text + (done.map { "\n\($0)\n" } ?? ""))
    }
    if report.check?.runs == false { throw ExitCode(ToolExit.checkFailed) }
  }
}

extension GraphFile.Engine: ExpressibleByArgument {}
