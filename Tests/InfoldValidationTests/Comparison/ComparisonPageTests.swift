import InfoldGraph
import InfoldOperators
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

@Suite struct ComparisonPageTests {
  @Test func equal() throws {
    let graph = try ImageNetwork().graph()
    let html = ComparisonPage(try compared(graph, graph.folded(), samples: 1)).html
    #expect(html.contains("<span class=\"verdict passed\">equal</span>"))
    #expect(html.contains("No value differs by more than rounding explains."))
    #expect(html.contains("<svg") && !html.contains("<script"))
  }

  @Test func different() throws {
    let graph = try ImageNetwork().graph()
    let wrong = try graph.changing("w3") { $0[100] *= 1.0001 }
    let report = try compared(graph, wrong, samples: 1)
    let html = ComparisonPage(report).html
    #expect(html.contains("<span class=\"verdict failed\">different</span>"))
    #expect(html.contains("<code>conv3</code>") && html.contains("w3 at [1, 3, 0, 1]"))
    #expect(html.contains("class=\"beyond\""))
    #expect(report.steps.count == report.values.compared)
  }

  /// Names are untrusted input.
  @Test func namesAreEscaped() throws {
    var network = NetworkBuilder(opset: 18, seed: 1)
    let x = network.input([1, 4])
    let y = try network.node("Relu", [x], name: "<script>alert(1)</script>")
    let first = try network.finished(y)
    var other = NetworkBuilder(opset: 18, seed: 1)
    let z = try other.node("Abs", [other.input([1, 4])], name: "<script>alert(1)</script>")
    let html = ComparisonPage(try compared(first, other.finished(z), samples: 1)).html
    #expect(!html.contains("<script>") && html.contains("&lt;script&gt;"))
  }
}
