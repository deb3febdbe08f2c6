import InfoldSystem

extension StatisticsDiagnosis {
  /// The findings, one sentence each.
  public var sentences: [String] {
    [inputSentence, misfitSentence, deadSentence, removalSentence].compactMap { $0 } + effectSentences
  }

  private var inputSentence: String? {
    guard let inputs else { return nil }
    if let finding = inputs.finding {
      let factor = NumberText.significant(inputs.improvement ?? 1, digits: 2)
      return
        "The preprocessing of the inputs seems to be wrong: \(finding.mistakes.joined(separator: "; ")). With the right one, "
        + "\(NumberText.counted(inputs.samples, "sample")) would be \(factor) times as close to the running statistics. "
        + "Fix: \(finding.remedy)."
    }
    if inputs.isOfAnotherKind {
      return
        "The samples are of another kind than the training data, or too similar to each other: none of "
        + "\(inputs.trials.count) common ways of preprocessing makes them fit the running statistics."
    }
    return
      "The preprocessing of the inputs fits the running statistics: none of \(inputs.trials.count - 1) other common ways fits "
      + "clearly better."
  }

  private var misfitSentence: String? {
    guard layers.contains(where: { $0.divergence != nil }) else {
      return "The model has no running statistics to compare with."
    }
    let misfits = misfits
    guard let worst = misfits.max(by: { ($0.divergence ?? 0) < ($1.divergence ?? 0) }) else {
      return "The running statistics fit the data in all layers."
    }
    return
      "The running statistics do not fit the data in \(misfits.count) of \(NumberText.counted(layers.count, "layer")), worst in "
      + "\(String(quoting: worst.name)): \(NumberText.short(worst.divergence ?? 0)) nats, where \(NumberText.short(Self.misfit)) nats "
      + "correspond to a shift by one standard deviation."
  }

  private var deadSentence: String? {
    let count = deadChannelCount
    guard count > 0 else { return nil }
    let sites = layers.filter { !$0.deadChannels.isEmpty }
    let most = sites.max { $0.deadChannels.count < $1.deadChannels.count }!
    return
      "\(NumberText.counted(count, "channel")) in \(NumberText.counted(sites.count, "layer")) have a variance of at most "
      + "epsilon, the most in \(String(quoting: most.name)): \(most.deadChannels.count) of \(most.channels)."
  }

  private var removalSentence: String? {
    guard removal.constantChannels > 0 else { return nil }
    let start = "\(NumberText.counted(removal.constantChannels, "channel")) are constant over this data"
    guard removal.removableChannels > 0 else { return start + "; none can be removed without changing the others." }
    let work = removal.multiplicationShare.map { " and \(NumberText.percentage($0)) of the multiplications" } ?? ""
    return start
      + ". Removing \(NumberText.grouped(removal.removableChannels)) of them, also from their consumers, would save "
      + "\(NumberText.grouped(removal.parameters)) parameters, \(NumberText.percentage(removal.parameterShare))\(work)."
  }

  private var effectSentences: [String] {
    (effect?.outputs ?? []).prefix(4).map { output in
      var text =
        "With the statistics of this data the output \(String(quoting: output.name)) differs by at most "
        + "\(NumberText.short(output.largestDifference)), \(NumberText.percentage(output.relativeDifference)) of its largest magnitude"
      if let cosine = output.cosine { text += "; cosine at least \(NumberText.significant(cosine, digits: 4))" }
      if let classes = output.classes { text += "; same best class for \(classes.same) of \(classes.rows)" }
      return text + "."
    }
  }
}
