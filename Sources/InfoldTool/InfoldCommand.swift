import ArgumentParser
import InfoldSystem

/// The `infold` command, the parent of all subcommands.
struct InfoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infold",
    abstract:
      "Runs, inspects, folds, validates, compares, quantizes and converts ONNX models of convolutional networks.",
    discussion: """
      Exit codes: 0 on success, 1 if a check failed, 2 for invalid usage or input, with one line on standard error.

      ENVIRONMENT
        INFOLD_THREADS   the number of threads if --threads is not given, 1 to 1024
        INFOLD_ISA       the kernel set: amx, avx512bf16, avx512, avx2 or portable (default: the best that the processor supports)
        XDG_CACHE_HOME   the user's cache folder, where --tune stores its measurements
        COLUMNS          the width of tables
        NO_COLOR         disables colors, on terminals as well

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
