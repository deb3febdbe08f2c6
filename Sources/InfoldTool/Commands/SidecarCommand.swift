import ArgumentParser
import InfoldImage
import InfoldONNX
import InfoldSystem

/// `infold sidecar`: writes the file that describes how pictures are prepared for a model.
struct SidecarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sidecar",
    abstract: "Write MODEL.json, which describes how pictures are prepared for a model.",
    discussion: """
      Names, size and layout come from the model, as far as it fixes them. Class names come from the only text file \
      in the folder of the model that has one line per class. A model does not specify how samples of 0 to 255 are \
      scaled. imagenet subtracts the mean of ImageNet's training pictures and divides by their standard deviation, \
      channel by channel; tensorflow scales to -1 to 1; 0-1 divides by 255; caffe puts blue first and subtracts the \
      mean pixel of VGG; none leaves the samples unchanged. You can edit the file: docs/Pictures.md explains it.

      EXAMPLES
        infold sidecar model.onnx --normalization imagenet
        infold sidecar model.onnx --size 224x224 -o -
      """)

  @Argument(help: "The ONNX model.", completion: .file(extensions: ["onnx"]))
  var model: String

  @Option(help: "How samples are scaled. (default: imagenet)")
  var normalization: Preprocessing.Normalization?

  @Option(help: ArgumentHelp("Height and width, if they are dynamic dimensions of the model.", valueName: "224x224"))
  var size: PictureSize?

  @Option(help: "The order of the dimensions, if the model does not imply it.")
  var layout: Preprocessing.Layout?

  @Option(
    help: ArgumentHelp("A file in the same folder with one class name per line.", valueName: "file"),
    completion: .file())
  var labels: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write instead of MODEL.json, or - for standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var reading: ModelOptions

  func run() throws {
    let model = try reading.model(model)
    let pictures = PictureModel(model.graph)
    guard let path = output ?? Sidecar.path(besideArgument: self.model) else {
      throw InfoldError(
        .invalidArgument, "a model from standard input has no sidecar path", hint: "use -o FILE or -o -")
    }
    try annotatingErrors({ $0.inArgument(self.model) }) { () throws(InfoldError) in try check(pictures) }
    let names = try labelFile(pictures, beside: path)
    let text = SidecarText(
      pictures, normalization: normalization ?? .imageNet, size: size?.sides, layout: layout, labels: names)
    guard path != StandardInput.argument else { return try StandardOutput.write(text.file) }
    guard FileStatus(path) == nil else {
      throw InfoldError(
        .invalidArgument, "already exists", hint: "choose another file with -o, or remove it", file: path)
    }
    try writeReplacing(path) { (writer) throws(InfoldError) in try writer.write(Array(text.file.utf8)) }
    var lines = ["written to \(String(printable: path))"]
    if let names { lines.append("class names: \(String(printable: names))") }
    if normalization == nil {
      lines.append(
        "the model does not specify how samples are scaled; imagenet is assumed, choose another with --normalization")
    }
    if names == nil { lines.append("without a file of class names, classes are shown by number") }
    try StandardOutput.write(lines.map { $0.paragraph() }.joined())
  }

  /// Throws if the model takes no pictures, or if its size or layout is unknown.
  private func check(_ model: PictureModel) throws(InfoldError) {
    var fields = PreprocessingFields()
    (fields.size, fields.layout) = (size?.sides, layout)
    try model.completePicture(&fields, sizeHint: "give them with --size 224x224")
    _ = try fields.preprocessing { preprocessing in
      // The output can be chosen later, by editing the file.
      model.problems(preprocessing).filter { !$0.reason.contains("\"output\"") }
    }
  }

  /// The name of the file with class names, which must be in the folder of the sidecar.
  private func labelFile(_ pictures: PictureModel, beside sidecar: String) throws(InfoldError) -> String? {
    let folder = Self.folder(of: sidecar == StandardInput.argument ? model : sidecar)
    guard let labels else {
      guard model != StandardInput.argument, let count = pictures.classCount else { return nil }
      return ClassLabels.find(in: folder, classes: count)
    }
    let (own, wanted) = (FileStatus(Self.folder(of: labels)), FileStatus(folder))
    if let own, let wanted, !own.isSameFile(as: wanted) {
      throw InfoldError(
        .invalidArgument, "is not in the folder of the sidecar, as a file of class names must be",
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

/// A height and a width, written `HEIGHTxWIDTH`.
struct PictureSize: ExpressibleByArgument {
  /// The height and the width, each 1 to 4096.
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
