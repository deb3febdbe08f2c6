import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import Synchronization
import TestSupport

/// Invented times that replace the clock of a tuned session, and a record of the measured choices.
final class MadeUpTimes: Sendable {
  private let asked = Mutex<[String: Int]>([:])
  private let seed: UInt64

  /// Different seeds prefer different choices.
  init(seed: UInt64) {
    self.seed = seed
  }

  /// The number of measurements of steps.
  var count: Int { asked.withLock { $0.values.reduce(0, +) } }
  /// The ways that were.
  var ways: [String] { asked.withLock { Array($0.keys) } }

  /// Always the same time for the same choices.
  var timer: StepTimer {
    { choices, _ in
      self.asked.withLock { asked in for choice in choices { asked[choice, default: 0] += 1 } }
      return choices.reduce(0) { sum, choice in
        let hash = choice.utf8.reduce(self.seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        // Otherwise, names with the same ending would have correlated times.
        let mixed = (hash ^ hash >> 31) &* 0xbf58_476d_1ce4_e5b9
        return sum + 1000 + (mixed >> 32) % 1000
      }
    }
  }
}

/// A network with layers of all kinds that have choices: a first layer, layers that can run in bands, a residual, groups, a window for
/// Winograd's algorithm, and a product.
func networkWithChoices(seed: UInt64) throws -> Model {
  var network = NetworkBuilder(seed: seed)
  let side = 24 + Int(seed % 9), wide = 32 * (3 + Int(seed % 3))
  var value = network.input(Shape([1, 3, side, side]))
  func convolution(_ x: ValueID, _ weights: [Int], stride: Int = 1, groups: Int = 1) throws -> ValueID {
    let pad = Int64(weights[2] / 2)
    return try network.node(
      "Conv", [x, try network.weights(weights, in: -0.2...0.2), try network.weights([weights[0]])],
      [
        "pads": .ints([pad, pad, pad, pad]), "strides": .ints([Int64(stride), Int64(stride)]),
        "group": .int(Int64(groups)),
      ])
  }
  value = try network.node("Relu", [convolution(value, [16, 3, 3, 3])])
  let before = value
  value = try network.node("Relu", [convolution(value, [wide, 16, 1, 1])])
  value = try network.node("Relu", [convolution(value, [wide, 1, 3, 3], groups: wide)])
  value = try network.node("Add", [convolution(value, [16, wide, 1, 1]), before])
  value = try network.node("Relu", [convolution(value, [wide, 16, 3, 3])])
  value = try network.node("Relu", [convolution(value, [2 * wide, wide / 4, 3, 3], stride: 2, groups: 4)])
  value = try network.node("GlobalAveragePool", [convolution(value, [64, 2 * wide, 3, 3])])
  value = try network.node("MatMul", [network.node("Flatten", [value]), network.weights([64, 10])])
  return try network.finished(value).model
}

extension Session {
  /// A session of a model with the kernels of the portable set or another one, with small caches, so that layers run in bands.
  convenience init(_ model: Model, _ options: SessionOptions, kernels: String? = nil, timer: StepTimer?) throws {
    try self.init(model, options: options, kernelsNamed: kernels, secondLevelCache: 1 << 16, timer: timer)
  }

  /// The measured choices of each step.
  func measuredChoices() throws -> [[String]] {
    try plannedSteps().map(\.measuredChoices)
  }

  /// The bits of the only output.
  func bits(_ x: Tensor) throws -> [UInt32] { (try run(x).elements() as [Float]).map(\.bitPattern) }
}
