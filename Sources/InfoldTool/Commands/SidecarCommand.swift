import ArgumentParser
import InfoldImage
import InfoldONNX
import InfoldSystem

/// `infold sidecar`: writes the file that says how pictures go into a model.
struct SidecarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sidecar",
    abstract: "Write the file MODEL.json that says how pictures go into a model.",
    discussion: """
      Names, size and layout come from the model, as far as it fixes them, and class names from the only text file beside it \
      that has a line for each class. A model does not say how samples of 0 to 255 are scaled: imagenet subtracts the mean of its \
      training pictures and divides by their deviation, channel by channel; tensorflow makes numbers from -1 to 1; 0-1 divides \
      by 255; caffe has blue first and subtracts the mean pixel of VGG; none leaves them as they are. The file is there to be edited: docs/Pictures.md explains it.

      EXAMPLES
        infold sidecar model.onnx --normalization imagenet
        infold sidecar model.onnx --size 224x224 -o -
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: "How samples are scaled. (default: imagenet)")
  var normalization: Preprocessing.Normalization?

  @Option(help: ArgumentHelp("Height and width, where the model leaves them open.", valueName: "224x224"))
  var size: PictureSize?

  @Option(help: "The order of the dimensions, where the model does not tell it.")
  var layout: Preprocessing.Layout?

  @Option(
    help: ArgumentHelp("A file beside the model with a class name on each line.", valueName: "file"),
    completion: .file())
  var labels: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Another file than MODEL.json, or - for standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var reading: ModelOptions

  func run() throws {
    let model = try reading.model(model)
    let pictures = PictureModel(model.graph)
    guard let path = output ?? Sidecar.path(besideArgument: self.model) else {
      throw InfoldError(
        .invalidArgument, "a model from standard input has no file beside it", hint: "say -o FILE, or -o -")
    }
    try annotatingErrors({ $0.inArgument(self.model) }) { () throws(InfoldError) in try check(pictures) }
    let names = try labelFile(pictures, beside: path)
    let text = SidecarText(
      pictures, normalization: normalization ?? .imageNet, size: size?.sides, layout: layout, labels: names)
    guard path != StandardInput.argument else { return try StandardOutput.write(text.file) }
    guard FileStatus(path) == nil else {
      throw InfoldError(
        .invalidArgument, "already exists", hint: "name another file with -o, or remove it", file: path)
    }
    try writeReplacing(path) { (writer) throws(InfoldError) in try writer.write(Array(text.file.utf8)) }
    var lines = ["written to \(String(printable: path))"]
    if let names { lines.append("class names: \(String(printable: names))") }
    if normalization == nil {
      lines.append(
        "no model says how its samples are scaled; imagenet is the usual way, and --normalization names others")
    }
    if names == nil { lines.append("without a file of class names, classes are shown by their numbers") }
    try StandardOutput.write(lines.map { $0.paragraph() }.joined())
  }

  /// Refuses a model that takes no pictures, and one of which too little is known.
  private func check(_ model: PictureModel) throws(InfoldError) {
    var fields = PreprocessingFields()
    (fields.size, fields.layout) = (size?.sides, layout)
    try model.completePicture(&fields, sizeHint: "give them with --size 224x224")
    _ = try fields.preprocessing { preprocessing in
      // Which output counts, the file may say when it is edited.
      model.problems(preprocessing).filter { !$0.reason.contains("\"output\"") }
    }
  }

  /// The name of the file of class names, which is looked for in the folder of the sidecar.
  private func labelFile(_ pictures: PictureModel, beside sidecar: String) throws(InfoldError) -> String? {
    let folder = Self.folder(of: sidecar == StandardInput.argument ? model : sidecar)
    guard let labels else {
      guard model != StandardInput.argument, let count = pictures.classCount else { return nil }
      return ClassLabels.find(in: folder, classes: count)
    }
    let (own, wanted) = (FileStatus(Self.folder(of: labels)), FileStatus(folder))
    if let own, let wanted, !own.isSameFile(as: wanted) {
      throw InfoldError(
        .invalidArgument, "is not in the folder of the sidecar, where class names are looked for",
        hint: "copy it to \(String(quoting: folder))", file: labels)
    }
    let names = try ClassLabels(path: labels)
    if let count = pictures.classCount { try names.requireCount(count) }
    return labels.split(separator: "/").last.map(String.init)
  }

  private static func folder(of path: String) -> String {
    guard let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return end == path.startIndex ? "/" : String(path[..<end])
  }
}

/// `HEIGHTxWIDTH`.
struct PictureSize: ExpressibleByArgument {
  /// Height and width, 1 to 4096.
  let sides: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
    let sides = parts.compactMap { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil }
    guard parts.count == 2, sides.count == 2, sides.allSatisfy((1...Preprocessing.maximumSide).contains) else {
      return nil
    }
    self.sides = sides
  }
}

extension Preprocessing.Normalization: ExpressibleByArgument {}
extension Preprocessing.Layout: ExpressibleByArgument {}
