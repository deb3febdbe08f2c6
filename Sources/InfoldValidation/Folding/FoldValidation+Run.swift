import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

extension FoldValidation {
  /// Checks the constants, and compares fold sites, sessions and outputs on `samples`.
  /// - Parameters:
  ///   - samples: The inputs of the model.
  ///   - progress: Called at each step.
  /// - Throws: `InfoldError` with `.invalidArgument` if a sample does not fit the model; the error
  ///   of an operator, naming its node.
  public func run(
    _ samples: [Sample], progress: (Progress) -> Void = { _ in }
  ) throws(InfoldError) -> ValidationReport {
    try run(count: samples.count, sample: { samples[$0] }, progress: progress)
  }

  /// Checks the constants, and compares fold sites, sessions and outputs on `count` samples, which
  /// are requested one at a time.
  /// - Parameters:
  ///   - count: The number of samples.
  ///   - sample: Returns the sample with this number, 0 to `count` − 1, or `nil` to skip it.
  ///   - timeLimit: The longest time that one sample may take, or `nil` for no limit.
  ///   - progress: Called at each step.
  /// - Throws: The errors of `run(_:progress:)` and of `sample`; `.limitExceeded` if a sample
  ///   exceeds the time limit.
  public func run(
    count: Int, sample: (Int) throws(InfoldError) -> Sample?, timeLimit: Duration? = nil,
    progress: (Progress) -> Void = { _ in }
  ) throws(InfoldError) -> ValidationReport {
    var report = ValidationReport()
    report.model = original.path
    report.folded = folded?.path
    report.normalizations = normalizations
    progress(Progress(fraction: 0, step: "constants"))
    var unfoldedNormalizations = unfoldedNormalizations
    var validations = count > 0 ? try sessionValidations() : []
    var compared: ComparisonReport?
    var multiplications = 0, times: [LayerTime] = []
    let checks = try matching.pairs.map { pair throws(InfoldError) in
      let tolerance: ConstantCheck.Tolerance =
        folded == nil && !pair.folded.isQuantized ? .correctlyRounded : .singlePrecision
      return try ConstantCheck(pair, tolerance).report()
    }
    for check in checks { report.constants.add(check) }

    var comparisons: [Int: SiteComparison] = [:]
    for (index, pair) in matching.pairs.enumerated() where pair.isCompared {
      let roundings = folded == nil && !pair.folded.isQuantized ? 1 : 4 * pair.foldedMaps
      comparisons[index] = SiteComparison(pair, constantRoundings: roundings)
    }
    let sessions = count > 0 ? try sessions() : nil
    var network = NetworkComparison(outputs: truth.outputs.map(\.name))
    for index in 0..<count {
      guard let sample = try sample(index) else { continue }
      report.inputs.append(sample.name)
      try annotatingErrors({ $0.forSample(sample.name) }) { () throws(InfoldError) in
        let deadline = timeLimit.map { Deadline(after: $0) }
        try Interruption.asking({ deadline?.error }) { () throws(InfoldError) in
          func report(_ fraction: Double, _ step: String) {
            progress(
              Progress(
                fraction: (Double(index) + fraction) / Double(count), step: "\(sample.name): \(step)"))
          }
          let exact = try run(sample, sessions!, &comparisons, &unfoldedNormalizations, &network) { report($0 / 2, $1) }
          let truth = try SessionValidation.Truth(prepared, self.truth.tensors(sample.inputs), outputs: exact)
          multiplications = truth.graph.multiplications
          for place in validations.indices {
            report(
              0.5 + 0.4 * Double(place) / Double(validations.count),
              "precision \(validations[place].precision.rawValue)")
            try validations[place].add(sample.inputs, truth)
          }
          if let comparison {
            report(0.9, "values of the folded file")
            try compared.add(comparison.run([sample]))
          }
          if measuresTimes, times.isEmpty {
            report(0.95, "times")
            let session =
              if let validation = validations.first { validation.session } else {
                try Session(folded ?? original, options: options)
              }
            times = try session.layerTimes(sample.inputs, runs: 9)
          }
        }
      }
    }
    report.outputs = network.reports
    if matching.original.quantizingNodes > 0 {
      for index in report.outputs.indices { report.outputs[index].isQuantized = true }
    }
    report.sessions = validations.map(\.report)
    report.unfoldedNormalizations = unfoldedNormalizations.reports(
      multiplications: multiplications, planned: validations.first?.plannedValues, times: times)
    report.matching = folded.map { fileMatching($0, compared) }
    for (index, check) in checks.enumerated() {
      if hasChangedWeights(matching.pairs[index], compared) {
        report.constants.remove(check)
        continue
      }
      let site = try SiteReport(matching.pairs[index], check, comparisons[index]?.measurement)
      if let site { report.sites.append(site) }
    }
    report.judge(wasRun: !report.inputs.isEmpty, asksForSessions: asksForSessions)
    progress(Progress(fraction: 1, step: "done"))
    return report
  }

  private var normalizations: ValidationReport.Normalizations {
    var result = ValidationReport.Normalizations()
    result.total = normalizationCount
    result.folded = max(0, result.total - matching.folded.normalizations.count)
    result.refusals = refusals
    return result
  }

  /// Creates a session without folding, in which every normalization is a scale and a shift, and
  /// one with folding.
  private func sessions() throws(InfoldError) -> (unfolded: Session, folded: Session) {
    var options = options
    // Validate the constants in the model's own types.
    options.narrowTypes = .kept
    // The errors of a matrix unit are larger than those of folding. It is not used if subnormal
    // numbers are kept.
    if SessionOptions.Precision.bfloat16.isDistinct(options) { options.subnormals = .kept }
    options.foldBatchNormalization = true
    let folded = try Session(folded ?? original, options: options)
    options.foldBatchNormalization = false
    // By default, sessions flush subnormal numbers to zero. Folding may make subnormal weights
    // normal, but the unfolded network must keep them.
    options.subnormals = options.subnormals ?? .kept
    return (try Session(original, options: options), folded)
  }

  private func run(
    _ sample: Sample, _ sessions: (unfolded: Session, folded: Session), _ comparisons: inout [Int: SiteComparison],
    _ unfoldedNormalizations: inout UnfoldedNormalizations, _ network: inout NetworkComparison,
    _ progress: (Double, String) -> Void
  ) throws(InfoldError) -> [String: Tensor] {
    let entries = Dictionary(grouping: comparisons.keys) { matching.pairs[$0].original.entry.data }
    var current = comparisons, normalizations = unfoldedNormalizations
    let total = Double(max(current.count, 1))
    var done = 0.0
    let asWritten = try written.run(sample.inputs, observing: normalizations.observed.union(entries.keys)) {
      (value, tensor) throws(InfoldError) in
      try normalizations.add(value, tensor)
      for index in (entries[value] ?? []).sorted() {
        progress(0.7 * done / total, matching.pairs[index].original.label)
        try current[index]?.add(tensor)
        done += 1
      }
    }
    comparisons = current
    normalizations.endSample()
    unfoldedNormalizations = normalizations
    progress(0.7, "folded network")
    let folded = try sessions.folded.run(sample.inputs)
    let unfolded = try sessions.unfolded.run(sample.inputs)
    progress(0.8, "network in double precision")
    let exact = try truth.run(sample.inputs)
    func ordered(_ results: [String: Tensor]) -> [Tensor] { truth.outputs.map { results[$0.name]! } }
    try network.add(
      unfolded: ordered(unfolded), folded: ordered(folded), asWritten: ordered(asWritten), truth: ordered(exact))
    return exact
  }

  /// Prepares to validate what sessions run, in each precision. An app runs the folded file, if
  /// there is one.
  private func sessionValidations() throws(InfoldError) -> [SessionValidation] {
    try precisions.map { precision throws(InfoldError) in try SessionValidation(folded ?? original, precision, options)
    }
  }
}

extension Graph {
  /// The number of multiply-accumulates in the definitions of all operators.
  fileprivate var multiplications: Int {
    nodes.reduce(0) { sum, node in
      let (total, overflow) = sum.addingReportingOverflow(multiplyAccumulates(of: node) ?? 0)
      return overflow ? .max : total
    }
  }
}

extension OperatorMatching.Pair {
  /// Whether the results of this pair are compared, and not only its constants: something outside
  /// of bodies was folded, in a type less exact than double precision.
  fileprivate var isCompared: Bool {
    (state == .folded || state == .partlyFolded) && owner == nil && original.elementType != .float64
      && folded.elementType == original.elementType
  }
}

extension InfoldError {
  fileprivate func forSample(_ name: String) -> InfoldError {
    var error = self
    if error.file == nil { error.reason = "\(String(printable: name)): \(reason)" }
    return error
  }
}
