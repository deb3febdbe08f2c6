import InfoldSystem

extension StatisticsDiagnosis {
  /// What was found, a sentence for each finding.
  public var sentences: [String] {
    [inputSentence, misfitSentence, deadSentence, removalSentence].compactMap { $0 } + effectSentences
  }

  private var inputSentence: String? {
    guard let inputs else { return nil }
    if let finding = inputs.finding {
      let factor = NumberText.significant(inputs.improvement ?? 1, digits: 2)
      return "The inputs seem to be prepared wrongly: \(finding.mistakes.joined(separator: "; ")). Prepared so, "
        + "\(NumberText.counted(inputs.samples, "sample")) would be \(factor) times as near to the stored statistics. "
        + "What mends it: \(finding.remedy)."
    }
    if inputs.isOfAnotherKind {
      return
        "The samples are of another kind than those that the stored statistics are of, or too much alike: in none of "
        + "\(inputs.trials.count) usual ways to prepare them do they fit."
    }
    return
      "The inputs are prepared as the stored statistics expect: none of \(inputs.trials.count - 1) other usual ways fits "
      + "clearly better."
  }

  private var misfitSentence: String? {
    guard layers.contains(where: { $0.divergence != nil }) else {
      return "The model stores no statistics that could be compared."
    }
    let misfits = misfits
    guard let worst = misfits.max(by: { ($0.divergence ?? 0) < ($1.divergence ?? 0) }) else {
      return "The stored statistics fit the data in all layers."
    }
    return
      "The stored statistics do not fit the data in \(misfits.count) of \(NumberText.counted(layers.count, "layer")), least at "
      + "\(String(quoting: worst.name)): \(NumberText.short(worst.divergence ?? 0)) nats, and \(NumberText.short(Self.misfit)) is as "
      + "much as a shift by one standard deviation."
  }

  private var deadSentence: String? {
    let count = deadChannelCount
    guard count > 0 else { return nil }
    let sites = layers.filter { !$0.deadChannels.isEmpty }
    let most = sites.max { $0.deadChannels.count < $1.deadChannels.count }!
    return
      "\(NumberText.counted(count, "channel")) in \(NumberText.counted(sites.count, "layer")) have a variance of at most "
      + "epsilon, most in \(String(quoting: most.name)): \(most.deadChannels.count) of \(most.channels)."
  }

  private var removalSentence: String? {
    guard removal.constantChannels > 0 else { return nil }
    let start = "\(NumberText.counted(removal.constantChannels, "channel")) are constant over this data"
    guard removal.removableChannels > 0 else { return start + "; none can be removed without changing others." }
    let work = removal.multiplicationShare.map { " and \(NumberText.percentage($0)) of the multiplications" } ?? ""
    return start
      + ". To remove \(NumberText.grouped(removal.removableChannels)) of them, with what reads them, would save "
      + "\(NumberText.grouped(removal.parameters)) parameters, \(NumberText.percentage(removal.parameterShare))\(work)."
  }

  private var effectSentences: [String] {
    (effect?.outputs ?? []).prefix(4).map { output in
      var text =
        "With the statistics of this data the output \(String(quoting: output.name)) differs by at most "
        + "\(NumberText.short(output.largestDifference)), \(NumberText.percentage(output.relativeDifference)) of its largest number"
      if let cosine = output.cosine { text += "; cosine at least \(NumberText.significant(cosine, digits: 4))" }
      if let classes = output.classes { text += "; same best class for \(classes.same) of \(classes.rows)" }
      return text + "."
    }
  }
}
