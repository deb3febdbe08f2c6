import ArgumentParser
import InfoldGraph
import InfoldONNX
import InfoldReports
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// `infold validate`: validates the folding of a model, and what sessions run.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Validate that folding batch normalization and running a model keep its results within error bounds.",
    discussion: """
      Compares every folded constant with double precision, compares both forms at each fold site with error bounds \
      that follow from counting roundings, and compares the outputs. Infold folds the model itself, or --folded names a \
      file from any tool, which may contain other changes: values of both files are matched by name, content and position. \
      Both networks are run by sessions, as in infold run, and evaluated by the definitions of their operators, in \
      their own types and in double precision.

      The command then validates what a session runs, in each precision: the network after all graph passes must compute the same as the \
      original, and every value that kernels pass from layer to layer must be within the rounding error bound of its layer. \
      For every batch normalization that is not folded, it prints the reason and validates its results, including batch \
      statistics. --costs measures its share of a run.

      The exit code is 0 if everything is within its bounds, and 1 if something is not. If nothing can be folded, for instance \
      because the model is already folded, there is nothing to validate, and the exit code is 2, unless --precision requests \
      to validate what a session runs. To validate a folded file, pass the model that it was folded from: \
      infold validate ORIGINAL --folded FILE.

      Inputs are pictures (--images, with the preprocessing of MODEL.json), tensor files (--inputs), or random tensors similar to \
      natural images: a sum of smooth noise with the same variance at every scale, as in a 1/f spectrum. \
      A folder of tensor files has a .npy or .pb file for each sample, or a folder for each sample with NAME.npy or NAME.pb \
      for every input. If a file cannot be read, it is reported, the others are compared, and the exit code is 2 if they pass.

      EXAMPLES
        infold validate model.onnx --images pictures --html validation.html
        infold validate model.onnx --folded folded.onnx
        infold validate folded.onnx --precision all
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("The folded model of another tool.", valueName: "file"), completion: .file())
  var folded: String?

  @Option(
    help: ArgumentHelp(
      "Validate what a session with this precision runs: exact, fast, bfloat16, or all. (default: all, if something is folded)",
      valueName: "precision"))
  var precision: ValidatedPrecision?

  @Flag(
    help:
      "Measure how much of a run the unfolded batch normalizations take. Times vary. --html implies it."
  )
  var costs = false

  @OptionGroup var folders: SampleFolders

  @Option(help: "The number of random inputs, 1 to 1000. (default: 2)")
  var samples: Int?

  @Option(help: "The seed of the first random input. The others use the next numbers.")
  var seed: UInt64 = 1

  @OptionGroup var sizes: ShapeOptions

  @Option(help: ArgumentHelp("Write an HTML page with plots and a table.", valueName: "file"), completion: .file())
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
    let validation = try reading.limiting { () throws(InfoldError) in
      try FoldValidation(
        original, folded: folded.map { path throws(InfoldError) in try reading.model(path) },
        options: SessionOptions(memoryLimit: reading.memoryLimit?.bytes), precisions: precision?.precisions,
        measuresTimes: costs || html != nil)
    }
    let inputs = try folders.samples(of: original, path: model, sizes, random: samples ?? 2, seed: seed)
    var unreadable = 0
    var bar = ProgressBar("validating")
    let report = try reading.limitingMemory(for: model) { () throws(InfoldError) in
      defer { bar.finish() }
      return try validation.run(
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
    if let html { try PageLinks.write(ValidationPage(report).html, to: html) }
    if json {
      try StandardOutput.writeJSON(report)
    } else {
      try StandardOutput.write(report.text)
      if let html { try StandardOutput.write("page written to \(String(printable: html))\n") }
    }
    switch report.outcome {
    case .passed: if unreadable > 0 { throw ExitCode(ToolExit.badInput) }
    case .failed: throw ExitCode(ToolExit.checkFailed)
    case .nothingToValidate:
      StandardError.write("infold: \(String(printable: model)): \(report)\n")
      throw ExitCode(ToolExit.badInput)
    }
  }
}
