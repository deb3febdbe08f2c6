import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Computes the first network node by node, with the second network's values as operands.
///
/// A difference shows up at the node that causes it. Bounds cover only the roundings between two
/// values that both networks have, and so stay narrow.
struct StepwiseComparison {
  let first: ComparedRun
  let second: ComparedRun
  /// For each value of the first network, its match in the second one.
  let partners: [ValueID: ValueID]
  /// For each value of the second network with another layout, the permutation that transposes it
  /// to that of the first network.
  var layouts: [ValueID: [Int]] = [:]
  /// The matching outputs of both networks.
  let outputs: [(first: ValueID, second: ValueID)]
  let rounding: RoundingModel
  /// Values of the second network for other inputs, by name. With them, smaller differences of
  /// weights are found.
  var further: [[String: Tensor]] = []

  /// Returns a value of the second network in the layout of the first one.
  func tensor(_ other: ValueID) throws(InfoldError) -> Tensor? {
    guard let tensor = second.tensor(other), let layout = layouts[other], tensor.elementType == .float64 else {
      return second.tensor(other)
    }
    return try tensor.transposed(layout)
  }

  /// A value that differs by more than rounding errors.
  struct Finding {
    /// The value in the first network.
    let value: ValueID
    /// The value in the second network.
    let other: ValueID
    /// The difference of the element that exceeds its bound by the most.
    let difference: Double
    /// The error bound of that element.
    let allowed: Double
    /// The largest magnitude of an expected element.
    let largest: Double
    /// The position of the element.
    let place: [Int]
    /// The number of elements that differ.
    let count: Int
    /// The constant that causes the difference, if it is known.
    var constant: ConstantDifference?
  }

  /// The deviation of a value from its expected value.
  struct Step {
    let value: ValueID
    let other: ValueID
    let measured: ElementBounds.Measurement
  }

  /// The result of one pass over the network.
  struct Result {
    /// The findings, in node order of the first network.
    var findings: [Finding] = []
    /// Channel maps that the second network applies and undoes later.
    var maps: [ValueID: ChannelMap] = [:]
    /// The compared values, in node order.
    var steps: [Step] = []
    /// For each value that differs, the state of the pass before the node that computes it.
    var checkpoints: [ValueID: ComparisonWalk.Checkpoint] = [:]
    /// The results of layer tests.
    var layers: [ValueID: ConstantDifference?] = [:]
  }

  /// Visits all nodes.
  func run() throws(InfoldError) -> Result {
    var walk = try ComparisonWalk(self)
    return try walk.result(from: 0)
  }

  /// Visits the nodes from the one that computes `start`, a value that differed in an earlier pass.
  /// - Parameter excluded: Values from there on that the pass neither compares nor takes from the
  ///   second network.
  func run(without excluded: Set<ValueID>, from start: ValueID, of former: Result) throws(InfoldError) -> Result {
    var walk: ComparisonWalk, place = 0
    if let checkpoint = former.checkpoints[start] {
      (walk, place) = (checkpoint.walk, checkpoint.node)
    } else {
      walk = try ComparisonWalk(self)
    }
    walk.excluded = excluded
    walk.layers.merge(former.layers) { own, _ in own }
    return try walk.result(from: place)
  }
}
