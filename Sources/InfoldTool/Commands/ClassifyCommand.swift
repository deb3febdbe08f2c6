import ArgumentParser
import InfoldImage
import InfoldSystem

/// `infold classify`: says what is on pictures.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Say what pictures show: JPEG, PNG, WebP, GIF or BMP.",
    discussion: """
      MODEL.json beside MODEL.onnx tells how the model wants its pictures, and where the names of its classes are; \
      "infold sidecar MODEL" writes it. Of an animation, the first frame counts. A picture that cannot be read is reported, the \
      others are classified, and the exit code is 2. - stands for standard input, as the model or as a picture.

      --lines is for many pictures: each line of standard input is the path of one, or a JSON object with the path as "image" or the \
      picture's bytes in base64 as "bytes", and where wanted an "id", which the answer repeats, and "top". Each line is answered by one \
      with a JSON object, in the order of the lines, as soon as it is ready: {"image": PATH, "top": [{"index": 281, "label": "tabby", \
      "score": 0.9}]}, or {"image": PATH, "error": TEXT, "code": CODE, "line": NUMBER}. Errors do not end the job; the exit code is 0 \
      once all lines are answered.

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
    help: ArgumentHelp("Another file than MODEL.json that tells how pictures go in.", valueName: "file"),
    completion: .file())
  var sidecar: String?

  @Option(help: "How many classes are shown for each picture.")
  var top = 5

  @Flag(help: "Print one JSON value: an array with an object for each picture, in their order.")
  var json = false

  @OptionGroup var lines: LineOptions

  @OptionGroup var runtime: RuntimeOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top is \(top), and must be at least 1") }
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
    // What is wrong with the model is wrong with every line.
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
    /// The classes; `nil` for a picture that could not be read.
    var top: [Class]?
    /// What is wrong with the picture.
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
