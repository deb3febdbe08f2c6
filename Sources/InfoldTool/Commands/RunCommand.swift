import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// `infold run`: runs a model once.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a model once on tensors from files, or random ones.",
    discussion: """
      Tensor files are NumPy's .npy or ONNX's TensorProto .pb. Random floats are uniform in [-1, 1), uint8 and int8 take \
      every value, other integers 0 to 9. Where the model leaves the first dimension of a random input open, it is 1; \
      other open dimensions need --shape.

      --shape fixes what the model leaves open in the shape of an input, before anything runs: a symbol gets its size \
      everywhere, and can be given by itself (h=64); a name that is both is that of the input. It cannot change a size that the model \
      fixes, and a file must have the shape that it says. Files give symbols their sizes for the random inputs as well.

      Shapes that the model declares of what its nodes make, and that are wrong, are warned of; the operators count. With \
      --strict they are errors.

      --double gives the truth that runs are held against: every operator by its definition, in double precision. It is slow, \
      takes one thread, and rewrites nothing; floating-point outputs are float64.

      --lines is for many runs: each line of standard input is a tensor's file, for a model with one input, or a JSON object, and \
      is answered by a line with a JSON object, in the order of the lines, as soon as it is ready. {"id": "a", "inputs": {"x": \
      TENSOR, …}, "outputs": OUTPUTS} has a tensor for each input that --input does not give: the path of a file, numbers in lists, or \
      {"shape": [1, 2], "data": [0.5, 1]}. OUTPUTS is a list of names, or an object that says of each name the .npy file that it is \
      written to, or null for the answer itself; without it, all outputs stand in the answer, or are written to --output in a folder \
      with the line's number. Answers are {"id": "a", "outputs": {"y": {"type": "float32", "shape": [1, 2], "data": [0.5, 1]}}}, with \
      "file" instead of "data" for what is written, or {"id": "a", "error": TEXT, "code": CODE, "line": NUMBER}. Errors do not end the \
      job; the exit code is 0 once all lines are answered.

      EXAMPLES
        infold run model.onnx --random 1 --output results
        infold run model.onnx --input image=image.npy
        ls tensors/*.npy | infold run model.onnx --lines > results.jsonl
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("A tensor for an input.", valueName: "name=file"))
  var input: [String] = []

  @Option(help: ArgumentHelp("Random numbers for the inputs that have no file.", valueName: "seed"))
  var random: UInt64?

  @OptionGroup var sizes: ShapeOptions

  @Option(
    help: ArgumentHelp("Write each output to NAME.npy in this folder.", valueName: "folder"), completion: .directory)
  var output: String?

  @Flag(help: "Compute in double precision, without optimization.")
  var double = false

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var lines: LineOptions

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    try lines.refuse([("--random", random != nil), ("--json", json)])
  }

  func run() throws {
    if lines.isOn { return try runLines() }
    let shapes = try sizes.shapes()
    let model = try runtime.reading.model(model).binding(shapes)
    let inputs = try ModelInputs(model.graph.inputs.map(model.graph.info), files: input, shapes: shapes)
      .complete(seed: random)
    let runner = try runner(consume model, for: inputs)
    let files = try output.map { folder throws(InfoldError) in try OutputFiles(runner.outputs, in: folder) }
    try files?.createFolder()
    let results = try self.results(of: runner, for: inputs)
    WarningLines.write(runner.warnings, of: self.model)
    try files?.write(results)
    let summaries = runner.outputs.map { OutputSummary(name: $0.name, results[$0.name]!) }
    if json {
      try StandardOutput.writeJSON(Report(outputs: summaries, files: files?.paths))
    } else {
      for summary in summaries {
        let file = files?.paths[summary.name].map { "  written to \(String(printable: $0))\n" } ?? ""
        try StandardOutput.write(summary.text + file)
      }
    }
  }

  private func runLines() throws(InfoldError) {
    try lines.check(model: model)
    if let standardInput = input.first(where: { $0.hasSuffix("=" + StandardInput.argument) }) {
      throw InfoldError(
        .invalidArgument, "with --lines, standard input has the lines, and not \(String(quoting: standardInput))",
        hint: "name a file")
    }
    let shapes = try sizes.shapes()
    let model = try runtime.reading.model(model).binding(shapes)
    let shared = try ModelInputs(model.graph.inputs.map(model.graph.info), files: input, shapes: shapes).given
    let (atOnce, options) = try lines.shares(runtime.session)
    let runner: any RunnableModel =
      try double ? reference(consume model) : Session(consume model, options: options)
    WarningLines.write(runner.warnings, of: self.model)
    let job = try RunLines(
      runner, shared: shared, folder: output, memory: MemoryBudget(limit: runtime.reading.memoryLimit?.bytes))
    try lines.run(atOnce: atOnce, job.answer)
    WarningLines.write(runner.warnings, of: self.model)
  }

  private func reference(_ model: consuming Model) throws(InfoldError) -> ReferenceSession {
    try ReferenceSession(
      consume model, memoryLimit: runtime.reading.memoryLimit?.bytes, timeLimit: runtime.reading.timeLimit?.duration)
  }

  /// What computes.
  private func runner(
    _ model: consuming Model, for inputs: [String: Tensor]
  ) throws(InfoldError) -> any RunnableModel {
    guard double else {
      // For one run, one plan is enough. Shapes that the model does not take, the run refuses; to defaults that are left out, binding would
      // give other shapes.
      if model.graph.inputs.allSatisfy({ inputs[model.graph[$0].name] != nil }),
        let bound = try? model.binding(inputs: inputs.mapValues(\.shape))
      {
        model = bound
      }
      return try Session(consume model, options: runtime.session)
    }
    return try reference(consume model)
  }

  private func results(
    of runner: any RunnableModel, for inputs: [String: Tensor]
  ) throws(InfoldError) -> [String: Tensor] {
    var bar = double ? ProgressBar("computing") : nil
    defer { bar?.finish() }
    return try runner.run(inputs) { bar?.update(fraction: $0) }
  }

  private struct Report: Encodable {
    var outputs: [OutputSummary]
    var files: [String: String]?
  }
}
