import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Data from a layer's recorded inputs and outputs with which its weights are tested.
///
/// For some positions of the output, this holds the numbers that are multiplied with the weights,
/// and the difference between the output and its value in double precision.
struct LayerEvidence {
  let layer: LinearLayer
  /// For each group, a row of `layer.length` numbers per position.
  private(set) var rows: [[Float]]
  /// For each output channel, the difference at each position.
  private(set) var residuals: [[Double]]
  /// For each output channel, the expected output at each position.
  private(set) var outputs: [[Double]]
  /// The number of positions.
  private(set) var count = 0
  /// Whether no sample has more than one position.
  private(set) var hasSinglePositions = true

  /// The most positions of a sample. They are enough to find a weight that is wrong in its fourth
  /// digit despite the rounding errors of any known layer.
  private static let limit = 4096

  init(_ layer: LinearLayer) {
    self.layer = layer
    rows = Array(repeating: [], count: layer.groups)
    residuals = Array(repeating: [], count: layer.channels)
    outputs = residuals
  }

  /// Whether further samples would add little.
  var isEnough: Bool { count >= Self.limit / 2 }

  /// Adds positions of an output.
  /// - Parameters:
  ///   - x: The input.
  ///   - y: The expected output.
  ///   - residual: The other network's output minus `y`.
  /// - Returns: Whether the layer's input and output have the form that the test requires.
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
    hasSinglePositions = hasSinglePositions && output.positions == 1
    return true
  }

  /// Returns a random position in each of `limit` equal intervals, so that positions are not
  /// aligned in columns.
  private static func sample(_ count: Int, limit: Int) -> [Int] {
    guard count > limit else { return Array(0..<count) }
    var generator = SplitMix64(seed: UInt64(count))
    return (0..<limit).map { index in
      let start = index * count / limit, end = (index + 1) * count / limit
      return start + Int(generator.next() % UInt64(end - start))
    }
  }
}
