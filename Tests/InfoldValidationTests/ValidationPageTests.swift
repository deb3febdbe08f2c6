import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

@Suite struct ValidationPageTests {
  private func page(name: String) throws -> String {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let y = try network.node("Conv", [x, network.weights([3, 2, 3, 3])], name: name)
    let z = try network.normalization(y, channels: 3, name: name + " bn")
    var model = Model(graph: try network.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
    model.path = name
    var random = SplitMix64(seed: 1)
    let sample = FoldValidation.Sample(name: name, inputs: ["x": try random.tensor([1, 2, 6, 6])])
    return ValidationPage(try FoldValidation(model).run([sample])).html
  }

  @Test func escapesNames() throws {
    let html = try page(name: "<script>alert('x')</script>&\"<img src=x onerror=y>\u{0}\u{1B}")
    #expect(!html.contains("<script"))
    #expect(!html.contains("<img"))
    #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)"))
    #expect(!html.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
  }

  /// The text after each bar of the table has the same width, however many digits it has.
  @Test func barsLineUp() throws {
    let html = try page(name: "conv")
    let bars = html.components(separatedBy: "</i></span>").dropFirst()
    #expect(!bars.isEmpty && bars.allSatisfy { $0.hasPrefix("<span class=\"share\">") })
    #expect(html.contains(".share{display:inline-block;min-width:"))
  }

  @Test func needsNothingElse() throws {
    let html = try page(name: "conv")
    for reference in ["http:", "https:", "src=", "href=", "url(", "@import", "<script"] {
      #expect(!html.contains(reference), "\(reference)")
    }
    #expect(html.contains("passed"))
    #expect(html.contains("prefers-color-scheme:dark"))
    // Each plot has two widths: the errors, the factors, and two of the output.
    #expect(html.components(separatedBy: "<svg").count == 9)
    #expect(!html.contains("nan") && !html.contains("inf\""))
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [Substring] { split(separator: separator) }
}
