// Chains of steps whose intermediate results do not fit the second-level cache run band by band, and so do steps that are too small for
// threads to share them one by one: each thread takes a band of all of them.
extension PlanBuilder {
  /// Joins the steps of each such chain into one.
  mutating func formBands() {
    var joined: [PlannedStep] = []
    var places: [Int] = []
    var next = 0
    while next < steps.count {
      let chain = bands(from: next)
      places += chain.steps.enumerated().map { joined.count + (chain.rowsPerBand == nil ? $0.offset : 0) }
      if let rows = chain.rowsPerBand {
        let isInBand = chain.steps.dropLast().map(isPrivate)
        joined.append(PlannedStep(bands: steps[chain.steps], isInBand: isInBand, rows))
        for (index, isInBand) in zip(chain.steps, isInBand) where isInBand {
          storages[steps[index].writes[0].storage].lifetime = nil
        }
      } else {
        joined += steps[chain.steps]
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

  /// The steps from `start` on that run band by band, with the rows of the last result in a band; or steps that do not.
  private mutating func bands(from start: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?) {
    let expected = chain(from: start, atLeast: cost.smallestBandedResult)
    if expected.rowsPerBand == nil, let small = smallSteps(from: start) { return small }
    guard answers != nil else { return expected }
    // Bands may be worth while for smaller results, too.
    let widest =
      expected.rowsPerBand == nil ? chain(from: start, atLeast: cost.smallestBandedResult / 4) : expected
    guard let rows = widest.rowsPerBand else { return expected }
    let members = steps[widest.steps].map { $0.step as! any RowStep }
    let dependencies = members.map { $0.dependency! }
    var heights: [Int?] = [nil]
    for height in [rows, rows / 2, rows * 2] where (1...dependencies.last!.outputRows / 2).contains(height) {
      if BandStep.suits(dependencies, rowsPerBand: height) { heights.append(height) }
    }
    let problem = Self.problem(steps[widest.steps], dependencies, workers: sharers)
    let chosen = choose(
      .bands, problem,
      among: heights.map { $0.map { "\($0) rows" } ?? "none" }, expected: expected.rowsPerBand == nil ? 0 : 1)
    steps[start].choices += takeChoices()
    guard let height = heights[chosen] else { return expected.rowsPerBand == nil ? expected : (widest.steps, nil) }
    return (widest.steps, height)
  }

  /// The steps from `start` on that threads do not share one by one, as many as they can take turns and until all of them are work enough
  /// for several threads, with the rows of the last result that each of these takes; `nil` where they are not.
  private func smallSteps(from start: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?)? {
    guard sharers > 1 else { return nil }
    var dependencies: [RowDependency] = []
    var multiplyAccumulates = 0
    for index in start..<min(start + BandStep.maximumCount, steps.count) {
      guard let step = steps[index].step as? any RowStep, let dependency = step.dependency,
        step.tasks(phase: 0, workers: sharers) == 1,
        dependencies.isEmpty || handsOn(start..<index, to: step, atLeast: 0) && takeTurns(start...index)
      else { return nil }
      dependencies.append(dependency)
      multiplyAccumulates += steps[index].multiplyAccumulates
      let threads = WorthwhileThreads.count(multiplications: multiplyAccumulates, workers: sharers)
      guard dependencies.count > 1, threads > 1 else { continue }
      let rows = (dependency.outputRows + threads - 1) / threads
      return BandStep.suits(dependencies, rowsPerBand: rows) ? (start...index, rows) : nil
    }
    return nil
  }

  /// What tells a chain from those for which other bands may be the fastest.
  private static func problem(
    _ steps: ArraySlice<PlannedStep>, _ dependencies: [RowDependency], workers: Int
  ) -> String {
    let members = zip(steps, dependencies).map { step, dependency in
      let numbers = [
        dependency.inputRows, dependency.inputStride, dependency.outputRows, dependency.outputStride,
        (step.step as! any RowStep).weightByteCount,
      ]
      return step.layer.algorithm + " " + numbers.map(String.init).joined(separator: " ")
    }
    return members.joined(separator: ", ") + ", \(workers) threads"
  }

  /// The steps from `start` on that hand on at least so many numbers to each other and can take turns, with the rows of the last result in a
  /// band; or that step alone.
  private func chain(from start: Int, atLeast smallest: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?) {
    var members: [any RowStep] = []
    var best: (steps: ClosedRange<Int>, rowsPerBand: Int?) = (start...start, nil)
    for index in start..<min(start + BandStep.maximumCount, steps.count) {
      guard let step = steps[index].step as? any RowStep, step.dependency != nil,
        members.isEmpty || handsOn(start..<index, to: step, atLeast: smallest) && takeTurns(start...index)
      else { break }
      members.append(step)
      if members.count > 1, let rows = cost.rowsPerBand(members) { best = (start...index, rows) }
    }
    return best
  }

  /// Whether the last of a chain's steps hands on more to the next one than stays in the caches of the threads, and that can be done by
  /// rows. Rows that two bands need are computed by both of two threads, so that they must not lie where both would write them.
  private func handsOn(_ chain: Range<Int>, to step: any RowStep, atLeast smallest: Int) -> Bool {
    let last = steps[chain.upperBound - 1].step as! any RowStep, dependency = step.dependency!
    // The same numbers may be other rows to the step that reads them.
    return last.output == step.input && last.dependency!.outputRows == dependency.inputRows
      && dependency.inputStride * dependency.inputRows > smallest
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
    // Threads share bands as a whole.
    choices = steps.flatMap(\.choices).filter { $0.key.kind != .sharing }
    let inBands = Set(zip(steps, isInBand).filter(\.1).map { $0.0.writes[0].storage })
    reads = steps.flatMap(\.reads).filter { !inBands.contains($0.storage) }
    writes = steps.flatMap(\.writes).filter { !inBands.contains($0.storage) }
  }
}
