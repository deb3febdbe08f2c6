import InfoldSystem
import InfoldTensor
import InfoldValidation

extension ValidationReport {
  /// The batch normalizations that are not folded, and other maps that could not be folded.
  var unfoldedText: String {
    guard !unfoldedNormalizations.isEmpty else { return refusals(except: []) }
    var text = ""
    for normalization in unfoldedNormalizations {
      text += "  \(normalization)".paragraph()
      text += "    \(normalization.details)".paragraph()
    }
    return text + refusals(except: Set(unfoldedNormalizations.map(\.node)))
  }

  private func refusals(except known: Set<String>) -> String {
    normalizations.refusals.filter { !known.contains($0.node) }.map { "  \($0)".paragraph() }.joined()
  }

  /// What sessions run, in each precision.
  var sessionText: String {
    sessions.map { session in
      var text =
        "precision \(session.precision): \(counted(session.layers.count { $0.kernels != nil }, "value")) compared"
      text += ", \(session.nodes) nodes before the passes, \(session.plannedNodes) after"
      if let tightest = session.tightestLayer, let kernels = session.layers[tightest].kernels {
        let layer = session.layers[tightest]
        let maker = layer.operation.map { " by \($0), \(layer.algorithm ?? "")" } ?? ""
        text += "; closest to its bound \(layer.node)\(maker), at \(NumberText.percentage(kernels.shareOfBound))"
      }
      if let place = session.leastAccurateLayer, let kernels = session.layers[place].kernels, kernels.error > 0 {
        let error = NumberText.significant(kernels.relativeError, digits: 2)
        text += "; least accurate \(session.layers[place].node), with an error of \(error) of its largest magnitude"
      }
      for output in session.outputs {
        text +=
          "; error of output \(String(quoting: output.name)) \(NumberText.significant(output.relativeError, digits: 2))"
        if let classes = output.classes { text += ", same best class \(classes.same) of \(classes.rows)" }
      }
      return text.paragraph()
    }.joined()
  }
}

extension UnfoldedNormalization {
  /// What a session computes, how exact that is, and what it costs.
  fileprivate var details: String {
    var parts = ["computed \(computation.words)"]
    if computation != .inBody { parts.append("statistics \(form.words)") }
    if let miniBatch { parts.append("mini-batch of \(counted(miniBatch, "number"))") }
    for result in results {
      parts.append("\(result.name) at \(NumberText.percentage(result.shareOfBound)) of its bound")
    }
    if let cost {
      parts.append(
        "\(counted(cost.multiplications, "multiplication")), \(NumberText.percentage(cost.shareOfMultiplications)) of the network's"
      )
      if let nanoseconds = cost.nanoseconds, let share = cost.shareOfTime {
        let milliseconds = NumberText.significant(Double(nanoseconds) / 1e6, digits: 2)
        let others = cost.sharedWith.isEmpty ? "" : " with \(counted(cost.sharedWith.count, "other node"))"
        parts.append("\(milliseconds) ms\(others), \(NumberText.percentage(share)) of a run")
      }
    }
    return parts.joined(separator: "; ")
  }
}
