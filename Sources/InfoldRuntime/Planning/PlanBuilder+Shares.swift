// What threads share of each step.
extension PlanBuilder {
  /// Chooses for each step whether threads share the positions of its result or the channels, so that they read as little as can be that
  /// another one wrote. Neighbours then mostly share the same.
  ///
  /// A step follows the one that wrote the largest value that it reads. So steps are trees, and the cost of both choices adds up from
  /// their leaves.
  mutating func chooseShares() {
    let traffic = steps.indices.map(traffic)
    let parents = parents
    func cost(_ index: Int, _ axis: SharedAxis, after other: SharedAxis, _ below: [[SharedAxis: Int]]) -> Int? {
      traffic[index][axis].map { $0.after(other) + below[index][axis, default: 0] }
    }
    // Behind each step, what the best choices for those that follow it cost.
    var below = [[SharedAxis: Int]](repeating: [:], count: steps.count)
    for index in steps.indices.reversed() {
      guard let parent = parents[index] else { continue }
      for other in SharedAxis.allCases {
        below[parent][other, default: 0] +=
          SharedAxis.allCases.compactMap { cost(index, $0, after: other, below) }.min() ?? 0
      }
    }
    var axes = [SharedAxis](repeating: .positions, count: steps.count)
    for index in steps.indices {
      let other = parents[index].map { axes[$0] } ?? .positions
      let costs = SharedAxis.allCases.compactMap { axis in
        cost(index, axis, after: other, below).map { (axis: axis, cost: $0) }
      }
      axes[index] = costs.min { $0.cost < $1.cost }?.axis ?? .positions
      if var step = steps[index].step as? any AxisSharingStep {
        step.sharedAxis = axes[index]
        steps[index].step = step
      }
    }
  }

  /// The step that wrote the largest value that each step reads; `nil` where none has.
  private var parents: [Int?] {
    var writers = [Int?](repeating: nil, count: storages.count)
    return steps.indices.map { index in
      let written = steps[index].reads.map(\.storage).filter { writers[$0] != nil }
      let largest = written.max { storages[$0].byteCount < storages[$1].byteCount }
      let parent = largest.flatMap { writers[$0] }
      for result in steps[index].writes { writers[result.storage] = index }
      return parent
    }
  }

  /// What sharing costs along each axis that threads can share; nothing of what one thread does anyway.
  private func traffic(of index: Int) -> [SharedAxis: SharedTraffic] {
    let step = steps[index].step
    guard step.tasks(phase: 0, workers: 2) > 1 else {
      return [.positions: SharedTraffic(afterPositions: 0, afterChannels: 0)]
    }
    let input = steps[index].reads.first.map { storages[$0.storage].byteCount / MemoryLayout<Float>.stride } ?? 0
    var traffic: [SharedAxis: SharedTraffic] = [:]
    for axis in SharedAxis.allCases { traffic[axis] = step.traffic(axis, input: input) }
    return traffic
  }
}
