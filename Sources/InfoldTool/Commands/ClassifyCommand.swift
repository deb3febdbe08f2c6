import ArgumentParser
import InfoldImage
import InfoldSystem

/// `infold classify`: classifies pictures.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Classify pictures: JPEG, PNG, WebP, GIF or BMP.",
    discussion: """
      The sidecar MODEL.json next to MODEL.onnx describes how pictures are prepared, and names the file of class \
      names; "infold sidecar MODEL" writes it. Only the first frame of an animation is used. A picture that cannot be \
      read is reported, the others are classified, and the exit code is 2. - means standard input, as the model or as \
      a picture.

      --lines classifies many pictures. Each line of standard input is the path of a picture, or a JSON object with \
      the path as "image" or the picture's bytes in base64 as "bytes", and optionally "id", which the answer repeats, \
      and "top". Each line is answered by a JSON object on a line, in the order of the lines, as soon as it is ready: \
      {"image": PATH, "top": [{"index": 281, "label": "tabby", "score": 0.9}]}, or {"image": PATH, "error": TEXT, \
      "code": CODE, "line": NUMBER}. Errors do not stop the run: the exit code is 0 once all lines are answered.

      EXAMPLES
        infold classify model.onnx cat.jpg dog.png --top 3
        curl -s https://example.com/cat.webp | infold classify model.onnx -
        find pictures -name '*.jpg' | infold classify model.onnx --lines > labels.jsonl
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Argument(help: "The pictures.", completion: .file(extensions: Picture.fileEndings))
  var images: [String] = []

  @Option(
    help: ArgumentHelp("The sidecar to use instead of MODEL.json.", valueName: "file"),
    completion: .file())
  var sidecar: String?

  @Option(help: "The number of classes to show for each picture.")
  var top = 5

  @Flag(help: "Print one JSON value: an array with an object per picture, in order.")
  var json = false

  @OptionGroup var lines: LineOptions

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top is \(top), but must be at least 1") }
    try lines.refuse([("pictures as arguments", !images.isEmpty), ("--json", json)])
    if !lines.isOn, images.isEmpty { throw ValidationError("Missing expected argument '<images> ...', or --lines") }
  }

  func run() throws {
    if lines.isOn { return try runLines() }
    let classifier = try ImageClassifier(
      try runtime.reading.model(model), sidecar: Sidecar.path(ofModel: model, at: sidecar), options: runtime.session)
    var reports: [Report] = []
    var failed = false
    for image in images {
      do throws(InfoldError) {
        let candidates = try classifier.classify(readPicture(image), top: top)
        let isFirst = !reports.contains { $0.top != nil }
        reports.append(Report(image: image, top: candidates.map(Report.Class.init)))
        if !json { try StandardOutput.write(text(displayName(image), candidates, isFirst: isFirst)) }
      } catch {
        guard error.file == displayName(image) else { throw error }
        reports.append(Report(image: image, error: error.suggestingFile.withoutFile.description))
        StandardError.write("infold: \(error.suggestingFile)\n")
        failed = true
      }
    }
    WarningLines.write(classifier.session.warnings, of: model)
    if json { try StandardOutput.writeJSON(reports) }
    if failed { throw ExitCode(ToolExit.badInput) }
  }

  private func runLines() throws(InfoldError) {
    try lines.check(model: model)
    let (atOnce, options) = try lines.shares(runtime.session)
    let classifier = try ImageClassifier(
      try runtime.reading.model(model), sidecar: Sidecar.path(ofModel: model, at: sidecar), options: options)
    // Problems of the model would affect every line, so they are found here.
    _ = try classifier.classify(Picture(width: 1, height: 1, pixels: [127, 127, 127]), top: 1)
    WarningLines.write(classifier.session.warnings, of: model)
    let memory = MemoryBudget(limit: runtime.reading.memoryLimit?.bytes)
    try lines.run(atOnce: atOnce) { [top] line in classifier.answer(line, top: top, memory: memory) }
  }

  private struct Report: Encodable {
    struct Class: Encodable {
      var index: Int
      var label: String
      var score: Double

      init(_ candidate: ImageClassifier.Candidate) {
        (index, label, score) = (candidate.index, candidate.label, candidate.probability)
      }
    }

    var image: String
    /// The classes, or `nil` if the picture could not be read.
    var top: [Class]?
    /// The reason why the picture could not be read.
    var error: String?
  }

  private func text(_ image: String, _ candidates: [ImageClassifier.Candidate], isFirst: Bool) -> String {
    var table = Table(("", .left), ("", .left), ("", .right))
    let barWidth = min(Terminal.output.width / 3, 40)
    for candidate in candidates {
      let label = String(printable: candidate.label)
      table.add(
        label.shortened(to: 32), Bar.text(candidate.probability, width: barWidth),
        NumberText.percentage(candidate.probability))
    }
    return (isFirst ? "" : "\n") + String(printable: image).styled(.bold) + "\n" + table.text
  }
}
