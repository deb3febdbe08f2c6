import ArgumentParser
import InfoldConformance
import InfoldGraph

/// `infold operators`: lists the operators that Infold supports.
struct OperatorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operators",
    abstract: "List the supported operators with their opset versions and element types.",
    discussion: """
      Versions are the opsets, up to \(OperatorRegistry.newestOpset), that changed the operator; each is valid until \
      the next. Element types are those of the newest version. "floats" means float16, bfloat16, float32 and float64; \
      "numbers" means floats and integers of 8 to 64 bits; "all" means numbers and bool.

      EXAMPLES
        infold operators
        infold operators --json
      """)

  @Flag(help: "Print one JSON value.")
  var json = false

  @Flag(help: "Print a Markdown table.")
  var markdown = false

  func validate() throws {
    if json && markdown { throw ValidationError("--json and --markdown cannot be combined") }
  }

  func run() throws {
    let operators = OperatorTable()
    if json {
      try StandardOutput.writeJSON(operators.rows.map(Entry.init))
    } else if markdown {
      try StandardOutput.write(operators.markdown)
    } else {
      var table = Table(("operator", .left), ("opset versions", .wrapped), ("element types", .wrapped))
      for row in operators.rows { table.add(row.name, row.versionText, row.elementTypeText) }
      try StandardOutput.write(table.text)
    }
  }

  private struct Entry: Encodable {
    struct Withdrawn: Encodable {
      var opset: Int
      var successor: String
    }

    var name: String
    var family: String
    var versions: [Int]
    var withdrawn: Withdrawn?
    var elementTypes: [String]

    init(_ row: OperatorTable.Row) {
      name = row.name
      family = row.family.rawValue
      versions = row.versions
      withdrawn = row.deprecation.map { Withdrawn(opset: $0.opset, successor: $0.successor) }
      elementTypes = row.elementTypes.types.map { "\($0)" }
    }
  }
}
