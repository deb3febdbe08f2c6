import ArgumentParser
import InfoldGraph

/// `infold classify`: says what is on pictures.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Say what is on pictures, JPEG or PNG.",
    discussion: """
      MODEL.json beside MODEL.onnx tells how the model wants its pictures, and where the names of its classes are. \
      A picture that cannot be read is reported, the others are classified, and the exit code is 2.

      EXAMPLES
        infold classify model.onnx cat.jpg dog.png --top 3
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Argument(help: "The pictures.", completion: .file(extensions: ["jpg", "jpeg", "png"]))
  var images: [String]

  @Option(help: "How many classes are shown for each picture.")
  var top = 5

  @Flag(help: "Print one JSON value: an array with an object for each picture.")
  var json = false

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top is \(top), and must be at least 1") }
  }

  func run() throws {
    let classifier = try Classifier(model: model, runtime)
    var reports: [Report] = []
    var failed = false
    for image in images {
      do throws(InfoldError) {
        let candidates = try classifier.classify(image, top: top)
        reports.append(Report(image: image, top: candidates))
        if !json { try StandardOutput.write(text(image, candidates, isFirst: reports.count == 1)) }
      } catch {
        guard error.file == image else { throw error }
        StandardError.write("infold: \(error.suggestingFile)\n")
        failed = true
      }
    }
    WarningLines.write(classifier.warnings, of: model)
    if json { try StandardOutput.writeJSON(reports) }
    if failed { throw ExitCode(ToolExit.badInput) }
  }

  private struct Report: Encodable {
    var image: String
    var top: [Classifier.Candidate]
  }

  private func text(_ image: String, _ candidates: [Classifier.Candidate], isFirst: Bool) -> String {
    var table = Table(("", .left), ("", .left), ("", .right))
    let barWidth = min(Terminal.output.width / 3, 40)
    for candidate in candidates {
      let label = String(printable: candidate.label)
      table.add(
        label.shortened(to: 32), Bar.text(candidate.score, width: barWidth), NumberText.percentage(candidate.score))
    }
    return (isFirst ? "" : "\n") + String(printable: image).styled(.bold) + "\n" + table.text
  }
}
