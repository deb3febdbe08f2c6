import InfoldReports
import InfoldSystem

/// The section of a page that shows what sessions run.
struct SessionSection {
  private let sessions: [SessionReport]

  init(_ report: ValidationReport) {
    sessions = report.sessions.filter { !$0.layers.isEmpty || !$0.outputs.isEmpty }
  }

  /// The largest number of table rows. The JSON report has all layers.
  private static let rowLimit = 400

  var html: String {
    guard !sessions.isEmpty else { return "" }
    let plots = SessionPlots(sessions)
    let legend = zip(sessions, SessionPlots.styles).map { session, style in
      "<span><i style=\"background:var(--\(style))\"></i>precision \(Markup.escaped(session.precision))</span>"
    }.joined()
    let figure =
      plots.isEmpty
      ? ""
      : """
      <div class="legend">\(legend)<span><i style="background:var(--limit)"></i>bound</span></div>
      <div class="wide">\(plots.shares(width: 1070, height: 300))</div>
      <div class="narrow">\(plots.shares(width: 350, height: 260))</div>
      """
    return """
      <section><h2>What a session runs</h2>
      <p class="note">The network after all passes, computed by the kernels for this machine. Each value that one step passes to another is
      compared with the result that the original computes in double precision from the session's own earlier values. 100 % is the
      rounding error bound of the layer.</p>
      \(sessions.map(facts).joined())
      \(figure)
      \(table)
      </section>
      """
  }

  private func facts(_ session: SessionReport) -> String {
    let compared = session.layers.count { $0.kernels != nil },
      comparedAfterPasses = session.layers.count { $0.passes != nil }
    var text =
      "<b>\(Markup.escaped(session.precision))</b> \(session.passed ? "" : "<span class=\"wrong\">failed</span> ")"
      + "\(session.nodes) nodes before the passes, \(session.plannedNodes) after; "
      + "\(counted(comparedAfterPasses, "value")) compared after the passes, "
      + "\(compared) after the kernels."
    if let place = session.leastAccurateLayer, let kernels = session.layers[place].kernels, kernels.error > 0 {
      text +=
        " The least accurate layer is <code>\(Markup.escaped(session.layers[place].node))</code>, with an error of "
        + "\(NumberText.short(kernels.relativeError)) of its largest magnitude."
    }
    for output in session.outputs.prefix(4) {
      text +=
        " The error of the output <code>\(Markup.escaped(output.name))</code> is "
        + "\(NumberText.short(output.relativeError)) of its largest magnitude."
      if let classes = output.classes {
        text += " Its best class is that of double precision in \(classes.same) of \(counted(classes.rows, "row"))."
      }
    }
    return "<p>\(text)</p>"
  }

  private var table: String {
    let columns =
      ["#", "Value", "Step"] + sessions.flatMap { ["Error, \($0.precision)", "Share of bound, \($0.precision)"] }
    var rows: [(value: String, node: String)] = [], places: [String: Int] = [:]
    for layer in sessions.flatMap(\.layers) where layer.kernels != nil && places[layer.value] == nil {
      places[layer.value] = rows.count
      rows.append((layer.value, layer.node))
    }
    guard !rows.isEmpty else { return "" }
    let layers = sessions.map { session in
      Dictionary(session.layers.map { ($0.value, $0) }) { first, _ in first }
    }
    let head = columns.map { "<th>\(Markup.escaped($0))</th>" }.joined()
    let body = rows.prefix(Self.rowLimit).enumerated().map { index, row in
      let step = layers.lazy.compactMap { $0[row.value] }.first { $0.operation != nil }
      var cells = [
        "\(index + 1)", "\(Markup.escaped(row.value))<small>\(Markup.escaped(row.node))</small>",
        step.map { "\(Markup.escaped($0.operation!))<small>\(Markup.escaped($0.algorithm ?? ""))</small>" } ?? "–",
      ]
      for known in layers {
        guard let kernels = known[row.value]?.kernels else {
          cells += ["–", "–"]
          continue
        }
        let share = "\(NumberText.fixed(min(kernels.shareOfBound, 1e4) * 100, digits: 1)) %"
        cells += [
          NumberText.significant(kernels.relativeError, digits: 2),
          "<span class=\"share\(kernels.shareOfBound <= 1 ? "" : " wrong")\">\(share)</span>",
        ]
      }
      let line = zip(columns, cells).map { "<td data-name=\"\(Markup.escaped($0))\">\($1)</td>" }.joined()
      return "<tr>\(line)</tr>"
    }
    let rest = rows.count - min(rows.count, Self.rowLimit)
    return """
      <div class="scroll"><table><thead><tr>\(head)</tr></thead><tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div>\(rest > 0 ? "<p class=\"note\">And \(rest) more.</p>" : "")
      """
  }
}
