import InfoldOperators
import InfoldSystem

extension ModelReport {
  /// The report as text.
  var text: String {
    let sections = [
      section(file, general), section("Inputs", values(inputs)), section("Outputs", values(outputs)),
      section("Warnings", warnings.map { "  \($0.text)".paragraph() }.joined()), section("Operators", operatorTable),
      section("Unsupported operators", refusals(isUnsupported: true)),
      section("Invalid or missing", refusals(isUnsupported: false)),
      section("Reference evaluation", execution?.text ?? ""), section("Parameters", parameterTable),
      section("Multiply-accumulates", "  \(multiplyAccumulateText)\n"), section("Metadata", metadataTable),
      section("Check", checkText),
    ]
    return sections.compactMap { $0 }.joined(separator: "\n")
  }

  /// The file name without its folder.
  var fileName: String { String(printable: file.split(separator: "/").last.map(String.init) ?? file) }

  /// The size of the model in one line.
  var summary: String {
    let nodes = operators.reduce(0) { $0 + $1.count }
    let parts = [
      NumberText.counted(nodes, "node"),
      parameters.count == 0 ? nil : NumberText.scaled(parameters.count, unit: "").trimmedEnd + " parameters",
      multiplyAccumulates.map { NumberText.scaled($0, unit: "").trimmedEnd + " multiply-accumulates" },
    ]
    return parts.compactMap { $0 }.joined(separator: " · ")
  }

  private func section(_ title: String, _ body: String) -> String? {
    body.isEmpty ? nil : String(printable: title).styled(.bold) + "\n" + body
  }

  private var general: String {
    var table = Table(("", .left), ("", .wrapped))
    table.add("IR version", "\(irVersion)")
    table.add("opsets", opsets.map { "\(String(printable: $0.domain)) \($0.version)" }.joined(separator: ", "))
    let producer = [producer.name, producer.version].filter { !$0.isEmpty }.joined(separator: " ")
    if !producer.isEmpty { table.add("producer", String(printable: producer)) }
    if !documentation.isEmpty { table.add("about", String(printable: documentation)) }
    return table.text
  }

  private func values(_ values: [ValueReport]) -> String {
    var table = Table(("", .left), ("", .left))
    for value in values { table.add(String(printable: value.name), value.text) }
    return table.text
  }

  private var operatorTable: String {
    let last = execution == nil ? "supported" : "run by"
    var table = Table(
      ("operator", .left), ("since opset", .right), ("count", .right), ("multiply-accumulates", .right), (last, .left))
    for row in operators {
      let multiplyAccumulates = row.multiplyAccumulates.map { $0 == 0 ? "" : NumberText.grouped($0) } ?? "?"
      table.add(
        String(printable: row.qualifiedType), row.version.map(String.init) ?? "?", NumberText.grouped(row.count),
        multiplyAccumulates, execution == nil ? row.supported ? "yes" : "no" : row.way)
    }
    return operators.isEmpty ? "" : table.text
  }

  /// The reasons why the model cannot be run: unsupported features, or problems of the model.
  private func refusals(isUnsupported: Bool) -> String {
    let unsupported = InfoldError.Code.unsupported.rawValue
    let all =
      faults.map { ($0.code, $0.text) } + operators.compactMap { row in row.reason.map { (row.code ?? "", $0) } }
    return all.filter { ($0.0 == unsupported) == isUnsupported }.map { "  \($0.1)".paragraph() }.joined()
  }

  private var parameterTable: String {
    var table = Table(("", .left), ("", .right), ("", .right), ("", .left))
    for kind in parameters.types {
      table.add(
        kind.type, NumberText.grouped(kind.count), NumberText.scaled(kind.bytes, unit: "B"),
        "in \(NumberText.counted(kind.tensors, "tensor"))")
    }
    if parameters.types.count > 1 {
      table.add(
        "all", NumberText.grouped(parameters.count), NumberText.scaled(parameters.bytes, unit: "B"),
        "in \(NumberText.counted(parameters.tensors, "tensor"))")
    }
    return table.text
  }

  private var multiplyAccumulateText: String {
    let known = multiplyAccumulates.map(NumberText.grouped) ?? "unknown"
    return uncountedNodes == 0
      ? known
      : known
        + ", excluding \(NumberText.counted(uncountedNodes, "node")) with dynamic dimensions or unsupported operators"
  }

  private var checkText: String {
    guard let check else { return "" }
    let text = check.error.map { "cannot be run: ".styled(.red) + $0 } ?? "can be run".styled(.green)
    return ("  " + text).paragraph()
  }

  private var metadataTable: String {
    var table = Table(("", .left), ("", .wrapped))
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      table.add(String(printable: key), String(printable: value))
    }
    return table.text
  }
}

extension String {
  fileprivate var trimmedEnd: String { hasSuffix(" ") ? String(dropLast()) : self }
}
