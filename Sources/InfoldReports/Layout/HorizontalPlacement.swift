/// The horizontal positions of a layering's vertices.
///
/// Each vertex is aligned with its median neighbor, which makes straight chains. The chains are
/// placed as close together as possible. This is done four times, once toward each corner of the
/// drawing. The final position of a vertex is the mean of the middle two (Brandes and Köpf, 2001,
/// https://doi.org/10.1007/3-540-45848-4_3).
struct HorizontalPlacement {
  private let layering: Layering
  private let places: [Int]
  /// Links that cross a link between two bends. They are not aligned, so that links between bends
  /// are straight.
  private let conflicts: Set<Link>
  private let gap: Double

  private struct Link: Hashable {
    var upper: Int
    var lower: Int
  }

  private init(_ layering: Layering, gap: Double) {
    self.layering = layering
    self.gap = gap
    var places = [Int](repeating: 0, count: layering.vertices.count)
    for layer in layering.layers {
      for (place, vertex) in layer.enumerated() { places[vertex] = place }
    }
    self.places = places
    conflicts = Self.conflicts(layering, places)
  }

  /// Returns the center of each vertex.
  /// - Parameter gap: The minimum distance between two boxes.
  static func run(_ layering: Layering, gap: Double) -> [Double] {
    let placement = HorizontalPlacement(layering, gap: gap)
    var candidates: [[Double]] = []
    for downwards in [true, false] {
      for leftwards in [true, false] { candidates.append(placement.positions(downwards, leftwards)) }
    }
    let spans = candidates.map(placement.span)
    guard let narrowest = spans.min(by: { $0.upperBound - $0.lowerBound < $1.upperBound - $1.lowerBound }) else {
      return []
    }
    for index in candidates.indices {
      let isLeft = index % 2 == 0
      let shift =
        isLeft ? narrowest.lowerBound - spans[index].lowerBound : narrowest.upperBound - spans[index].upperBound
      for vertex in candidates[index].indices { candidates[index][vertex] += shift }
    }
    return layering.vertices.indices.map { vertex in
      let sorted = candidates.map { $0[vertex] }.sorted()
      return (sorted[1] + sorted[2]) / 2
    }
  }

  private func span(_ positions: [Double]) -> ClosedRange<Double> {
    var (least, largest) = (0.0, 0.0)
    for (vertex, position) in zip(layering.vertices, positions) {
      least = min(least, position - vertex.width / 2)
      largest = max(largest, position + vertex.width / 2)
    }
    return least...largest
  }

  private static func conflicts(_ layering: Layering, _ places: [Int]) -> Set<Link> {
    var conflicts: Set<Link> = []
    for (above, layer) in zip(layering.layers, layering.layers.dropFirst()) {
      var (begin, left) = (0, 0)
      for (index, vertex) in layer.enumerated() {
        let inner =
          layering.vertices[vertex].isBend
          ? layering.vertices[vertex].upper.first { layering.vertices[$0].isBend } : nil
        guard inner != nil || index == layer.count - 1 else { continue }
        let right = inner.map { places[$0] } ?? above.count
        for scanned in layer[begin...index] {
          for neighbor in layering.vertices[scanned].upper where places[neighbor] < left || places[neighbor] > right {
            if layering.vertices[scanned].isBend && layering.vertices[neighbor].isBend { continue }
            conflicts.insert(Link(upper: neighbor, lower: scanned))
          }
        }
        (begin, left) = (index + 1, right)
      }
    }
    return conflicts
  }

  /// Returns one of the four placements.
  private func positions(_ downwards: Bool, _ leftwards: Bool) -> [Double] {
    let layers = (downwards ? layering.layers : layering.layers.reversed()).map { leftwards ? $0 : $0.reversed() }
    let roots = alignment(layers, downwards, leftwards)
    let positions = compacted(layers, roots)
    return roots.map { leftwards ? positions[$0] : -positions[$0] }
  }

  /// Returns the root of each vertex: the first vertex of its chain.
  private func alignment(_ layers: [[Int]], _ downwards: Bool, _ leftwards: Bool) -> [Int] {
    var roots = Array(layering.vertices.indices)
    for layer in layers {
      var last = -1
      for vertex in layer {
        let neighbors = (downwards ? layering.vertices[vertex].upper : layering.vertices[vertex].lower).map {
          neighbor in
          let place = places[neighbor]
          let count = layering.layers[layering.vertices[neighbor].layer].count
          return (vertex: neighbor, place: leftwards ? place : count - 1 - place)
        }.sorted { $0.place < $1.place }
        guard !neighbors.isEmpty else { continue }
        for median in Set([(neighbors.count - 1) / 2, neighbors.count / 2]).sorted() {
          let (neighbor, place) = neighbors[median]
          let link = downwards ? Link(upper: neighbor, lower: vertex) : Link(upper: vertex, lower: neighbor)
          if roots[vertex] != vertex || place <= last || conflicts.contains(link) { continue }
          roots[vertex] = roots[neighbor]
          last = place
        }
      }
    }
    return roots
  }

  /// Returns the position of each chain by its root: as far left as its neighbors allow, then as
  /// close as possible to those on its right.
  private func compacted(_ layers: [[Int]], _ roots: [Int]) -> [Double] {
    var following = [[(root: Int, distance: Double)]](repeating: [], count: roots.count)
    var waiting = [Int](repeating: 0, count: roots.count)
    for layer in layers {
      for (a, b) in zip(layer, layer.dropFirst()) {
        following[roots[a]].append((roots[b], distance(a, b)))
        waiting[roots[b]] += 1
      }
    }
    var order = roots.indices.filter { roots[$0] == $0 && waiting[$0] == 0 }
    var positions = [Double](repeating: 0, count: roots.count)
    var next = 0
    while next < order.count {
      let root = order[next]
      next += 1
      for (other, distance) in following[root] {
        positions[other] = max(positions[other], positions[root] + distance)
        waiting[other] -= 1
        if waiting[other] == 0 { order.append(other) }
      }
    }
    for root in order.reversed() {
      guard let limit = following[root].lazy.map({ positions[$0.root] - $0.distance }).min() else { continue }
      positions[root] = max(positions[root], limit)
    }
    return positions
  }

  private func distance(_ a: Int, _ b: Int) -> Double {
    let (a, b) = (layering.vertices[a], layering.vertices[b])
    return (a.width + b.width) / 2 + (a.isBend && b.isBend ? gap / 2 : gap)
  }
}
