import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Goes through the first network node by node, and gives each node what the second network has for its inputs. So every difference is
/// found where it arises, and bounds stay as narrow as the roundings between two values that both networks have.
struct StepwiseComparison {
  let first: ComparedRun
  let second: ComparedRun
  /// For values of the first network, those of the second one.
  let partners: [ValueID: ValueID]
  /// For values of the second network in another order of axes, which of them the axes of the first one's are.
  var layouts: [ValueID: [Int]] = [:]
  /// The outputs of the first network, and those of the second one that they are held against.
  let outputs: [(first: ValueID, second: ValueID)]
  let rounding: RoundingModel
  /// Values of the second network for other inputs, by their names: further evidence of weights.
  var further: [[String: Tensor]] = []

  /// A value of the second network, in the order of axes of the first one's.
  func tensor(_ other: ValueID) throws(InfoldError) -> Tensor? {
    guard let tensor = second.tensor(other), let layout = layouts[other], tensor.elementType == .float64 else {
      return second.tensor(other)
    }
    return try tensor.transposed(layout)
  }

  /// A value that differs by more than rounding explains.
  struct Finding {
    /// In the first network.
    let value: ValueID
    /// In the second one.
    let other: ValueID
    /// The largest difference beyond what is allowed.
    let difference: Double
    /// What rounding allows there.
    let allowed: Double
    /// The largest magnitude that is expected.
    let largest: Double
    /// Where the element is.
    let place: [Int]
    /// How many elements differ.
    let count: Int
    /// The constant that the difference comes from, where that is known.
    var constant: ConstantDifference?
    /// Whether the constant explains the difference.
    var isExplained = false
  }

  /// How far a value is from what is expected.
  struct Step {
    let value: ValueID
    let other: ValueID
    let measured: ElementBounds.Measurement
  }

  /// What one pass through the network finds.
  struct Result {
    /// In the order of the first network's nodes.
    var findings: [Finding] = []
    /// What the second network has done to channels and undoes later.
    var maps: [ValueID: ChannelMap] = [:]
    /// The values that were compared, in the order of the nodes.
    var steps: [Step] = []
    /// Passes as they were before the nodes that make values which differ.
    var checkpoints: [ValueID: ComparisonWalk.Checkpoint] = [:]
    /// What was found of layers.
    var layers: [ValueID: ConstantDifference?] = [:]
  }

  /// Goes through all nodes.
  func run() throws(InfoldError) -> Result {
    var walk = try ComparisonWalk(self)
    return try walk.result(from: 0)
  }

  /// Goes through the nodes from the one on that makes `start`, a value that differed in a former pass.
  /// - Parameter excluded: Values from there on that are not compared, and not taken from the second network.
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
