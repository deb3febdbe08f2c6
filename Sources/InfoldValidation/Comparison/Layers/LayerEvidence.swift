import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What a layer's recorded inputs and outputs say of its weights: for some positions of the output, the numbers that were multiplied with
/// the weights, and by how much what came out differs from what double precision makes of them.
struct LayerEvidence {
  let layer: LinearLayer
  /// By group, a row of `layer.length` numbers for each position.
  private(set) var rows: [[Float]]
  /// By output channel, for each position.
  private(set) var residuals: [[Double]]
  /// By output channel, for each position: what is expected.
  private(set) var outputs: [[Double]]
  /// The positions.
  private(set) var count = 0

  /// As many positions show a weight that is wrong in the fourth digit through the roundings of any layer that we know.
  private static let limit = 4096

  init(_ layer: LinearLayer) {
    self.layer = layer
    rows = Array(repeating: [], count: layer.groups)
    residuals = Array(repeating: [], count: layer.channels)
    outputs = residuals
  }

  /// Whether more positions would not say more.
  var isEnough: Bool { count >= Self.limit / 4 }

  /// Adds positions of an output.
  /// - Parameters:
  ///   - x: The input.
  ///   - y: What is expected of it.
  ///   - residual: By how much the other network's output differs.
  /// - Returns: Whether the layer could be looked at.
  mutating func add(_ x: Tensor, _ y: Tensor, residual: Tensor) throws(InfoldError) -> Bool {
    guard let output = layer.output(y.shape), output.positions > 0 else { return false }
    let positions = Self.sample(output.positions, limit: Self.limit)
    try MemoryBudget.current?.require(positions.count * (layer.groups * layer.length * 4 + layer.channels * 16))
    guard let added = try layer.rows(x, output, positions) else { return false }
    for group in rows.indices { rows[group] += added[group] }
    residual.withElements(as: Double.self) { residual in
      y.withElements(as: Double.self) { y in
        for channel in 0..<layer.channels {
          for position in positions {
            let index = output.index(position: position, channel: channel)
            residuals[channel].append(residual[index])
            outputs[channel].append(y[index])
          }
        }
      }
    }
    count += positions.count
    return true
  }

  /// Positions that lie about as far from one another, and not in columns.
  private static func sample(_ count: Int, limit: Int) -> [Int] {
    guard count > limit else { return Array(0..<count) }
    var generator = SplitMix64(seed: UInt64(count))
    return (0..<limit).map { index in
      let start = index * count / limit, end = (index + 1) * count / limit
      return start + Int(generator.next() % UInt64(end - start))
    }
  }
}
