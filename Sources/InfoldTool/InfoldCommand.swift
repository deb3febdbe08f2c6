import ArgumentParser
import InfoldSystem

/// `infold`: the root of all commands.
struct InfoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infold",
    abstract:
      "Runs, inspects, folds, validates, compares, quantizes and converts ONNX models of convolutional networks.",
    discussion: """
      Exit codes: 0 when done, 1 when a check failed, 2 for bad usage or bad input, with one line on standard error.

      ENVIRONMENT
        INFOLD_THREADS   the number of threads where --threads is not given, 1 to 1024
        INFOLD_ISA       the kernels: avx512, avx2 or portable, instead of the best ones that the processor has
        XDG_CACHE_HOME   the folder of the user's caches, where --tune keeps what it has measured
        COLUMNS          the width that tables fit into
        NO_COLOR         no colors, not on terminals either

      EXAMPLES
        infold inspect model.onnx
        infold run model.onnx --random 1
        infold help validate
      """,
    version: InfoldVersion.current,
    subcommands: [
      RunCommand.self, ClassifyCommand.self, SidecarCommand.self, InspectCommand.self, FoldCommand.self,
      ValidateCommand.self, CompareCommand.self,
      StatisticsCommand.self, QuantizeCommand.self, ConvertCommand.self, BenchCommand.self, ProfileCommand.self,
      OperatorsCommand.self,
      TestCommand.self, CompletionsCommand.self,
    ])
}
