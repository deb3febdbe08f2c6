import InfoldSystem

extension ValidationReport: CustomStringConvertible {
  /// One line: the outcome and the first reason for it.
  public var description: String {
    let more = reasons.count > 1 ? "; \(counted(reasons.count - 1, "more reason"))" : ""
    let compared = inputs.isEmpty ? "" : ", compared on \(counted(inputs.count, "input"))"
    let extent = "\(normalizations)\(compared)"
    return switch outcome {
    case .passed: "passed: \(extent)"
    case .failed: "failed: \(reasons.first ?? "no outcome yet")\(more); \(extent)"
    case .nothingToValidate: "nothing to validate: \(reasons[0])"
    }
  }
}

extension ValidationReport.Normalizations: CustomStringConvertible {
  /// The number of folded normalizations, and the total.
  public var description: String { "\(folded) of \(counted(total, "batch normalization")) folded" }
}

extension ValidationReport.Refusal: CustomStringConvertible {
  /// The node, and why it is not folded.
  public var description: String { "\(node) is not folded: \(reason)" }
}

extension SiteReport: CustomStringConvertible {
  /// One line: the node, whether its maps are folded, and whether that is right.
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
  /// One line: the number of constants, the number of wrong ones, and the position of the worst.
  public var description: String {
    let place = worst.map { ", the worst in \($0.constant.rawValue) channel \($0.channel)" } ?? ""
    return "\(wrong) of \(counted(count, "constant")) wrong\(place)"
  }
}

extension OutputReport: CustomStringConvertible {
  /// One line: the name, and how much folding changed the numbers.
  public var description: String {
    func share(_ value: Double) -> String { NumberText.significant(relative(value), digits: 2) }
    var text = "output \(String(quoting: name)): "
    guard largestMagnitude > 0 || cosineSimilarity != nil else {
      return text + "\(differingElements) of \(elements) elements differ"
    }
    text +=
      "largest difference \(NumberText.significant(absoluteDifference, digits: 3)), \(share(absoluteDifference)) of the "
      + "largest number; error against double precision: unfolded \(share(unfoldedError)), folded \(share(foldedError))"
    if let cosineSimilarity { text += "; cosine \(NumberText.significant(cosineSimilarity, digits: 9))" }
    if let ranks {
      text +=
        "; same best class \(ranks.sameTop1) of \(ranks.samples), same best five \(ranks.sameTop5) of \(ranks.samples)"
    }
    return text
  }
}
