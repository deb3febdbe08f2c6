import InfoldReports
import InfoldSystem

/// The section of a page on batch normalizations that are not folded: the reasons, what a session
/// computes for each, its accuracy, and its cost.
struct UnfoldedSection {
  private let normalizations: [UnfoldedNormalization]

  init(_ report: ValidationReport) {
    normalizations = report.unfoldedNormalizations
  }

  private static let rowLimit = 400
  private static let columns = [
    "#", "Normalization", "Computed", "Statistics", "Share of bound", "Multiplications", "Time",
  ]

  var html: String {
    guard !normalizations.isEmpty else { return "" }
    let head = Self.columns.map { "<th>\($0)</th>" }.joined()
    let rows = normalizations.prefix(Self.rowLimit).enumerated().map { index, normalization in
      let cells = zip(Self.columns, cells(index, normalization)).map { "<td data-name=\"\($0)\">\($1)</td>" }
      return "<tr>\(cells.joined())</tr>"
    }
    let rest = normalizations.count - rows.count
    return """
      <section><h2>Batch normalizations that are not folded</h2>
      <p class="note">\(summary) The results of the session's kernels for them are compared with double precision.
      Times are those of the steps that compute them, which may compute other nodes as well. They vary from run to run.</p>
      <ul>\(reasons.map { "<li>\($0)</li>" }.joined())</ul>
      <div class="scroll"><table><thead><tr>\(head)</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>\(rest > 0 ? "<p class=\"note\">And \(rest) more.</p>" : "")</section>
      """
  }

  private var summary: String {
    let multiplications = normalizations.reduce(0.0) { $0 + ($1.cost?.shareOfMultiplications ?? 0) }
    let times = normalizations.compactMap { $0.cost?.shareOfTime }
    var text =
      "\(counted(normalizations.count, "batch normalization")) \(normalizations.count == 1 ? "is" : "are") not folded."
    if multiplications > 0 {
      text += " Together they take \(NumberText.percentage(multiplications)) of the network's multiplications"
      text += times.isEmpty ? "." : " and \(NumberText.percentage(min(1, times.reduce(0, +)))) of a run."
    }
    return text
  }

  /// The number of occurrences of each reason, the most common first. Reasons that differ only in
  /// the names of nodes are one reason.
  private var reasons: [String] {
    var counts: [String: Int] = [:]
    for normalization in normalizations { counts[normalization.kind, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(12).map {
      "\($0.value) × \(Markup.escaped($0.key))"
    }
  }

  private func cells(_ index: Int, _ normalization: UnfoldedNormalization) -> [String] {
    let share = normalization.largestShare
    let bound = share.map { share in
      "<span class=\"share\(share <= 1 ? "" : " wrong")\">\(NumberText.fixed(min(share, 1e4) * 100, digits: 1)) %</span>"
    }
    let results =
      normalization.results.count > 1
      ? "<small>"
        + normalization.results.map { "\($0.name) \(NumberText.fixed(min($0.shareOfBound, 1e4) * 100, digits: 1)) %" }
        .joined(separator: ", ") + "</small>" : ""
    let cost = normalization.cost.map {
      "\(NumberText.grouped($0.multiplications))<small>\(NumberText.percentage($0.shareOfMultiplications))</small>"
    }
    let time = normalization.cost.flatMap { cost in
      cost.nanoseconds.map { nanoseconds in
        let others = cost.sharedWith.isEmpty ? "" : ", with \(counted(cost.sharedWith.count, "other node"))"
        return "\(NumberText.significant(Double(nanoseconds) / 1e6, digits: 2)) ms"
          + "<small>\(NumberText.percentage(cost.shareOfTime ?? 0))\(others)</small>"
      }
    }
    return [
      "\(index + 1)", "\(Markup.escaped(normalization.node))<small>\(Markup.escaped(normalization.reason))</small>",
      Markup.escaped(normalization.computation.short), Markup.escaped(normalization.form.words),
      (bound ?? "–") + results, cost ?? "–", time ?? "–",
    ]
  }
}

extension UnfoldedNormalization {
  /// The reason without quoted names, for counting.
  fileprivate var kind: String {
    var text = "", isQuoted = false
    for character in reason {
      if character == "\"" {
        if !isQuoted { text += "…" }
        isQuoted.toggle()
      } else if !isQuoted {
        text.append(character)
      }
    }
    return text
  }
}

extension UnfoldedNormalization.Computation {
  fileprivate var short: String {
    switch self {
    case .scaleAndShift: "scale and shift"
    case .definition: "definition"
    case .batchStatistics: "mini-batch"
    case .merged: "in another operator"
    case .inBody: "in a body"
    }
  }
}
