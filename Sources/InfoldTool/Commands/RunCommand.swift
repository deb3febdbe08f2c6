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
    abstract: "Run a model once on tensors from files or on random tensors.",
    discussion: """
      Tensor files are NumPy .npy or ONNX TensorProto .pb files. Random floats are uniform in [-1, 1); random uint8 \
      and int8 values cover the whole range of the type; other integers are 0 to 9. For random inputs, a dynamic \
      first dimension is 1; other dynamic dimensions need --shape.

      --shape sets the dynamic dimensions of an input before anything runs. A symbol gets its size everywhere and can \
      also be set by itself (h=64). If a name is both an input and a symbol, it means the input. --shape cannot \
      change a size that the model fixes, and a tensor file must match it. Sizes of symbols from tensor files apply \
      to random inputs too.

      Wrong shapes that the model declares for results of its nodes cause warnings, and the shapes that the operators \
      compute are used. With --strict they are errors.

      --double computes the reference result: every operator as it is defined, in double precision, without \
      optimization, on one thread. It is slow. Floating-point outputs are float64.

      --lines runs the model on each line of standard input. A line is the path of a tensor file, for a model with \
      one input, or a JSON object. Each line is answered by a JSON object on a line, in the order of the lines, as \
      soon as it is ready. In {"id": "a", "inputs": {"x": TENSOR, …}, "outputs": OUTPUTS}, "inputs" has a tensor for \
      each input that --input does not set: the path of a file, nested lists of numbers, or {"shape": [1, 2], "data": \
      [0.5, 1]}. OUTPUTS is a list of names, or an object that maps each name to a .npy file to write, or to null for \
      the answer itself. Without it, the answer contains all outputs, or they are written to --output, in a folder \
      named by the number of the line. Answers are {"id": "a", "outputs": {"y": {"type": "float32", "shape": [1, 2], \
      "data": [0.5, 1]}}}, with "file" instead of "data" for outputs written to files, or {"id": "a", "error": TEXT, \
      "code": CODE, "line": NUMBER}. Errors do not stop the run: the exit code is 0 once all lines are answered.

      EXAMPLES
        infold run model.onnx --random 1 --output results
        infold run model.onnx --input image=image.npy
        ls tensors/*.npy | infold run model.onnx --lines > results.jsonl
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("The tensor file of an input.", valueName: "name=file"))
  var input: [String] = []

  @Option(help: ArgumentHelp("Use random numbers for inputs without a file.", valueName: "seed"))
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
        .invalidArgument,
        "with --lines, standard input contains the lines and cannot be \(String(quoting: standardInput))",
        hint: "pass the path of a file")
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

  /// The session, or the reference evaluation with `--double`.
  private func runner(
    _ model: consuming Model, for inputs: [String: Tensor]
  ) throws(InfoldError) -> any RunnableModel {
    guard double else {
      // One plan is enough for one run, so the input shapes are bound first. If the model does not
      // accept them, the run reports the error. Inputs left to their defaults keep the model
      // unbound, since binding would assume other shapes.
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
