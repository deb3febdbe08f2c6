import Foundation
import InfoldOperators
import Testing

@Suite struct OperatorsTests {
  @Test func listsOperators() throws {
    let result = try infold("operators")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.first == "operator opset versions element types")
    #expect(lines.contains("Conv 1, 11, 22 floats"))
    #expect(lines.contains("Upsample 1, 7, 9; withdrawn with 10 for Resize all"))
  }

  @Test func listsThemAsJSON() throws {
    let rows: [[String: Any]] = try infold("operators", "--json").json()
    let upsample = try #require(rows.first { $0["name"] as? String == "Upsample" })
    #expect(upsample["versions"] as? [Int] == [1, 7, 9])
    let withdrawn = try #require(upsample["withdrawn"] as? [String: Any])
    #expect(withdrawn["opset"] as? Int == 10 && withdrawn["successor"] as? String == "Resize")
    let pool = try #require(rows.first { $0["name"] as? String == "MaxPool" })
    #expect(pool["elementTypes"] as? [String] == ["float16", "bfloat16", "float32", "float64", "int8", "uint8"])
  }

  /// The table of docs/Operators.md begins with the same columns.
  @Test func listsThemInMarkdown() throws {
    let output = try infold("operators", "--markdown").output
    let page = try String(contentsOfFile: repositoryFile("docs/Operators.md"), encoding: .utf8)
    let rows = output.split(separator: "\n")
    #expect(rows.contains("| Conv | 1, 11, 22 | floats |"))
    for row in rows { #expect(page.contains(row), "\(row)") }
  }

  @Test func printsOneFormat() throws {
    try expectRefusal(["operators", "--json", "--markdown"], "cannot be combined")
  }
}
