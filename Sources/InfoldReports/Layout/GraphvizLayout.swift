import InfoldSystem

/// A layout computed by Graphviz's `dot`, if it is installed. `dot` gets only sizes, no text of the
/// model.
package enum GraphvizLayout {
  /// The time limit of `dot` in seconds.
  private static let timeLimit = 20
  /// The maximum number of boxes and connections for `dot`; more would take minutes.
  private static let limit = 3000
  private static let pointsPerInch = 72.0

  /// The reason why there is no layout.
  package enum Failure: Error {
    case notInstalled
    /// The network is too large for `dot`, or it takes too long.
    case tooLarge
    /// `dot` failed, or its output is invalid.
    case failed
  }

  /// Computes a layout of `problem`.
  package static func run(_ problem: LayoutProblem) throws(Failure) -> DiagramLayout {
    guard problem.sizes.count + problem.edges.count <= limit else { throw .tooLarge }
    let output: [UInt8]
    do throws(ChildProcess.Failure) {
      output = try ChildProcess.output(
        of: "dot", ["-Tplain"], input: text(problem), seconds: timeLimit, limit: 64 << 20)
    } catch {
      switch error {
      case .notStarted: throw .notInstalled
      case .timeLimit, .outputLimit: throw .tooLarge
      case .failed: throw .failed
      }
    }
    guard let layout = parsed(String(decoding: output, as: UTF8.self), problem) else { throw .failed }
    return layout
  }

  private static func text(_ problem: LayoutProblem) -> String {
    func inches(_ points: Double) -> String { NumberText.fixed(points / pointsPerInch, digits: 4) }
    var text = "digraph{nodesep=0.3;ranksep=0.5;node[shape=box,fixedsize=true,label=\"\"];edge[arrowhead=none];\n"
    for (index, size) in problem.sizes.enumerated() {
      text += "\(index)[width=\(inches(size.width)),height=\(inches(size.height))];\n"
    }
    for edge in problem.edges { text += "\(edge.source)->\(edge.target);\n" }
    return text + "}\n"
  }

  /// Parses dot's format `plain`: a line for the drawing, for each node and for each edge, in
  /// inches, with the y axis pointing upwards.
  private static func parsed(_ text: String, _ problem: LayoutProblem) -> DiagramLayout? {
    /// The ends of an edge, by which `dot` identifies it.
    struct Ends: Hashable {
      var source: Int
      var target: Int
    }
    var centers = [Point?](repeating: nil, count: problem.sizes.count)
    var found: [Ends: [[Point]]] = [:]
    var size: (width: Double, height: Double)?
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      func number(_ index: Int) -> Double? {
        index < fields.count ? Double(fields[index]).flatMap { $0.magnitude < 1e6 ? $0 * pointsPerInch : nil } : nil
      }
      func point(_ index: Int) -> Point? {
        guard let size, let x = number(index), let y = number(index + 1) else { return nil }
        return Point(x, size.height - y)
      }
      switch fields.first {
      case "graph":
        guard let width = number(2), let height = number(3) else { return nil }
        size = (width, height)
      case "node":
        guard fields.count > 3, let box = Int(fields[1]), centers.indices.contains(box), let center = point(2) else {
          return nil
        }
        centers[box] = center
      case "edge":
        guard fields.count > 3, let source = Int(fields[1]), let target = Int(fields[2]), let count = Int(fields[3]),
          count >= 4, count % 3 == 1, count <= fields.count
        else { return nil }
        var route: [Point] = []
        for index in 0..<count {
          guard let point = point(4 + 2 * index) else { return nil }
          route.append(point)
        }
        found[Ends(source: source, target: target), default: []].append(route)
      default: break
      }
    }
    var routes: [[Point]] = []
    for edge in problem.edges {
      guard let route = found[Ends(source: edge.source, target: edge.target)]?.popLast() else { return nil }
      routes.append(route)
    }
    let placed = centers.compactMap { $0 }
    guard let size, placed.count == centers.count else { return nil }
    return DiagramLayout(width: size.width, height: size.height, centers: placed, routes: routes)
  }
}
