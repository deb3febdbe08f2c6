import InfoldSystem

extension ProfileReport {
  /// The report as text.
  var text: String {
    var table = Table(
      (title: "node", alignment: .left), (title: "operators", alignment: .left), (title: "algorithm", alignment: .left),
      (title: "output", alignment: .left), (title: "ms", alignment: .right), (title: "share", alignment: .right),
      (title: "GFLOP/s", alignment: .right), (title: "of peak", alignment: .right), dispensable: ["node"])
    for (layer, depth) in listed {
      // Narrow terminals omit the first column.
      let indentation = String(repeating: "  ", count: depth)
      table.add(
        indentation + String(printable: layer.name), indentation + String(printable: layer.operation),
        layer.algorithm,
        layer.shape.map(String.init).joined(separator: "×"),
        NumberText.fixed(layer.milliseconds, digits: 4), NumberText.percentage(layer.share), text(gflops: layer.gflops),
        text(share: layer.shareOfPeak))
    }
    var sums = Table(
      (title: "operators", alignment: .left), (title: "algorithm", alignment: .left),
      (title: "steps", alignment: .right), (title: "ms", alignment: .right), (title: "share", alignment: .right),
      (title: "GFLOP/s", alignment: .right), (title: "of peak", alignment: .right))
    for total in totals {
      sums.add(
        String(printable: total.operation), total.algorithm, "\(total.steps)",
        NumberText.fixed(total.milliseconds, digits: 4), NumberText.percentage(total.share), text(gflops: total.gflops),
        text(share: total.shareOfPeak))
    }
    let note = listed.contains { $0.depth > 0 } ? "\n  Indented rows belong to the If or Loop above them.\n" : ""
    return table.text + note + "\n" + sums.text
      + "\n  \(NumberText.fixed(milliseconds, digits: 3)) ms in \(NumberText.counted(layers.count, "step")); "
      + "\(NumberText.counted(threads, "thread")), \(instructionSet), "
      + "peak \(NumberText.fixed(peakGFLOPs, digits: 1)) GFLOP/s"
      + (peakInt8GOPs.map { ", int8 peak \(NumberText.fixed($0, digits: 1)) GOP/s" } ?? "") + "\n" + measuredText
  }

  /// The number of steps whose algorithms were chosen by measurement.
  private var measuredText: String {
    let count = listed.filter { $0.layer.measuredChoices != nil }.count
    return count == 0
      ? "" : "  \(NumberText.counted(count, "step")) chosen by measurement; 'infold inspect --plan --tune' shows them\n"
  }

  private func text(gflops: Double?) -> String {
    gflops.map { NumberText.fixed($0, digits: 1) } ?? ""
  }

  private func text(share: Double?) -> String {
    share.map { NumberText.percentage($0) } ?? ""
  }
}
