import CLibFuzzer
import FuzzTargets
import Glibc
import RandomGraphs

/// The fuzzer. If the program is called by the name of a target, it runs that target with
/// libFuzzer, which receives all arguments. libFuzzer starts the program again by that name to
/// minimize inputs and to fork. `fuzz dictionary` prints words for libFuzzer's own mutations;
/// `fuzz seeds FOLDER COUNT` writes random networks.
@main enum Main {
  /// The target, chosen once before anything runs.
  nonisolated(unsafe) private(set) static var target = FuzzTarget.decode

  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments == ["dictionary"] { return Vocabulary.printDictionary() }
    if arguments.count == 3, arguments.first == "seeds", let count = Int(arguments.last!) {
      return writeSeeds(count, to: arguments.dropFirst().first!)
    }
    let name = CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
      print("usage: fuzz dictionary | seeds FOLDER COUNT, or by the name of a target: \(names) [LIBFUZZER-ARGUMENT...]")
      exit(2)
    }
    self.target = target
    var count = CommandLine.argc
    var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
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
