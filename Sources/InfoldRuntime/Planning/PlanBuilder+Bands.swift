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

  /// The steps from `start` on that run band by band, with the rows of the last result in a band; or steps that do not.
  private mutating func bands(from start: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?) {
    let expected = chain(from: start, atLeast: cost.smallestBandedResult)
    if expected.rowsPerBand == nil, let small = smallSteps(from: start) { return small }
    guard answers != nil else { return expected }
    // Bands may be worth while for smaller results, too.
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

  /// The steps from `start` on that threads do not share one by one, as many as they can take turns and until all of them are work enough
  /// for several threads, with the rows of the last result that each of these takes; `nil` where they are not.
  private func smallSteps(from start: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?)? {
    guard sharers > 1 else { return nil }
    var members: [any RowStep] = []
    var multiplyAccumulates = 0
    for index in start..<min(start + BandStep.maximumCount, steps.count) {
      guard let step = member(index, behind: members, atLeast: 0), step.tasks(phase: 0, workers: sharers) == 1 else {
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

  /// What tells a chain from those for which other bands may be the fastest.
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

  /// The steps from `start` on that hand on at least so many numbers to each other and can take turns, with the rows of the last result in a
  /// band; or that step alone.
  private func chain(from start: Int, atLeast smallest: Int) -> (steps: ClosedRange<Int>, rowsPerBand: Int?) {
    var members: [any RowStep] = []
    var best: (steps: ClosedRange<Int>, rowsPerBand: Int?) = (start...start, nil)
    for index in start..<min(start + BandStep.maximumCount, steps.count) {
      guard let step = member(index, behind: members, atLeast: smallest) else { break }
      members.append(step)
      if members.count > 1, let rows = cost.rowsPerBand(members) { best = (start...index, rows) }
    }
    return best
  }

  /// The steps of a chain, each as one that reads what the one before it writes.
  private func members(_ chain: ClosedRange<Int>) -> [any RowStep] {
    var members: [any RowStep] = []
    for step in steps[chain] { members.append(Self.member(step, behind: members.last)!) }
    return members
  }

  private static func member(_ step: PlannedStep, behind last: (any RowStep)?) -> (any RowStep)? {
    guard let step = step.step as? any RowStep else { return nil }
    return step.reading(rowsOf: last?.output ?? step.input)
  }

  /// The step at `index` as one that takes turns with those before it, if these hand on so many numbers to it.
  private func member(_ index: Int, behind chain: [any RowStep], atLeast smallest: Int) -> (any RowStep)? {
    let first = index - chain.count
    guard let step = Self.member(steps[index], behind: chain.last) else { return nil }
    return chain.isEmpty || handsOn(first, chain, to: step, atLeast: smallest) && takeTurns(first, chain + [step])
      ? step : nil
  }

  /// Whether the last of a chain's steps hands on more to the next one than stays in the caches of the threads, and that can be done by
  /// rows. Rows that two bands need are computed by both of two threads, so that they must not lie where both would write them.
  private func handsOn(
    _ first: Int, _ chain: [any RowStep], to step: any RowStep, atLeast smallest: Int
  ) -> Bool {
    let dependency = step.dependency!
    // The same numbers may be other rows to the step that reads them.
    return chain.last!.dependency!.outputRows == dependency.inputRows
      && dependency.inputStride * dependency.inputRows > smallest
      && (dependency.isRowByRow || chain.enumerated().allSatisfy { isPrivate(first + $0, $1) })
  }

  /// Whether the next step alone reads what a step writes, and only as its input. The next one may write its own result there, and this
  /// one in the place of its input, but not of another operand, which is not handed on.
  private func isPrivate(_ index: Int, _ member: any RowStep) -> Bool {
    let step = steps[index], next = steps[index + 1], place = step.writes[0], buffer = buffers[place.buffer]
    guard case .arena = buffer.source, place.offset == 0, let lifetime = buffer.lifetime,
      let reader = (next.step as? any RowStep)?.reading(rowsOf: place)
    else { return false }
    let begins = lifetime.lowerBound == index || member.input == place
    let ends = lifetime.upperBound == index + 1 || next.writes[0] == place
    return begins && ends && next.reads.count { $0.buffer == place.buffer } == reader.inputReads
  }

  /// Whether the last of the steps writes nowhere where an earlier one still reads, but for what it is handed in a band.
  private func takeTurns(_ first: Int, _ chain: [any RowStep]) -> Bool {
    let written = steps[first + chain.count - 1].writes[0].buffer
    return chain.indices.dropLast().allSatisfy { place in
      let index = first + place
      return steps[index].reads.allSatisfy { $0.buffer != written }
        || place > 0 && steps[index - 1].writes[0].buffer == written && isPrivate(index - 1, chain[place - 1])
    }
  }
}

extension PlannedStep {
  /// Steps that take turns.
  /// - Parameter isInBand: For each result but the last, whether it needs no more memory than a band.
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
    // Threads share bands as a whole.
    choices = steps.flatMap(\.choices).filter { $0.key.kind != .sharing }
    (reads, writes) = ([], [])
    var handedOn: Int?
    for (index, (step, member)) in zip(steps, members).enumerated() {
      let result = step.writes[0].buffer
      let isInBand = index < isInBand.count && isInBand[index]
      reads += step.reads.filter {
        $0.buffer != handedOn && !(isInBand && $0.buffer == result && $0 != member.input)
      }
      if !isInBand { writes += step.writes }
      handedOn = isInBand ? result : nil
    }
  }
}
