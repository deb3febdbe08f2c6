import InfoldSystem

/// The boxes of a diagram in layers. Every connection goes to a later layer and passes the layers
/// in between through *bends*.
struct Layering {
  /// A box, or a bend of the connections that carry one value.
  struct Vertex {
    var layer: Int
    var width: Double
    /// The neighbors in the previous and in the next layer.
    var upper: [Int] = []
    var lower: [Int] = []
    let isBend: Bool
  }

  /// The boxes by index, followed by bends.
  private(set) var vertices: [Vertex]
  /// The vertices of each layer, from left to right.
  var layers: [[Int]]
  /// The bends of each edge, from its source to its target.
  private(set) var bends: [[Int]]

  /// The maximum number of bends.
  static let bendLimit = 200_000
  private static let bendWidth = 6.0

  /// - Throws: `InfoldError` with `.limitExceeded` if the connections are too long.
  init(_ problem: LayoutProblem) throws(InfoldError) {
    let ranks = Self.ranks(problem)
    vertices = zip(ranks, problem.sizes).map { Vertex(layer: $0, width: $1.width, isBend: false) }
    bends = Array(repeating: [], count: problem.edges.count)
    layers = Array(repeating: [], count: (ranks.max() ?? -1) + 1)
    struct Way: Hashable {
      var source: Int
      var value: Int
    }
    var ways: [Way: [Int]] = [:]
    for (index, edge) in problem.edges.enumerated() {
      let key = Way(source: edge.source, value: edge.value)
      var way = ways.removeValue(forKey: key) ?? []
      let count = ranks[edge.target] - ranks[edge.source] - 1
      while way.count < count {
        guard vertices.count - problem.sizes.count < Self.bendLimit else {
          throw InfoldError(.limitExceeded, "the connections of the network are too long and too many to be drawn")
        }
        let last = way.last ?? edge.source
        way.append(vertices.count)
        vertices.append(Vertex(layer: vertices[last].layer + 1, width: Self.bendWidth, isBend: true))
        link(last, vertices.count - 1)
      }
      bends[index] = Array(way.prefix(count))
      link(bends[index].last ?? edge.source, edge.target)
      ways[key] = way
    }

    for vertex in vertices.indices { layers[vertices[vertex].layer].append(vertex) }
  }

  private mutating func link(_ a: Int, _ b: Int) {
    vertices[a].lower.append(b)
    vertices[b].upper.append(a)
  }

  /// Returns the layer of each box: the length of the longest path to it. Boxes with more consumers
  /// than inputs move down, directly above their consumers.
  private static func ranks(_ problem: LayoutProblem) -> [Int] {
    var targets = [[Int]](repeating: [], count: problem.sizes.count)
    var inDegrees = [Int](repeating: 0, count: problem.sizes.count)
    for edge in problem.edges {
      targets[edge.source].append(edge.target)
      inDegrees[edge.target] += 1
    }
    var ranks = [Int](repeating: 0, count: problem.sizes.count)
    for box in ranks.indices {
      for target in targets[box] { ranks[target] = max(ranks[target], ranks[box] + 1) }
    }
    for box in ranks.indices.reversed() where targets[box].count > inDegrees[box] {
      ranks[box] = targets[box].lazy.map { ranks[$0] }.min()! - 1
    }
    return ranks
  }
}
