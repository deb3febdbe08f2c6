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
      The command recomputes every folded constant in double precision. At each fold site, it compares the folded and the \
      unfolded form with double precision, within error bounds that follow from counting roundings. It then compares the \
      outputs of both networks. Infold folds the model itself, or --folded names a file that any tool has folded. Such a \
      file may contain other changes: its values are matched with those of the original by name, content and position.

      The command also validates what a session runs, in each precision. The network after all graph passes must compute \
      the same as the original, and every value that kernels pass from layer to layer must be within the rounding error \
      bound of its layer. For every batch normalization that is not folded, the command prints the reason and validates \
      the results, including batch statistics. --costs measures its share of a run.

      The exit code is 0 if everything is within its bounds, and 1 if something is not. If nothing can be folded, for \
      example because the model is folded already, there is nothing to validate, and the exit code is 2. With --precision, \
      such a model passes if its sessions do. To validate a folded file, pass the model that it was folded from: \
      infold validate ORIGINAL --folded FILE.

      Inputs are pictures (--images, preprocessed as MODEL.json specifies), tensor files (--inputs), or random inputs with \
      the statistics of natural pictures: a sum of smooth noise with the same variance at every scale, as in a 1/f \
      spectrum. A folder of tensor files has a .npy or .pb file for each sample, or a subfolder for each sample with \
      NAME.npy or NAME.pb for every input. A file that cannot be read is reported, and the others are compared; if they \
      pass, the exit code is 2.

      EXAMPLES
        infold validate model.onnx --images pictures --html validation.html
        infold validate model.onnx --folded folded.onnx
        infold validate folded.onnx --precision all
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: ArgumentHelp("The model that another tool has folded.", valueName: "file"), completion: .file())
  var folded: String?

  @Option(
    help: ArgumentHelp(
      "Validate what a session with this precision runs: exact, fast, bfloat16, or all. (default: all that differ on this machine)",
      valueName: "precision"))
  var precision: ValidatedPrecision?

  @Flag(
    help:
      "Measure the share of a run that the unfolded batch normalizations take. --html implies it."
  )
  var costs = false

  @OptionGroup var folders: SampleFolders

  @Option(help: "The number of random inputs, 1 to 1000. (default: 2)")
  var samples: Int?

  @Option(help: "The seed of the first random input. Further inputs use the next numbers.")
  var seed: UInt64 = 1

  @OptionGroup var sizes: ShapeOptions

  @Option(help: ArgumentHelp("Write an HTML page with the results and plots.", valueName: "file"), completion: .file())
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
