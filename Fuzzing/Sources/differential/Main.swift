import Glibc
import RandomGraphs

/// `differential COUNT [FIRST-SEED]` compares the results of random networks with double precision.
/// It prints each seed with a disagreement, and the smallest part of its network that still
/// disagrees. It fails if there are any, or if more than one in a thousand networks is rejected.
@main enum Main {
  static func main() {
    let numbers = CommandLine.arguments.dropFirst().map { UInt64($0) }
    guard let count = numbers.first ?? nil, numbers.count <= 2, let first = numbers.count > 1 ? numbers[1] : 0 else {
      print("usage: differential COUNT [FIRST-SEED]")
      exit(2)
    }
    var failures = 0, refusals = 0, nodes = 0
    for seed in first..<(first + count) {
      do {
        let graph = try RandomGraph(seed: seed)
        nodes += graph.model.graph.nodes.count
        if let disagreement = try graph.disagreement() {
          if disagreement.isRefusal {
            refusals += 1
          } else {
            failures += 1
            print("seed \(seed): \(disagreement)\n\(try graph.minimized())\n")
          }
        }
      } catch {
        failures += 1
        print("seed \(seed): \(error)\n")
      }
      if (seed - first + 1) % 10_000 == 0 { print("\(seed - first + 1) networks") }
    }
    print("\(count) networks with \(nodes) nodes: \(failures) disagree, \(refusals) are rejected")
    exit(failures > 0 || UInt64(refusals) * 1000 > count ? 1 : 0)
  }
}
