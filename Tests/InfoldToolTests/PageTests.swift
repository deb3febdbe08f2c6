import Foundation
import InfoldReports
import TestSupport
import Testing

/// Links between the pages of one model in a folder.
@Suite struct PageTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ topic: String, _ models: [String], _ name: String) throws {
    let page = Page(topic: topic, models: models, title: topic, lead: "lead", elements: [], footer: "end")
    try PageLinks.write(page.html, to: folder.path(name))
  }

  private func read(_ name: String) throws -> String { try String(contentsOfFile: folder.path(name), encoding: .utf8) }

  @Test func pagesOfOneModelFindEachOther() throws {
    try write("Folding", ["a/m.onnx"], "fold.html")
    #expect(!(try read("fold.html")).contains("<nav"))
    try write("Profile", ["b/m.onnx"], "time 1.html")
    try write("Profile", ["other.onnx"], "other.html")
    try write("Comparison", ["m.onnx", "other.onnx"], "compare.html")
    let fold = try read("fold.html"), other = try read("other.html"), comparison = try read("compare.html")
    #expect(fold.contains("<b aria-current=\"page\">Folding</b>"))
    #expect(
      fold.contains("<a href=\"./time%201.html\">Profile</a>")
        && fold.contains("<a href=\"./compare.html\">Comparison</a>"))
    #expect(!fold.contains("other.html"))
    #expect(other.contains("href=\"./compare.html\"") && !other.contains("fold.html"))
    // Two pages of one topic are shown with their file names.
    #expect(
      comparison.contains("Profile <small>other.html</small>")
        && comparison.contains("Profile <small>time 1.html</small>"))
    // A page that is written again has the same links, and so do the others.
    let before = try [read("time 1.html"), read("compare.html")]
    try write("Folding", ["m.onnx"], "fold.html")
    #expect(try read("fold.html") == fold && [read("time 1.html"), read("compare.html")] == before)
  }

  /// Files that Infold did not write do not change, and names are escaped.
  @Test func leavesOthersAlone() throws {
    let foreign = [
      "<html>m.onnx</html>", "",
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>m.onnx</title>",
    ]
    for (index, text) in foreign.enumerated() { _ = try folder.write("\(index).html", Array(text.utf8)) }
    _ = try folder.write("bytes.html", [0xFF, 0xFE, 0, 1])
    try write("Folding", ["m.onnx"], "\"><script>x.html")
    try write("Profile", ["m.onnx"], "p.html")
    for (index, text) in foreign.enumerated() { #expect(try read("\(index).html") == text) }
    let page = try read("p.html")
    #expect(page.contains("%22%3E%3Cscript%3Ex.html") && !page.contains("<script"))
    // A head that only resembles that of Infold adds no link.
    let forged = try read("p.html").replacingOccurrences(of: "content=\"Profile\"", with: "content=\"<i>\"")
    _ = try folder.write("forged.html", Array(forged.utf8))
    try write("Profile", ["m.onnx"], "p.html")
    #expect(!(try read("p.html")).contains("forged"))
  }

  @Test func writesWherePagesHaveNoFolder() throws {
    try PageLinks.write(Page(title: "t", content: "c").html, to: "/dev/null")
    #expect(throws: (any Error).self) { try PageLinks.write("x", to: folder.path("none/x.html")) }
  }
}
