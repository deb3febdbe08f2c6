// Forms bands. A chain of steps whose intermediate results exceed the second-level cache runs band
// by band. So does a chain of steps that are each too small to be divided between threads: each
// thread then takes a band of the whole chain.
extension PlanBuilder {
  /// Merges the steps of each such chain into one step.
  mutating func formBands() {
    var joined: [PlannedStep] = []
    var places: [Int] = []
    var next = 0
    while next < steps.count {
      let chain = bands(from: next)
      places += chain.steps.enumerated().map { joined.count + (chain.rowsPerBand == nil ? $0.offset : 0) }
      if let rows = chain.rowsPerBand {
        let members = members(chain.steps)
        let isInBand = zip(chain.steps, members).dropLast().map(isPrivate)
        let bands = PlannedStep(bands: steps[chain.steps], members, isInBand: isInBand, rows)
        for (index, isInBand) in zip(chain.steps, isInBand) where isInBand {
          let buffer = steps[index].writes[0].buffer
          if !(bands.reads + bands.writes).contains(where: { $0.buffer == buffer }) {
            buffers[buffer].lifetime = nil
          }
        }
        joined.append(bands)
      } else {
        joined += steps[chain.steps]
      }
      next = chain.steps.upperBound + 1
    }
    guard joined.count < steps.count else { return }
    steps = joined
    for index in buffers.indices {
      buffers[index].lifetime = buffers[index].lifetime.map { places[$0.lowerBound]...places[$0.upperBound] }
    }
    lastReads = lastReads.map { $0.map { places[$0] } }
  }

  /// Returns the chain that begins at `start`, with the number of rows of the last result per band,
  /// or steps that run without bands.
  private mutating func bands(from start: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?) {
    let expected = chain(from: start, atLeast: cost.smallestBandedResult)
    if expected.rowsPerBand == nil, let small = smallSteps(from: start) { return small }
    guard tuningResults != nil else { return expected }
    // Tuning also tries bands for smaller results.
    let widest =
      expected.rowsPerBand == nil ? chain(from: start, atLeast: cost.smallestBandedResult / 4) : expected
    guard let rows = widest.rowsPerBand else { return expected }
    let dependencies = members(widest.steps).map { $0.dependency! }
    var heights: [Int?] = [nil]
    for height in [rows, rows / 2, rows * 2] where (1...dependencies.last!.outputRows / 2).contains(height) {
      if BandStep.suits(dependencies, rowsPerBand: height) { heights.append(height) }
    }
    let problem = Self.problem(steps[widest.steps], members(widest.steps), workers: sharers)
    let chosen = choose(
      .bands, problem,
      among: heights.map { $0.map { "\($0) rows" } ?? "none" }, expected: expected.rowsPerBand == nil ? 0 : 1)
    steps[start].choices += takeChoices()
    guard let height = heights[chosen] else { return expected.rowsPerBand == nil ? expected : (widest.steps, nil) }
    return (widest.steps, height)
  }

  /// Returns the steps from `start` on that are individually too small for several threads, up to
  /// the first whose chain is large enough, with the rows of the last result per thread. Returns
  /// `nil` if there is no such chain.
  private func smallSteps(from start: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?)? {
    guard sharers > 1 else { return nil }
    var members: [any RowStep] = []
    var multiplyAccumulates = 0
    for index in start..<min(start + BandStep.maximumCount, steps.count) {
      guard let step = member(index, after: members, atLeast: 0), step.tasks(phase: 0, workers: sharers) == 1 else {
        return nil
      }
      members.append(step)
      multiplyAccumulates += steps[index].multiplyAccumulates
      let threads = ThreadHeuristic.count(multiplications: multiplyAccumulates, workers: sharers)
      guard members.count > 1, threads > 1 else { continue }
      let dependencies = members.map { $0.dependency! }
      let rows = (dependencies.last!.outputRows + threads - 1) / threads
      return BandStep.suits(dependencies, rowsPerBand: rows) ? (start...index, rows) : nil
    }
    return nil
  }

  /// Returns a key for chains with the same trade-offs between band sizes.
  private static func problem(
    _ steps: ArraySlice<PlannedStep>, _ members: [any RowStep], workers: Int
  ) -> String {
    let texts = zip(steps, members).map { step, member in
      let dependency = member.dependency!
      let numbers = [
        dependency.inputRows, dependency.inputStride, dependency.outputRows, dependency.outputStride,
        member.weightByteCount,
      ]
      return step.layer.algorithm + " " + numbers.map(String.init).joined(separator: " ")
    }
    return texts.joined(separator: ", ") + ", \(workers) threads"
  }

  /// Returns the longest chain from `start` whose steps pass at least `smallest` elements to each
  /// other and can run in bands, with the rows of the last result per band. Without such a chain,
  /// returns that step alone.
  private func chain(from start: Int, atLeast smallest: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?) {
    var members: [any RowStep] = []
    var best: (steps: ClosedRange<Int>, rowsPerBand: Int?) = (start...start, nil)
    for index in start..<min(start + BandStep.maximumCount, steps.count) {
      guard let step = member(index, after: members, atLeast: smallest) else { break }
      members.append(step)
      if members.count > 1, let rows = cost.rowsPerBand(members) { best = (start...index, rows) }
    }
    return best
  }

  /// Returns the steps of a chain, each reading the rows that the previous one writes.
  private func members(_ chain: ClosedRange<Int>) -> [any RowStep] {
    var members: [any RowStep] = []
    for step in steps[chain] { members.append(Self.member(step, after: members.last)!) }
    return members
  }

  private static func member(_ step: PlannedStep, after last: (any RowStep)?) -> (any RowStep)? {
    guard let step = step.step as? any RowStep else { return nil }
    return step.reading(rowsOf: last?.output ?? step.input)
  }

  /// Returns the step at `index` if it can extend a chain that passes at least `smallest` elements
  /// to it.
  private func member(_ index: Int, after chain: [any RowStep], atLeast smallest: Int) -> (any RowStep)? {
    let first = index - chain.count
    guard let step = Self.member(steps[index], after: chain.last) else { return nil }
    return chain.isEmpty
      || passesByRows(first, chain, to: step, atLeast: smallest) && canInterleave(first, chain + [step])
      ? step : nil
  }

  /// Returns whether the last step of a chain passes more to the next step than fits in the caches
  /// of the threads, and can do so by rows. Two threads both compute the rows that their bands
  /// share, so these rows must not be in memory that both write.
  private func passesByRows(
    _ first: Int, _ chain: [any RowStep], to step: any RowStep, atLeast smallest: Int
  ) -> Bool {
    let dependency = step.dependency!
    // The reading step may divide the same elements into different rows.
    return chain.last!.dependency!.outputRows == dependency.inputRows
      && dependency.inputStride * dependency.inputRows > smallest
      && (dependency.isRowByRow || chain.enumerated().allSatisfy { isPrivate(first + $0, $1) })
  }

  /// Returns whether the result of a step is read only by the next step, and only as its input. The
  /// next step may overwrite the result with its own, and this step may overwrite its input, but
  /// not another operand, because other operands are not passed along in bands.
  private func isPrivate(_ index: Int, _ member: any RowStep) -> Bool {
    let step = steps[index], next = steps[index + 1], place = step.writes[0], buffer = buffers[place.buffer]
    guard case .arena = buffer.source, place.offset == 0, let lifetime = buffer.lifetime,
      let reader = (next.step as? any RowStep)?.reading(rowsOf: place)
    else { return false }
    let begins = lifetime.lowerBound == index || member.input == place
    let ends = lifetime.upperBound == index + 1 || next.writes[0] == place
    return begins && ends && next.reads.count { $0.buffer == place.buffer } == reader.inputReads
  }

  /// Returns whether the last step writes to no memory that an earlier step still reads, except for
  /// the rows passed to it in a band.
  private func canInterleave(_ first: Int, _ chain: [any RowStep]) -> Bool {
    let written = steps[first + chain.count - 1].writes[0].buffer
    return chain.indices.dropLast().allSatisfy { place in
      let index = first + place
      return steps[index].reads.allSatisfy { $0.buffer != written }
        || place > 0 && steps[index - 1].writes[0].buffer == written && isPrivate(index - 1, chain[place - 1])
    }
  }
}

extension PlannedStep {
  /// Merges steps into one that runs them in bands.
  ///
  /// - Parameter isInBand: For each result but the last, whether it needs memory for one band only.
  fileprivate init(
    bands steps: ArraySlice<PlannedStep>, _ members: [any RowStep], isInBand: [Bool], _ rowsPerBand: Int
  ) {
    self = steps.last!
    step = BandStep(members, isInBand: isInBand, rowsPerBand: rowsPerBand)
    layer = Layer(
      node: steps.first!.layer.node, operation: steps.map(\.layer.operation).joined(separator: " → "),
      algorithm: "bands: " + steps.map(\.layer.algorithm).joined(separator: " → "), shape: steps.last!.layer.shape,
      depth: steps.first!.layer.depth)
    nodes = steps.flatMap(\.nodes)
    multiplyAccumulates = steps.reduce(0) { $0 + $1.multiplyAccumulates }
    fused = steps.flatMap(\.fused)
    // Threads share whole bands.
    choices = steps.flatMap(\.choices).filter { $0.key.kind != .sharing }
    (reads, writes) = ([], [])
    var forwarded: Int?
    for (index, (step, member)) in zip(steps, members).enumerated() {
      let result = step.writes[0].buffer
      let isInBand = index < isInBand.count && isInBand[index]
      reads += step.reads.filter {
        $0.buffer != forwarded && !(isInBand && $0.buffer == result && $0 != member.input)
      }
      if !isInBand { writes += step.writes }
      forwarded = isInBand ? result : nil
    }
  }
}
