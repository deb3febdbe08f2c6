// Chains of steps whose intermediate results are larger than the second-level cache run band by band.
extension PlanBuilder {
  /// Joins such chains into one step each.
  mutating func formBands() {
    var joined: [PlannedStep] = []
    var places: [Int] = []
    var next = 0
    while next < steps.count {
      let chain = chain(from: next)
      for index in next..<chain.end {
        if index + 1 < chain.end { storages[steps[index].writes[0].storage].lifetime = nil }
        places.append(joined.count)
      }
      joined.append(
        chain.rowsPerBand.map { PlannedStep(bands: steps[next..<chain.end], rowsPerBand: $0) } ?? steps[next])
      next = chain.end
    }
    guard joined.count < steps.count else { return }
    steps = joined
    for index in storages.indices {
      storages[index].lifetime = storages[index].lifetime.map { places[$0.lowerBound]...places[$0.upperBound] }
    }
    lastReads = lastReads.map { $0.map { places[$0] } }
  }

  /// The steps from `start` on that run band by band, or only that one.
  private func chain(from start: Int) -> (end: Int, rowsPerBand: Int?) {
    var members: [any RowStep] = []
    var largest = 0
    var best: (end: Int, rowsPerBand: Int?) = (start + 1, nil)
    for index in start..<steps.count {
      guard let step = steps[index].step as? any RowStep, step.dependency != nil else { break }
      if let last = members.last {
        guard let byteCount = handedOn(from: last, index - 1, to: step) else { break }
        largest = max(largest, byteCount)
      }
      members.append(step)
      // In threads, each has a part of what is handed on in a cache of its own.
      if members.count > 1, largest > workers * machine.secondLevelCache / 2, takeTurns(start...index),
        let rows = rowsPerBand(members)
      {
        best = (index + 1, rows)
      }
    }
    return best
  }

  /// The bytes of what a step hands on to the next one, and to nobody else; `nil` where it does not.
  private func handedOn(from last: any RowStep, _ index: Int, to step: any RowStep) -> Int? {
    let place = last.output, storage = storages[place.storage]
    guard case .arena = storage.source, place == step.input, place.offset == 0,
      storage.lifetime == index...index + 1,
      steps[index + 1].reads.filter({ $0.storage == place.storage }).count == 1
    else { return nil }
    return storage.byteCount
  }

  /// Whether the last of the steps writes nowhere where an earlier one still reads.
  private func takeTurns(_ chain: ClosedRange<Int>) -> Bool {
    let written = steps[chain.upperBound].writes[0].storage
    return steps[chain.lowerBound..<chain.upperBound].allSatisfy { step in
      step.reads.allSatisfy { $0.storage != written }
    }
  }

  /// The rows of the last result in a band, with which all that is handed on takes half of the cache; `nil` where that is not enough for
  /// bands that are worth their weights.
  private func rowsPerBand(_ members: [any RowStep]) -> Int? {
    let budget = machine.secondLevelCache / 2
    let weights = members.reduce(0) { $0 + $1.weightByteCount }
    guard weights <= budget / 2 else { return nil }
    let dependencies = members.map { $0.dependency! }
    func byteCount(_ rows: Int) -> Int {
      let counts = BandStep.rowCounts(dependencies, rows)
      let results = zip(dependencies, counts).reduce(0) { $0 + $1.0.outputStride * $1.1 }
      return MemoryLayout<Float>.stride
        * (results + dependencies[0].inputStride * dependencies[0].inputCount(of: counts[0]))
    }
    let all = dependencies.last!.outputRows
    guard let rows = (1...max(all / 2, 1)).last(where: { byteCount($0) + weights <= budget }) else { return nil }
    // What neighbouring bands share is computed once, but moved.
    let counts = BandStep.rowCounts(dependencies, rows)
    return zip(dependencies.dropFirst(), counts).allSatisfy { $1 >= 2 * ($0.extent - $0.step) } ? rows : nil
  }
}

extension PlannedStep {
  /// Steps that take turns.
  init(bands steps: ArraySlice<PlannedStep>, rowsPerBand: Int) {
    self = steps.last!
    step = BandStep(steps.map { $0.step as! any RowStep }, rowsPerBand: rowsPerBand)
    label = steps.first!.label
    nodes = steps.flatMap(\.nodes)
    operation = steps.map(\.operation).joined(separator: ", ")
    algorithm = "bands of " + steps.map(\.algorithm).joined(separator: ", ")
    multiplyAccumulates = steps.reduce(0) { $0 + $1.multiplyAccumulates }
    fused = steps.flatMap(\.fused)
    let handedOn = Set(steps.dropLast().map { $0.writes[0].storage })
    reads = steps.flatMap(\.reads).filter { !handedOn.contains($0.storage) }
  }
}
