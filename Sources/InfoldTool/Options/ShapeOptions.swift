import ArgumentParser
import InfoldSystem

/// The sizes that a model leaves open: common to every command that makes inputs itself.
struct ShapeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The shape of an input, like input=1x3x224x224, or the size of a symbol in shapes, like h=64.",
      valueName: "name=sizes"))
  var shape: [String] = []

  /// What they say.
  /// - Throws: `InfoldError` with `.invalidArgument`.
  func shapes() throws(InfoldError) -> InputShapes { try InputShapes(shape) }
}
