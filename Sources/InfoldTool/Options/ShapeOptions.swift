import ArgumentParser
import InfoldSystem

/// The sizes of dynamic dimensions. Shared by all commands that generate inputs.
struct ShapeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The shape of an input, such as input=1x3x224x224, or the size of a symbol, such as h=64.",
      valueName: "name=sizes"))
  var shape: [String] = []

  /// The parsed shapes and sizes.
  func shapes() throws(InfoldError) -> InputShapes { try InputShapes(shape) }
}
