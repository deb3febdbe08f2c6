import InfoldSystem

extension ProfileReport {
  /// Lines for people.
  var text: String {
    var table = Table(
      (title: "node", alignment: .left), (title: "operators", alignment: .left), (title: "algorithm", alignment: .left),
      (title: "output", alignment: .left), (title: "ms", alignment: .right), (title: "share", alignment: .right),
      (title: "GFLOP/s", alignment: .right), (title: "of peak", alignment: .right), dispensable: ["node"])
    for (layer, depth) in listed {
      // A narrow terminal has no first column.
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
    let note = listed.contains { $0.depth > 0 } ? "\n  Indented rows are part of the If or Loop above them.\n" : ""
    return table.text + note + "\n" + sums.text
      + "\n  \(NumberText.fixed(milliseconds, digits: 3)) ms in \(NumberText.counted(layers.count, "step")); "
      + "\(NumberText.counted(threads, "thread")) of \(instructionSet), "
      + "peak \(NumberText.fixed(peakGFLOPs, digits: 1)) GFLOP/s"
      + (peakInt8GOPs.map { ", of int8 \(NumberText.fixed($0, digits: 1)) GOP/s" } ?? "") + "\n" + measuredText
  }

  /// How many steps run in ways that were measured.
  private var measuredText: String {
    let count = listed.filter { $0.layer.measuredChoices != nil }.count
    return count == 0
      ? "" : "  \(NumberText.counted(count, "step")) by measured choices, which 'infold inspect --plan --tune' shows\n"
  }

  private func text(gflops: Double?) -> String {
    gflops.map { NumberText.fixed($0, digits: 1) } ?? ""
  }

  private func text(share: Double?) -> String {
    share.map { NumberText.percentage($0) } ?? ""
  }
}
