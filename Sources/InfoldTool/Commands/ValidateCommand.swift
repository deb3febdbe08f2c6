import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldReports
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// `infold validate`: proves that folding is right, and what a session runs.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Prove that folding batch normalization keeps what a model computes, and that a session computes it.",
    discussion: """
      Checks every folded constant against double precision, compares both forms at each place with bounds that follow \
      from counting roundings, and compares the outputs. The folded model is Infold's own, or with --folded a file that any \
      tool has made, whatever else it did: values that both files have are found by name, content and place, and compared. \
      Both networks are run by sessions, as infold run does it, and by the definitions of their operators, in \
      their own types and in double precision.

      Then it proves what a session really runs, in each precision: that the network behind all graph passes is the original, and \
      that every value which the kernels hand from layer to layer is within the bounds of what that layer may round. \
      Every batch normalization that stays is explained, and what is computed in its place is proved, statistics of mini-batches \
      included; --costs measures what it takes of a run.

      The exit code is 0 when all is proved, and 1 when something is wrong. A model in which nothing can be folded, such as one \
      that is folded already, leaves nothing to prove: that is said, and the exit code is 2, unless --precision asks for what \
      a session runs. A file that is folded already is proved with the model that it was made of: \
      infold validate ORIGINAL --folded FILE.

      Inputs are pictures (--images, prepared as MODEL.json says), tensor files (--inputs), or random ones that are like \
      natural pictures: a sum of smooth noise of every scale, with the same spread at each, as in a spectrum of 1/f. \
      A folder of tensor files holds a .npy or .pb for each sample, or a folder for each sample with NAME.npy or NAME.pb \
      for every input. A file that cannot be read is reported, the others are compared, and the exit code is 2 where they pass.

      EXAMPLES
        infold validate model.onnx --images pictures --html proof.html
        infold validate model.onnx --folded folded.onnx
        infold validate folded.onnx --precision all
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("The model that a tool has folded.", valueName: "file"), completion: .file())
  var folded: String?

  @Option(
    help: ArgumentHelp(
      "Prove what a session with this precision runs: exact, fast, or all. (default: all, where something is folded)",
      valueName: "precision"))
  var precision: ProvedPrecision?

  @Flag(
    help:
      "Measure what batch normalizations that stay take of a run, which is never the same twice. --html does it as well."
  )
  var costs = false

  @OptionGroup var folders: SampleFolders

  @Option(help: "The number of random inputs, 1 to 1000. (default: 2)")
  var samples: Int?

  @Option(help: "The seed of the first random input; the others follow.")
  var seed: UInt64 = 1

  @OptionGroup var sizes: ShapeOptions

  @Option(help: ArgumentHelp("Write a page with plots and a table.", valueName: "file"), completion: .file())
  var html: String?

  @Flag(help: "Print one JSON value.")
  var json = false

  @OptionGroup var reading: ModelOptions

  func validate() throws {
    try folders.requireOneSource(samples: samples, sizes)
  }

  func run() throws {
    try refuseStandardOutput(html, option: "--html")
    let original = try reading.model(model)
    let proof = try reading.limiting { () throws(InfoldError) in
      try FoldingProof(
        original, folded: folded.map { path throws(InfoldError) in try reading.model(path) },
        options: SessionOptions(memoryLimit: reading.memoryLimit?.bytes), precisions: precision?.precisions,
        measuresTimes: costs || html != nil)
    }
    let inputs = try samples(original)
    var unreadable = 0
    var bar = ProgressBar("validating")
    let report = try reading.limitingMemory(for: model) { () throws(InfoldError) in
      defer { bar.finish() }
      return try proof.run(
        count: inputs.count,
        sample: { (index) throws(InfoldError) in
          do throws(InfoldError) {
            return try inputs.sample(index)
          } catch {
            guard error.file != nil else { throw error }
            bar.finish()
            StandardError.write("infold: \(error)\n")
            unreadable += 1
            return nil
          }
        }, timeLimit: reading.timeLimit?.duration, progress: { bar.update(fraction: $0.fraction) })
    }
    if unreadable == inputs.count { throw ExitCode(ToolExit.badInput) }
    if let html { try PageLinks.write(ProofPage(report).html, to: html) }
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.text)
      if let html { try StandardOutput.write("page written to \(String(printable: html))\n") }
    }
    switch report.verdict {
    case .passed: if unreadable > 0 { throw ExitCode(ToolExit.badInput) }
    case .failed: throw ExitCode(ToolExit.checkFailed)
    case .nothingToProve:
      StandardError.write("infold: \(String(printable: model)): \(report)\n")
      throw ExitCode(ToolExit.badInput)
    }
  }

  private func samples(_ model: Model) throws(InfoldError) -> NetworkSamples {
    let shapes = try sizes.shapes()
    let graph = try model.binding(shapes).graph
    let inputs = graph.inputs.map(graph.info)
    if folders.isGiven { return NetworkSamples(try folders.dataSet(ofModel: self.model, inputs)) }
    return NetworkSamples(
      random: try ModelInputs(inputs, files: [], shapes: shapes), count: samples ?? 2, seed: seed)
  }
}
