import InfoldPasses
import InfoldReports
import InfoldSystem
import InfoldTensor

extension SiteReport {
  /// - Returns: `nil` for an operator without maps whose constants are unchanged.
  /// - Throws: `InfoldError` with `.limitExceeded` if a memory limit is exceeded.
  init?(
    _ pair: OperatorMatching.Pair, _ constants: ConstantReport, _ measurement: SiteMeasurement?
  ) throws(InfoldError) {
    let (graph, entry) = (pair.original.analysis.graph, pair.original.entry)
    guard pair.state != .plain || constants.wrong > 0 else { return nil }
    name = graph[entry.node].name.isEmpty ? graph[entry.outputs[0]].name : graph[entry.node].name
    operatorName = graph[entry.node].opType
    node = graph.label(of: graph[entry.node]) + (pair.owner.map { " in a body of \($0)" } ?? "")
    absorbed = (entry.before + entry.after).map { graph.label(of: graph[$0.node]) }
    state = pair.state
    channels = entry.linear.outputChannels
    dotLength = entry.linear.dotLength
    let scales = entry.after.isEmpty ? entry.input.scale : entry.output.scale
    scale = Spread(scales.map(\.magnitude))
    channelsWithoutVariance = try pair.original.channelsWithoutVariance()
    self.constants = constants
    numbers = measurement.flatMap { $0.elements == 0 ? nil : Numbers($0) }
    passed = constants.wrong == 0 && numbers?.isWithinBounds ?? true
  }
}

extension SiteReport.Numbers {
  fileprivate init(_ measurement: SiteMeasurement) {
    func form(_ form: SiteMeasurement.Form) -> SiteReport.Form {
      SiteReport.Form(
        absoluteError: form.error, relativeError: form.error == 0 ? 0 : form.error / measurement.scale,
        shareOfBound: form.share, bound: form.bound, channel: form.channel)
    }
    folded = form(measurement.folded)
    unfolded = form(measurement.scaleAndShift)
    asWritten = form(measurement.asWritten)
    largestMagnitude = measurement.scale
    absoluteDifference = measurement.difference
    relativeDifference = measurement.difference == 0 ? 0 : measurement.difference / measurement.scale
    ulpDifference = measurement.ulps
    improvement =
      measurement.folded.error > 0 ? measurement.scaleAndShift.error / measurement.folded.error : nil
    notFinite = measurement.notFinite
  }

  /// Whether all three forms are within their bounds, and every element was compared.
  var isWithinBounds: Bool {
    [folded, unfolded, asWritten].allSatisfy { $0.shareOfBound <= 1 } && notFinite == 0
  }
}

extension ValidationReport {
  /// If folding reduces the error of a fold site by at least this factor, a note mentions it.
  private static let notableImprovement = 10.0

  /// Determines the outcome.
  /// - Parameter asksForSessions: Whether a model in which nothing can be folded passes if its
  ///   sessions do.
  mutating func judge(wasRun: Bool, asksForSessions: Bool) {
    var failures: [String] = []
    for site in sites { failures += site.failures }
    for normalization in unfoldedNormalizations {
      if let failure = normalization.failure { failures.append("\(normalization.node): \(failure)") }
    }
    for output in outputs { failures += output.failures }
    for session in sessions { failures += session.failures }
    // Folding may change the scale of intermediate values, such as those before a Concat. The
    // constants, and what sessions compute for the file, then decide.
    let isValidated = failures.isEmpty && !sites.isEmpty && !sessions.isEmpty
    if let matching { failures += Self.failures(of: matching, countsValues: !isValidated) }
    let isEmpty = normalizations.total == 0 && sites.isEmpty && !(asksForSessions && wasRun)
    outcome = failures.isEmpty ? isEmpty ? .nothingToValidate : .passed : .failed
    passed = outcome == .passed
    let compared = sites.indices.filter { sites[$0].numbers != nil }
    tightestSite = compared.max { sites[$0].largestShare < sites[$1].largestShare }
    switch outcome {
    case .passed: reasons = successes(wasRun: wasRun)
    case .failed: reasons = failures
    case .nothingToValidate:
      reasons = [
        "the model has no batch normalization, and nothing else that can be folded",
        "if it is already folded, validate it with the model that it was folded from: "
          + "infold validate ORIGINAL --folded \(String(printable: folded ?? model ?? "FILE"))",
      ]
    }
    addNotes()
  }

  /// Returns the differences that folding does not explain. There are none if all values agree.
  private static func failures(of matching: FileMatching, countsValues: Bool) -> [String] {
    guard matching.equal != true else { return [] }
    var failures = listed(matching.missing, one: "has", several: "have", "no counterpart in the folded model")
    failures += listed(
      matching.additional.map { "\($0) of the folded model" }, one: "has", several: "have",
      "no counterpart in the original")
    if countsValues, let first = matching.first {
      failures.append(
        "\(first.node) of the folded model, \(first.matchedNode) of the original: the first value whose difference exceeds "
          + "rounding errors: \(NumberText.short(first.difference)), and the bound is \(NumberText.short(first.allowed))"
      )
    }
    return failures
  }

  /// One line per node for up to three nodes, otherwise one line for all.
  private static func listed(_ nodes: [String], one: String, several: String, _ rest: String) -> [String] {
    guard nodes.count > 3 else { return nodes.map { "\($0) \(one) \(rest)" } }
    return ["\(nodes.count) operators \(several) \(rest), beginning with \(nodes[0]): it may be a different network"]
  }

  private func successes(wasRun: Bool) -> [String] {
    var reasons: [String] = []
    if constants.count > 0 {
      let rounded =
        constants.notCorrectlyRounded == 0
        ? "correctly rounded"
        : "as accurate as single precision (\(constants.notCorrectlyRounded) not correctly rounded)"
      reasons.append("all \(constants.count) weights and biases are \(rounded)")
    }
    let compared = sites.count { $0.numbers != nil }
    if compared > 0 { reasons.append("\(compared) of \(compared) fold sites are within their error bounds") }
    let checked = unfoldedNormalizations.count { $0.largestShare != nil }
    if checked > 0 {
      reasons.append(
        "\(counted(checked, "batch normalization")) that \(checked == 1 ? "is" : "are") not folded "
          + (checked == 1 ? "is within its error bounds" : "are within their error bounds")
      )
    }
    if let values = matching?.values, matching?.equal == true {
      reasons.append(
        "\(values.compared) of \(counted(values.total, "value")) of the file were compared, and agree within rounding errors"
      )
    }
    reasons += sessions.compactMap(\.success)
    if wasRun, outputs.allSatisfy({ $0.differingElements == 0 }) {
      reasons.append("the outputs are identical bit for bit")
    } else if wasRun {
      reasons.append("the outputs are as close to double precision as before folding")
    }
    return reasons
  }

  private mutating func addNotes() {
    for session in sessions { notes += session.notes.map { "precision \(session.precision): \($0)" } }
    if let matching { addNotes(on: matching) }
    let unfolded = normalizations.total - normalizations.folded
    if unfolded > 0 {
      notes.append("\(unfolded) of \(normalizations.total) batch normalizations are not folded")
    }
    let tiny = sites.filter { $0.channelsWithoutVariance > 0 }
    if let most = tiny.max(by: { $0.channelsWithoutVariance < $1.channelsWithoutVariance }) {
      let count = tiny.reduce(0) { $0 + $1.channelsWithoutVariance }
      notes.append(
        "\(count) channels at \(tiny.count) fold sites have a variance of at most epsilon, the most at \(most.node): "
          + "\(most.channelsWithoutVariance) of \(most.channels)")
    }
    for site in sites where site.constants.subnormal > 0 {
      let count = site.constants.subnormal
      notes.append("\(site.node): \(count) folded \(count == 1 ? "constant is" : "constants are") subnormal")
    }
    for site in sites {
      guard let numbers = site.numbers, let improvement = numbers.improvement,
        improvement >= Self.notableImprovement
      else { continue }
      notes.append(
        "\(site.node): folding reduced the error by a factor of \(Int(min(improvement, 1e9).rounded())), from "
          + "\(NumberText.short(numbers.unfolded.relativeError)) to \(NumberText.short(numbers.folded.relativeError)) "
          + "of the largest magnitude")
    }
    let unmeasured = sites.count { $0.numbers == nil && $0.state == .folded }
    if unmeasured > 0 {
      notes.append("at \(counted(unmeasured, "fold site")), only the constants were checked, not the results")
    }
  }
}

extension ValidationReport {
  private mutating func addNotes(on matching: FileMatching) {
    if matching.equal == true {
      for (operators, whose) in [(matching.missing, "the original"), (matching.additional, "the file")]
      where !operators.isEmpty {
        let shown = operators.prefix(3).joined(separator: ", ") + (operators.count > 3 ? ", …" : "")
        notes.append(
          "\(counted(operators.count, "operator")) with weights of \(whose) \(operators.count == 1 ? "has" : "have") no counterpart, "
            + "although all values agree: \(shown)")
      }
    }
    if !matching.changedWeights.isEmpty {
      let shown =
        matching.changedWeights.prefix(3).joined(separator: ", ") + (matching.changedWeights.count > 3 ? ", …" : "")
      notes.append(
        "\(counted(matching.changedWeights.count, "operator")) of the file \(matching.changedWeights.count == 1 ? "has" : "have") weights that "
          + "folding does not explain, although all values agree: \(shown)")
    }
    for change in matching.changes.prefix(20) { notes.append("the file: \(change)") }
  }
}

extension SessionReport {
  /// A sentence on what was validated. `nil` if nothing was compared.
  fileprivate var success: String? {
    let compared = layers.count { $0.kernels != nil }
    guard compared > 0 else { return nil }
    let share = layers.reduce(0) { max($0, $1.kernels?.shareOfBound ?? 0) }
    return "precision \(precision): \(counted(compared, "value")) computed by the session "
      + "\(compared == 1 ? "is" : "are") within the error bounds, at most at \(NumberText.percentage(share)) of a bound"
  }
}

extension SiteReport {
  /// The largest quotient of error and bound, of the folded or the unfolded form.
  var largestShare: Double {
    numbers.map { max($0.folded.shareOfBound, $0.unfolded.shareOfBound) } ?? 0
  }

  fileprivate var failures: [String] {
    var failures: [String] = []
    if let worst = constants.worst {
      let kind = worst.actual.isFinite ? "" : ", outside the range of the type"
      failures.append(
        "\(node): \(worst.constant.rawValue) element \(worst.element) (channel \(worst.channel)) is \(worst.actual)\(kind), "
          + "expected \(worst.expected) ± \(NumberText.short(worst.limit))"
          + (constants.wrong > 1 ? "; \(counted(constants.wrong, "constant")) of this site are wrong" : ""))
    }
    guard let numbers else { return failures }
    for (name, form) in [
      ("folded", numbers.folded), ("scale-and-shift", numbers.unfolded), ("as-written", numbers.asWritten),
    ] where !(form.shareOfBound <= 1) {
      failures.append(
        "\(node): the error of the \(name) form is \(NumberText.short(form.shareOfBound)) times its bound, in "
          + "channel \(form.channel)")
    }
    if numbers.notFinite > 0 {
      failures.append("\(node): \(numbers.notFinite) numbers are not finite, even in double precision")
    }
    return failures
  }
}

extension OutputReport {
  /// The folded network may have this many times the error of the unfolded one, or an error of this
  /// share of the largest output. The error of a whole network sums up many roundings, which vary
  /// in size.
  static let allowedFactor = 4.0
  static let allowedShare = 1e-6
  /// The error of a session may be this many times that of the operators' definitions in the
  /// model's types. The errors of Winograd convolutions are several times those of a plain sum.
  static let kernelFactor = 64.0
  /// The smallest permitted cosine similarity for the outputs of a quantized network. There, one
  /// value may differ by a whole quantization step, which exceeds rounding errors.
  static let leastQuantizedCosine = 0.99

  /// The error of a session that is permitted in any case, as a share of the largest output.
  private var kernelShare: Double {
    switch type {
    case .float16, .bfloat16: 16 * type.unitRoundoff
    default: 1024 * type.unitRoundoff
    }
  }

  fileprivate var failures: [String] {
    let label = "output \(String(quoting: name))"
    var failures: [String] = []
    if isQuantized {
      let isFinite = [foldedError, unfoldedError].allSatisfy { $0.isFinite } || !writtenError.isFinite
      guard !isFinite || (cosineSimilarity ?? 1) < Self.leastQuantizedCosine else { return [] }
      return ["\(label): the error of the folded network is \(NumberText.short(foldedError))"]
    }
    if !(foldedError <= max(Self.allowedFactor * unfoldedError, Self.allowedShare * largestMagnitude)) {
      failures.append(
        "\(label): the error of the folded network is \(NumberText.short(foldedError)), that of the unfolded one "
          + NumberText.short(unfoldedError))
    }
    let error = max(foldedError, unfoldedError)
    if !(error <= max(Self.kernelFactor * writtenError, kernelShare * largestMagnitude)) {
      failures.append(
        "\(label): the error of the session is \(NumberText.short(error)), that of the operators' definitions "
          + NumberText.short(writtenError))
    }
    if wronglyFinite > 0 {
      failures.append("\(label): \(wronglyFinite) numbers are finite where they must be infinite or NaN")
    }
    return failures
  }
}
