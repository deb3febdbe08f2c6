import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// One session for many tasks, and for a long time. The time limit ends tests that hang, and is not a measurement.
@Suite(.timeLimit(.minutes(60))) struct EnduranceTests {
  private static let path = repositoryFolder + "/Models/ppocr-cls.onnx"

  private static func session(threads: Int) throws -> Session {
    try Session(Model(path: path, operators: .standard), options: SessionOptions(threads: threads))
  }

  private static func input(_ seed: UInt64) throws -> [Tensor] {
    var random = SplitMix64(seed: seed)
    return [try random.tensor([1, 3, 48, 64 + Int(seed % 3) * 32])]
  }

  private static func result(_ session: Session, _ input: [Tensor]) throws -> [Tensor] {
    var results: [Tensor] = []
    try session.run(input, into: &results)
    return results
  }

  /// 8 tasks × 500 runs, at three sizes: every result has the same bits as a single run.
  @Test(arguments: [1, 2]) func manyTasks(threads: Int) async throws {
    let session = try Self.session(threads: threads)
    let inputs = try (0..<10 as Range<UInt64>).map(Self.input)
    let expected = try inputs.map { try Self.result(Self.session(threads: 1), $0) }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<8 {
        group.addTask {
          var results: [Tensor] = []
          var equal = 0
          for run in 0..<500 {
            let index = (task + run) % inputs.count
            try session.run(inputs[index], into: &results)
            if results == expected[index] { equal += 1 }
          }
          return equal
        }
      }
      for try await equal in group { #expect(equal == 500) }
    }
  }

  /// Sessions with any number of threads are created and released while one continues, and runs are cancelled in between.
  @Test func sessionsComeAndGo() async throws {
    let lasting = try Self.session(threads: 2)
    let input = try Self.input(1)
    let expected = try Self.result(lasting, input)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        for _ in 0..<200 where try Self.result(lasting, input) != expected { return false }
        return true
      }
      for task in 0..<3 {
        group.addTask {
          for round in 0..<8 {
            let session = try Self.session(threads: 1 + (task + round) % 4)
            if try Self.result(session, input) != expected { return false }
          }
          return true
        }
      }
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<20 {
            let run = Task { try await lasting.run(["x": input[0]]) }
            if Bool.random() { await Task.yield() }
            run.cancel()
            do {
              guard try await Array(run.value.values) == expected else { return false }
            } catch let error as InfoldError {
              guard error.code == .cancelled else { throw error }
            }
          }
          return true
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  /// A task with a long run does not delay the results of others.
  @Test func oneSlowRunStarvesNobody() async throws {
    let slow = try Self.session(threads: 2), quick = try Self.session(threads: 2)
    let large = [try Tensor(repeating: 0.5 as Float, shape: [64, 3, 48, 192])]
    let small = try Self.input(0)
    let work = Task { for _ in 0..<4 { _ = try Self.result(slow, large) } }
    var finished = 0
    while finished < 20 {
      _ = try await quick.run(["x": small[0]])
      finished += 1
    }
    #expect(finished == 20)
    try await work.value
  }

  /// Memory use does not grow, over 100,000 runs if `INFOLD_EXHAUSTIVE=1`. In a separate process, where nothing else allocates memory.
  @Test func memoryStaysFlat() async {
    await #expect(processExitsWith: .success) {
      let session = try Self.session(threads: 2)
      let inputs = try Self.input(1)
      let runs = isExhaustive ? 100_000 : 3000
      for _ in 0..<1000 { _ = try Self.result(session, inputs) }
      let before = try residentBytes()
      for run in 0..<runs {
        _ = try Self.result(session, inputs)
        guard run % 1000 == 0 else { continue }
        let now = try residentBytes()
        precondition(now <= before + before / 100, "\(now) bytes after \(run) more runs, \(before) before")
      }
      print("resident memory after 1000 runs: \(before) bytes, after \(runs) more: \(try residentBytes()) bytes")
    }
  }
}
