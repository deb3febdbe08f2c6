import CLibFuzzer
import FuzzTargets
import Glibc
import RandomGraphs

/// `fuzz TARGET …` gives what libFuzzer makes up to a target; the other arguments are libFuzzer's.
/// `fuzz dictionary` prints words for libFuzzer's own mutations, `fuzz seeds FOLDER COUNT` writes random networks.
@main enum Main {
  /// The target; chosen once, before anything runs.
  nonisolated(unsafe) private(set) static var target = FuzzTarget.decode

  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments == ["dictionary"] { return Vocabulary.printDictionary() }
    if arguments.count == 3, arguments.first == "seeds", let count = Int(arguments.last!) {
      return writeSeeds(count, to: arguments.dropFirst().first!)
    }
    guard let target = arguments.first.flatMap(FuzzTarget.init) else {
      let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
      print("usage: fuzz \(names) [LIBFUZZER-ARGUMENT...] | dictionary | seeds FOLDER COUNT")
      exit(2)
    }
    self.target = target
    // libFuzzer takes the first argument to be the program.
    var count = CommandLine.argc - 1
    var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
    exit(
      LLVMFuzzerRunDriver(&count, &words) { data, size in
        Main.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
      })
  }

  private static func writeSeeds(_ count: Int, to folder: String) {
    for seed in 0..<UInt64(count) {
      do {
        let graph = try RandomGraph(seed: seed)
        try graph.write(to: "\(folder)/random-\(seed).onnx")
      } catch {
        fatalError("\(error)")
      }
    }
  }
}
