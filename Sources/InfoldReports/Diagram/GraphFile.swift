import InfoldGraph
import InfoldSystem

/// The file that `inspect --graph` writes: a drawing as `.svg`, or Graphviz text as `.dot`.
package struct GraphFile {
  /// The layout engine.
  package enum Engine: String, CaseIterable, Sendable {
    /// Graphviz if it is installed and the network is not too large, otherwise Infold.
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

  /// The maximum number of boxes of a drawing. Connections may be twice as many.
  private static let limit = 5000

  /// - Throws: `InfoldError` with `.invalidArgument` if the file name has another extension.
  package init(_ path: String, engine: Engine) throws(InfoldError) {
    let name = path.lowercased()
    guard name.hasSuffix(".svg") || name.hasSuffix(".dot") else {
      throw InfoldError(
        .invalidArgument,
        "--graph \(String(quoting: path)) must end in .svg, for a drawing, or in .dot, for Graphviz text")
    }
    self.path = path
    self.engine = engine
    format = name.hasSuffix(".svg") ? .svg : .dot
  }

  /// Draws the graph.
  /// - Parameters:
  ///   - title: The title above the drawing.
  ///   - subtitle: A line below the title.
  /// - Returns: A sentence that describes the result.
  /// - Throws: `InfoldError` with `.limitExceeded` if the network is too large for a drawing;
  ///   `.unsupported` if Graphviz was requested but fails; `.fileAccess` if the file cannot be
  ///   written.
  package func write(_ graph: Graph, title: String, subtitle: String) throws(InfoldError) -> String {
    let diagram = NetworkDiagram(graph)
    switch format {
    case .dot:
      try write(diagram.graphvizText)
      return "Graphviz text written to \(String(printable: path))"
    case .svg:
      guard diagram.boxes.count <= Self.limit, diagram.connections.count <= 2 * Self.limit else {
        throw InfoldError(
          .limitExceeded,
          "the network has \(NumberText.counted(diagram.boxes.count, "box", plural: "boxes")) and \(NumberText.counted(diagram.connections.count, "connection"))"
            + "; the limits of a drawing are \(NumberText.grouped(Self.limit)) and \(NumberText.grouped(2 * Self.limit))",
          hint: "write a .dot file, which has no limit")
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
        throw InfoldError(.unsupported, reason, hint: "omit --layout to use Infold's own layout")
      }
      return (try LayeredLayout.run(problem), error == .notInstalled ? "Infold" : "Infold, since \(reason)")
    }
  }

  private func write(_ text: String) throws(InfoldError) {
    try writeReplacing(path) { file throws(InfoldError) in try file.write(Array(text.utf8)) }
  }
}
