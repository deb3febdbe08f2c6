import ArgumentParser
import InfoldONNX
import InfoldReports
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// `infold inspect`: shows what a model consists of, and draws it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the inputs, outputs, operators, parameters and multiply-accumulates of a model.",
    discussion: """
      --check prepares the model for running, with the sizes of --shape, and exits with 1 if that fails. It reports \
      what "infold run" would report before it runs anything.

      Multiply-accumulates are those of a batch of 1, unless --shape sets another. --shape sets dynamic dimensions, \
      by the shape of an input or by the name of a symbol, and the report shows the resulting shapes.

      Models that cannot be run are shown as well, with unsupported operators and with what is invalid or missing; \
      the exit code is 0. Only damaged files are errors, and wrong declarations with --strict. If all sizes are \
      known, the operator table shows which operators run with kernels and which with the slow reference evaluation. \
      The share of the arithmetic that uses the reference evaluation follows below the table.

      --graph draws the network to an SVG file for a browser: a box per node, with details on hover. Graphviz places \
      the boxes if it is installed, otherwise Infold does; --layout chooses one. A file name ending in .dot gets \
      Graphviz text.

      --nodes lists the nodes instead. A node without a name is called by its first output.

      --plan shows the steps of a run instead: their operators, algorithms, fused nodes, and the memory they read and \
      write. It is the plan of "infold run" with the same options and the sizes of --shape. Dynamic batch sizes are 1.

      --passes shows the stages that prepare the network for planning: check, inline, simplify, fold, recognize. It \
      lists what each pass changed at which node, and what it left unchanged and why.

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

  @Option(help: ArgumentHelp("Draw the network to this file, .svg or .dot.", valueName: "file"), completion: .file())
  var graph: String?

  @Option(help: "The layout engine of the drawing: automatic, graphviz or infold.")
  var layout = GraphFile.Engine.automatic

  @Flag(help: "List the nodes, with the names that quantize --exclude accepts.")
  var nodes = false

  @Flag(help: "Show the steps of a run: operators, algorithm, layout, memory.")
  var plan = false

  @Flag(help: "Show what each pass changes before planning.")
  var passes = false

  @Flag(help: "Check whether Infold can run the model; exit with 1 if not.")
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
