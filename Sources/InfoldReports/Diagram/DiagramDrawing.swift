import InfoldGraph

/// A diagram as a self-contained SVG file. All text from the model is escaped.
package struct DiagramDrawing {
  private let diagram: NetworkDiagram
  private let layout: DiagramLayout
  private let title: String
  private let subtitle: String

  /// - Parameters:
  ///   - layout: The layout of `diagram.layoutProblem`.
  ///   - title: The title above the drawing.
  ///   - subtitle: A line below the title.
  package init(_ diagram: NetworkDiagram, _ layout: DiagramLayout, title: String, subtitle: String) {
    self.diagram = diagram
    self.layout = layout
    self.title = title
    self.subtitle = subtitle
  }

  private static let margin = 28.0
  private static let font = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',sans-serif"

  /// The SVG text.
  package var svg: String {
    let legend = legend
    let head = 78.0
    let width = max(layout.width, legend.width, TextMeasure.width(title, size: 20, isBold: true)) + 2 * Self.margin
    let height = layout.height + head + 2 * Self.margin
    let left = (width - layout.width) / 2
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(pixels(width))" height="\(pixels(height))" \
      viewBox="0 0 \(pixels(width)) \(pixels(height))" role="img">
      <title>\(Markup.escaped(title))</title>
      <style>
      \(style)
      </style>
      <defs><marker id="tip" viewBox="0 0 8 8" refX="7.4" refY="4" markerWidth="8" markerHeight="8" orient="auto" \
      markerUnits="userSpaceOnUse"><path class="tip" d="M0,0.8L8,4L0,7.2Z"/></marker></defs>
      <rect class="paper" width="100%" height="100%"/>
      <text class="head" x="\(pixels(Self.margin))" y="\(pixels(Self.margin + 16))">\(Markup.escaped(title))</text>
      <text class="sub" x="\(pixels(Self.margin))" y="\(pixels(Self.margin + 36))">\(Markup.escaped(subtitle))</text>
      <g transform="translate(\(pixels(Self.margin)) \(pixels(Self.margin + 56)))">\(legend.text)</g>
      <g transform="translate(\(pixels(left)) \(pixels(Self.margin + head)))">

      """
    for (connection, route) in zip(diagram.connections, layout.routes) { text += way(connection, route) }
    for (box, center) in zip(diagram.boxes, layout.centers) { text += card(box, center) }
    return text + labels + "</g>\n</svg>\n"
  }

  private func way(_ connection: NetworkDiagram.Connection, _ route: [Point]) -> String {
    guard let start = route.first else { return "" }
    var path = "M\(pixels(start.x)),\(pixels(start.y))"
    var index = 1
    while index + 2 < route.count {
      let (a, b, end) = (route[index], route[index + 1], route[index + 2])
      if a.x == route[index - 1].x, b.x == a.x, end.x == a.x {
        path += "V\(pixels(end.y))"
      } else {
        path += "C\(pixels(a.x)),\(pixels(a.y)) \(pixels(b.x)),\(pixels(b.y)) \(pixels(end.x)),\(pixels(end.y))"
      }
      index += 3
    }
    return "<g class=\"way\"><title>\(Markup.escaped(connection.tooltip))</title><path d=\"\(path)\"/></g>\n"
  }

  private var labels: String {
    var placement = LabelPlacement(diagram, layout)
    var text = ""
    for (connection, route) in zip(diagram.connections, layout.routes) where !route.isEmpty {
      guard let label = connection.label else { continue }
      let place = placement.place(label, beside: route)
      text +=
        "<text class=\"shape\(place.isLeft ? " left" : "")\" x=\"\(pixels(place.point.x))\" y=\"\(pixels(place.point.y))\">"
        + "\(Markup.escaped(label))</text>\n"
    }
    return text
  }

  private func card(_ box: NetworkDiagram.Box, _ center: Point) -> String {
    let size = box.size
    let isTerminal = box.kind == .input || box.kind == .output
    let (x, y) = (center.x - size.width / 2, center.y - size.height / 2)
    let (width, height) = (pixels(size.width), pixels(size.height))
    var text = "<g class=\"\(className(box.kind))\" transform=\"translate(\(pixels(x)) \(pixels(y)))\">"
    text += "<title>\(Markup.escaped(box.tooltip))</title>"
    text +=
      "<rect class=\"card\" width=\"\(width)\" height=\"\(height)\" rx=\"\(isTerminal ? pixels(min(size.height / 2, 22)) : "8")\"/>"
    if !isTerminal {
      text +=
        "<path class=\"band\" d=\"M8,0H5.5V\(height)H8A8,8 0 0 1 0,\(pixels(size.height - 8))V8A8,8 0 0 1 8,0Z\"/>"
    }
    let left = isTerminal ? size.width / 2 : NetworkDiagram.Box.leftPadding
    var baseline = NetworkDiagram.Box.titleBaseline
    text += "<text class=\"type\" x=\"\(pixels(left))\" y=\"\(pixels(baseline))\">\(Markup.escaped(box.title))</text>"
    for line in box.lines {
      baseline += NetworkDiagram.Box.lineHeight
      let name =
        switch line {
        case .name: "name"
        case .detail: "detail"
        case .constants: "constants"
        }
      text +=
        "<text class=\"\(name)\" x=\"\(pixels(left))\" y=\"\(pixels(baseline))\">\(Markup.escaped(line.text))</text>"
    }
    return text + "</g>\n"
  }

  /// A color and a label for each kind of box in the diagram.
  private var legend: (text: String, width: Double) {
    let kinds = Set(diagram.boxes.map(\.kind))
    let entries =
      OperatorFamily.allCases.map { (NetworkDiagram.Box.Kind.operation($0), $0.title) } + [
        (.unsupported, "unsupported")
      ]
    var (text, x) = ("", 0.0)
    for (kind, title) in entries where kinds.contains(kind) {
      text += "<g class=\"\(className(kind))\"><circle class=\"band\" cx=\"\(pixels(x + 5))\" cy=\"0\" r=\"5\"/>"
      text += "<text class=\"sub\" x=\"\(pixels(x + 15))\" y=\"4\">\(title)</text></g>"
      x += TextMeasure.width(title, size: 12) + 33
    }
    return (text, max(x - 18, 0))
  }

  private func className(_ kind: NetworkDiagram.Box.Kind) -> String {
    switch kind {
    case .input: "input"
    case .output: "output"
    case .operation(let family): family.rawValue
    case .unsupported: "unsupported"
    }
  }

  private var style: String {
    func rules(_ color: (DiagramColors.Pair) -> String) -> String {
      let families =
        OperatorFamily.allCases.map { ($0.rawValue, NetworkDiagram.Box.Kind.operation($0)) } + [
          ("unsupported", .unsupported)
        ]
      return """
        svg{background:\(color(DiagramColors.paper))}.paper{fill:\(color(DiagramColors.paper))}.card{fill:\(color(DiagramColors.card));stroke:\(color(DiagramColors.rule))}
        .input .card,.output .card{fill:\(color(DiagramColors.of(.input)));stroke:none}
        .head,.type{fill:\(color(DiagramColors.ink))}.sub,.name,.shape{fill:\(color(DiagramColors.faint))}
        .detail{fill:\(color(DiagramColors.ink))}.constants{fill:\(color(DiagramColors.of(.operation(.normalization))))}
        .input text,.output text{fill:\(color(DiagramColors.paper))}.shape{stroke:\(color(DiagramColors.paper))}
        .way path{stroke:\(color(DiagramColors.line))}.tip{fill:\(color(DiagramColors.line))}
        """ + "\n"
          + families.map { ".\($0) .band{fill:\(color(DiagramColors.of($1)))}" }.joined()
          + ".unsupported .card{stroke:\(color(DiagramColors.of(.unsupported)));stroke-dasharray:5 3}"
    }
    return """
      text{font-family:\(Self.font);font-size:11px;font-variant-numeric:tabular-nums}
      .head{font-size:20px;font-weight:700}.sub{font-size:12px}.type{font-size:13px;font-weight:700}
      .input text,.output text{text-anchor:middle}
      .left{text-anchor:end}
      .shape{font-size:\(pixels(LabelPlacement.fontSize))px;stroke-width:3px;stroke-linejoin:round;paint-order:stroke}
      .way path{fill:none;stroke-width:1.4;marker-end:url(#tip)}
      .way:hover path{stroke-width:3}
      \(rules(\.light))
      @media(prefers-color-scheme:dark){
      \(rules(\.dark))
      }
      """
  }

  private func pixels(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let text = "\(tenths.magnitude / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths.magnitude % 10)")
    return tenths < 0 ? "-" + text : text
  }
}

extension NetworkDiagram.Box {
  static let leftPadding = 17.0
  static let titleBaseline = 19.0
  static let lineHeight = 15.0

  /// The size that the drawing of the box needs.
  package var size: LayoutProblem.Size {
    let widths = [TextMeasure.width(title, size: 13, isBold: true)] + lines.map { TextMeasure.width($0.text, size: 11) }
    return LayoutProblem.Size(
      width: max(widths.max()! + Self.leftPadding + 14, 92),
      height: Self.titleBaseline + Self.lineHeight * Double(lines.count) + 10)
  }
}

extension NetworkDiagram {
  /// The input of layout algorithms.
  package var layoutProblem: LayoutProblem {
    LayoutProblem(
      sizes: boxes.map(\.size),
      edges: connections.map { LayoutProblem.Edge(source: $0.source, target: $0.target, value: $0.value) })
  }
}
