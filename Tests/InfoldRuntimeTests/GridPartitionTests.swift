import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// The division of two axes into tasks.
@Suite struct GridPartitionTests {
  /// How often each unit is computed with this number of tasks.
  private func counts(_ grid: GridPartition, _ tasks: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: grid.major * grid.minor)
    for task in 0..<tasks {
      var parts = 0
      grid.forEachPart(ofTask: task, of: tasks) { major, minor in
        parts += 1
        for unit in major { for place in minor { counts[unit * grid.minor + place] += 1 } }
      }
      #expect(parts <= 3)
    }
    return counts
  }

  @Test func everyUnitIsDoneOnce() {
    var random = SplitMix64(seed: 4)
    for _ in 0..<400 {
      let grid = GridPartition(
        major: Int.random(in: 1...40, using: &random), minor: Int.random(in: 1...12, using: &random))
      let workers = Int.random(in: 1...20, using: &random)
      for tasks in [1, grid.tasks(workers: workers), Int.random(in: 1...60, using: &random)] {
        #expect(counts(grid, tasks).allSatisfy { $0 == 1 }, "\(grid), \(tasks) tasks")
      }
      #expect((1...2 * workers).contains(grid.tasks(workers: workers)))
    }
  }

  /// Three panels for two threads are also divided along the other axis; 18 are not.
  @Test func cutsWhatCannotBeSharedEvenly() {
    func shares(_ grid: GridPartition) -> [Int] {
      #expect(grid.tasks(workers: 2) == 4)
      return [0..<2, 2..<4].map { tasks in
        var count = 0
        for task in tasks { grid.forEachPart(ofTask: task, of: 4) { count += $0.count * $1.count } }
        return count
      }
    }
    #expect(shares(GridPartition(major: 3, minor: 9)) == [13, 14])
    #expect(shares(GridPartition(major: 18, minor: 9)) == [81, 81])
    GridPartition(major: 18, minor: 9).forEachPart(ofTask: 1, of: 4) { major, minor in
      #expect(major == 4..<9)
      #expect(minor == 0..<9)
    }
  }

  /// Few units of one axis keep only as many threads busy, but the other axis adds units.
  @Test func usesBothAxesForManyThreads() {
    #expect(GridPartition(major: 3, minor: 9).tasks(workers: 64) == 27)
    #expect(GridPartition(major: 3, minor: 1).tasks(workers: 64) == 3)
  }
}
