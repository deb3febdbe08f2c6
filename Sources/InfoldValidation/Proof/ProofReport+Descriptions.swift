import InfoldSystem

extension ProofReport: CustomStringConvertible {
  /// One line: the verdict and the first reason for it.
  public var description: String {
    let more = reasons.count > 1 ? "; \(counted(reasons.count - 1, "more reason"))" : ""
    let compared = inputs.isEmpty ? "" : ", compared on \(counted(inputs.count, "input"))"
    let extent = "\(normalizations)\(compared)"
    return switch verdict {
    case .passed: "passed: \(extent)"
    case .failed: "failed: \(reasons.first ?? "not judged yet")\(more); \(extent)"
    case .nothingToProve: "nothing to prove: \(reasons[0])"
    }
  }
}

extension ProofReport.Normalizations: CustomStringConvertible {
  /// How many of how many are folded.
  public var description: String { "\(folded) of \(counted(total, "batch normalization")) folded" }
}

extension ProofReport.Refusal: CustomStringConvertible {
  /// The node, and why it stays.
  public var description: String { "\(node) stays: \(reason)" }
}

extension SiteReport: CustomStringConvertible {
  /// One line: the node, what became of its maps, and whether that is right.
  public var description: String {
    let share = numbers.map { ", at \(NumberText.percentage($0.folded.shareOfBound)) of its bound" } ?? ""
    return "\(node), \(state.words): \(passed ? "passed" : "failed")\(share), \(constants)"
  }
}

extension SiteReport.State {
  fileprivate var words: String {
    switch self {
    case .plain: "nothing to fold"
    case .folded: "folded"
    case .partlyFolded: "partly folded"
    case .notFolded: "not folded"
    }
  }
}

extension ConstantReport: CustomStringConvertible {
  /// One line: how many constants there are, how many of them are wrong, and where the worst is.
  public var description: String {
    let place = worst.map { ", the worst in channel \($0.channel) of the \($0.constant.rawValue)" } ?? ""
    return "\(wrong) of \(counted(count, "constant")) wrong\(place)"
  }
}

extension OutputReport: CustomStringConvertible {
  /// One line: the name, and how far folding has moved the numbers.
  public var description: String {
    func share(_ value: Double) -> String { NumberText.significant(relative(value), digits: 2) }
    var text = "output \(String(quoting: name)): "
    guard largestMagnitude > 0 || cosineSimilarity != nil else {
      return text + "\(differingElements) of \(elements) elements differ"
    }
    text +=
      "largest difference \(NumberText.significant(absoluteDifference, digits: 3)), \(share(absoluteDifference)) of the "
      + "largest number; against the truth unfolded \(share(unfoldedError)), folded \(share(foldedError))"
    if let cosineSimilarity { text += "; cosine \(NumberText.significant(cosineSimilarity, digits: 9))" }
    if let ranks {
      text +=
        "; same best class \(ranks.sameTop1) of \(ranks.samples), same best five \(ranks.sameTop5) of \(ranks.samples)"
    }
    return text
  }
}
