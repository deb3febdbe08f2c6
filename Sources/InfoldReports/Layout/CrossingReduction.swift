/// Orders the vertices of each layer to reduce crossings. Layers are sorted by the mean position of
/// neighbors, alternately downwards and upwards (the barycenter heuristic of Sugiyama, Tagawa and
/// Toda, 1981).
struct CrossingReduction {
  private var layering: Layering
  private var places: [Int]

  private init(_ layering: Layering) {
    self.layering = layering
    places = Array(repeating: 0, count: layering.vertices.count)
    for layer in layering.layers.indices { number(layer) }
  }

  /// Returns `layering` with the best orders that were found.
  static func run(_ layering: Layering) -> Layering {
    var reduction = CrossingReduction(layering)
    var best = reduction.layering.layers
    var fewest = reduction.crossings
    // Larger layerings get fewer sweeps, to bound the time.
    let sweeps = min(24, max(4, 400_000 / max(layering.vertices.count, 1)))
    var fruitless = 0
    for sweep in 0..<sweeps where fewest > 0 && fruitless < 6 {
      reduction.sweep(downwards: sweep % 2 == 0)
      let crossings = reduction.crossings
      if crossings < fewest {
        (best, fewest, fruitless) = (reduction.layering.layers, crossings, 0)
      } else {
        fruitless += 1
      }
    }
    reduction.layering.layers = best
    return reduction.layering
  }

  private mutating func sweep(downwards: Bool) {
    let layers = layering.layers.indices
    for layer in downwards ? Array(layers) : layers.reversed() {
      let keyed = layering.layers[layer].map { vertex in
        let neighbors = downwards ? layering.vertices[vertex].upper : layering.vertices[vertex].lower
        let sum = neighbors.reduce(0) { $0 + places[$1] }
        let mean = neighbors.isEmpty ? Double(places[vertex]) : Double(sum) / Double(neighbors.count)
        return (vertex: vertex, mean: mean, place: places[vertex])
      }
      layering.layers[layer] = keyed.sorted { ($0.mean, $0.place) < ($1.mean, $1.place) }.map(\.vertex)
      number(layer)
    }
  }

  private mutating func number(_ layer: Int) {
    for (place, vertex) in layering.layers[layer].enumerated() { places[vertex] = place }
  }

  /// The number of crossings between all neighboring layers.
  private var crossings: Int {
    layering.layers.indices.dropFirst().reduce(0) { $0 + crossings(above: $1) }
  }

  /// Returns the number of crossings between `layer` and the previous one: pairs of connections
  /// with different orders above and below. A Fenwick tree counts them.
  private func crossings(above layer: Int) -> Int {
    let width = layering.layers[layer - 1].count
    var tree = [Int](repeating: 0, count: width + 1)
    var (count, seen) = (0, 0)
    for vertex in layering.layers[layer] {
      let ends = layering.vertices[vertex].upper.map { places[$0] }
      for end in ends {
        var (index, below) = (end + 1, 0)
        while index > 0 {
          below += tree[index]
          index &= index - 1
        }
        count += seen - below
      }
      for end in ends {
        var index = end + 1
        while index <= width {
          tree[index] += 1
          index += index & -index
        }
        seen += 1
      }
    }
    return count
  }
}
