// Chains of steps whose intermediate results do not fit the second-level cache run band by band.
extension PlanBuilder {
  /// Joins the steps of each such chain into one.
  mutating func formBands() {
    var joined: [PlannedStep] = []
    var places: [Int] = []
    var next = 0
    while next < steps.count {
      let chain = chain(from: next)
      places += chain.steps.map { _ in joined.count }
      if let rows = chain.rowsPerBand {
        let isInBand = chain.steps.dropLast().map(isPrivate)
        joined.append(PlannedStep(bands: steps[chain.steps], isInBand: isInBand, rows))
        for (index, isInBand) in zip(chain.steps, isInBand) where isInBand {
          storages[steps[index].writes[0].storage].lifetime = nil
        }
      } else {
        joined.append(steps[next])
      }
      next = chain.steps.upperBound + 1
    }
    guard joined.count < steps.count else { return }
    steps = joined
    for index in storages.indices {
      storages[index].lifetime = storages[index].lifetime.map { places[$0.lowerBound]...places[$0.upperBound] }
    }
    lastReads = lastReads.map { $0.map { places[$0] } }
  }

  /// The steps from `start` on that run band by band, with the rows of the last result in a band; or that step alone.
  private func chain(from start: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?) {
    var members: [any RowStep] = []
    var best: (steps: ClosedRange<Int>, rowsPerBand: Int?) = (start...start, nil)
    for index in start..<min(start + BandStep.maximumCount, steps.count) {
      guard let step = steps[index].step as? any RowStep, step.dependency != nil,
        members.isEmpty || handsOn(start..<index, to: step) && takeTurns(start...index)
      else { break }
      members.append(step)
      if members.count > 1, let rows = rowsPerBand(members) { best = (start...index, rows) }
    }
    return best
  }

  /// Whether the last of a chain's steps hands on more to the next one than stays in the caches of the threads, and that can be done by
  /// rows. Rows that two bands need are computed by both of two threads, so that they must not lie where both would write them.
  private func handsOn(_ chain: Range<Int>, to step: any RowStep) -> Bool {
    let last = steps[chain.upperBound - 1].step as! any RowStep, dependency = step.dependency!
    return last.output == step.input
      && dependency.inputStride * dependency.inputRows * MemoryLayout<Float>.stride
        > max(2, sharers) * machine.secondLevelCache / 4
      && (dependency.isRowByRow || chain.allSatisfy(isPrivate))
  }

  /// Whether the next step alone reads what a step writes, and only as its input.
  private func isPrivate(_ index: Int) -> Bool {
    let place = steps[index].writes[0], storage = storages[place.storage]
    guard case .arena = storage.source, place.offset == 0 else { return false }
    return storage.lifetime == index...index + 1
      && steps[index + 1].reads.filter { $0.storage == place.storage }.count == 1
  }

  /// Whether the last of the steps writes nowhere where an earlier one still reads.
  private func takeTurns(_ chain: ClosedRange<Int>) -> Bool {
    let written = steps[chain.upperBound].writes[0].storage
    return steps[chain.lowerBound..<chain.upperBound].allSatisfy { step in
      step.reads.allSatisfy { $0.storage != written }
    }
  }

  /// The rows of the last result in a band with which all that is read and written for it takes half of the cache; `nil` where bands
  /// would be too thin for the weights that each reads, and for the rows that it shares with the one before.
  private func rowsPerBand(_ members: [any RowStep]) -> Int? {
    let budget = machine.secondLevelCache / 2
    let weights = members.reduce(0) { $0 + $1.weightByteCount }
    let dependencies = members.map { $0.dependency! }
    guard weights <= budget / 2 else { return nil }
    func byteCount(_ rows: Int) -> Int {
      let counts = BandStep.rowCounts(dependencies, rows)
      let results = zip(dependencies, counts).reduce(0) { $0 + $1.0.outputStride * $1.1 }
      let input = dependencies[0].inputStride * dependencies[0].inputCount(of: counts[0])
      return (results + input) * MemoryLayout<Float>.stride
    }
    let half = dependencies.last!.outputRows / 2
    guard half >= 1, let rows = (1...half).last(where: { byteCount($0) + weights <= budget }) else { return nil }
    let counts = BandStep.rowCounts(dependencies, rows)
    return zip(dependencies.dropFirst(), counts).allSatisfy { $1 >= 2 * ($0.extent - $0.step) } ? rows : nil
  }
}

extension PlannedStep {
  /// Steps that take turns.
  /// - Parameter isInBand: For each result but the last, whether it needs no more memory than a band.
  fileprivate init(bands steps: ArraySlice<PlannedStep>, isInBand: [Bool], _ rowsPerBand: Int) {
    self = steps.last!
    step = BandStep(steps.map { $0.step as! any RowStep }, isInBand: isInBand, rowsPerBand: rowsPerBand)
    layer = Layer(
      node: steps.first!.layer.node, operation: steps.map(\.layer.operation).joined(separator: " → "),
      algorithm: "bands: " + steps.map(\.layer.algorithm).joined(separator: " → "), shape: steps.last!.layer.shape,
      depth: steps.first!.layer.depth)
    nodes = steps.flatMap(\.nodes)
    multiplyAccumulates = steps.reduce(0) { $0 + $1.multiplyAccumulates }
    fused = steps.flatMap(\.fused)
    let inBands = Set(zip(steps, isInBand).filter(\.1).map { $0.0.writes[0].storage })
    reads = steps.flatMap(\.reads).filter { !inBands.contains($0.storage) }
    writes = steps.flatMap(\.writes).filter { !inBands.contains($0.storage) }
  }
}
