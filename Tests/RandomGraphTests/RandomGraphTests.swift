import RandomGraphs
import Testing

/// Random networks, optimized in both precisions and as they are written, against double precision. `Fuzzing`'s command
/// `differential` does the same with any number of them.
@Suite struct RandomGraphTests {
  @Test(arguments: 0..<50 as Range<UInt64>) func agreement(block: UInt64) throws {
    for seed in (block * 60)..<(block * 60 + 60) {
      let graph = try RandomGraph(seed: seed)
      if let disagreement = try graph.disagreement() {
        Issue.record("seed \(seed): \(disagreement)\n\(try graph.minimized())")
      }
    }
  }
}
