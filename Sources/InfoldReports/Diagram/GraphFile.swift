import InfoldGraph
import InfoldSystem

/// The file that `inspect --graph` writes: a drawing as `.svg`, or the text for Graphviz as `.dot`.
package struct GraphFile {
  /// Who places the boxes.
  package enum Engine: String, CaseIterable, Sendable {
    /// Graphviz where it is installed and the network is not too large, else Infold.
    case automatic
    case graphviz
    case infold
  }

  private enum Format {
    case svg
    case dot
  }

  private let path: String
  private let format: Format
  private let engine: Engine

  /// The most boxes, and the most connections, of a drawing.
  private static let limit = 5000

  /// - Throws: `InfoldError` with `.invalidArgument` for a name of another ending.
  package init(_ path: String, engine: Engine) throws(InfoldError) {
    let name = path.lowercased()
    guard name.hasSuffix(".svg") || name.hasSuffix(".dot") else {
      throw InfoldError(
        .invalidArgument,
        "--graph \(String(quoting: path)) ends neither in .svg, a drawing, nor in .dot, text for Graphviz")
    }
    self.path = path
    self.engine = engine
    format = name.hasSuffix(".svg") ? .svg : .dot
  }

  /// Draws the graph.
  /// - Parameters:
  ///   - title: What stands above the drawing.
  ///   - subtitle: A line below the title.
  /// - Returns: A sentence on what was done.
  /// - Throws: `InfoldError` with `.limitExceeded` for a network that is too large to be drawn; `.unsupported` when Graphviz is wanted
  ///   and does not do it; `.fileAccess`.
  package func write(_ graph: Graph, title: String, subtitle: String) throws(InfoldError) -> String {
    let diagram = NetworkDiagram(graph)
    switch format {
    case .dot:
      try write(diagram.graphvizText)
      return "text for Graphviz written to \(String(printable: path))"
    case .svg:
      guard diagram.boxes.count <= Self.limit, diagram.connections.count <= 2 * Self.limit else {
        throw InfoldError(
          .limitExceeded,
          "the network has \(NumberText.counted(diagram.boxes.count, "box", plural: "boxes")) and \(NumberText.counted(diagram.connections.count, "connection"))"
            + "; a drawing takes at most \(NumberText.grouped(Self.limit)) and \(NumberText.grouped(2 * Self.limit))",
          hint: "a file that ends in .dot has no limit")
      }
      let (layout, author) = try layout(diagram.layoutProblem)
      try write(DiagramDrawing(diagram, layout, title: title, subtitle: subtitle).svg)
      return "drawing written to \(String(printable: path)), laid out by \(author)"
    }
  }

  private func layout(_ problem: LayoutProblem) throws(InfoldError) -> (DiagramLayout, author: String) {
    if engine == .infold { return (try LayeredLayout.run(problem), "Infold") }
    do throws(GraphvizLayout.Failure) {
      return (try GraphvizLayout.run(problem), "Graphviz")
    } catch {
      let reason =
        switch error {
        case .notInstalled: "Graphviz's dot is not installed"
        case .tooLarge: "the network is too large for Graphviz's dot"
        case .failed: "Graphviz's dot failed"
        }
      guard engine == .automatic else {
        throw InfoldError(.unsupported, reason, hint: "leave --layout out, and Infold lays the drawing out")
      }
      return (try LayeredLayout.run(problem), error == .notInstalled ? "Infold" : "Infold, since \(reason)")
    }
  }

  private func write(_ text: String) throws(InfoldError) {
    try writeReplacing(path) { file throws(InfoldError) in try file.write(Array(text.utf8)) }
  }
}
