import InfoldOperators
import InfoldReports
import InfoldTensor

/// What `FoldingProof` finds.
public struct ProofReport: Sendable, Encodable {
  /// What a proof ends with.
  public enum Verdict: String, Sendable, Encodable {
    /// Every constant, every site and every output is as it must be.
    case passed
    /// Something is not.
    case failed
    /// The original has no batch normalization, and nothing else that can be folded.
    case nothingToProve
  }

  /// What the proof ends with.
  public internal(set) var verdict = Verdict.failed
  /// Whether something was proved, and every constant, every site and every output is as it must be.
  public internal(set) var passed = false
  /// Why not; or, when it passed, in what sense.
  public internal(set) var reasons: [String] = []
  /// What is worth knowing and no failure.
  public internal(set) var remarks: [String] = []
  /// The file with the original, where it was read from one.
  public internal(set) var model: String?
  /// The file with the folded model; `nil` when Infold folded it.
  public internal(set) var folded: String?
  /// The inputs that it was run on.
  public internal(set) var inputs: [String] = []
  /// The batch normalizations of the original, and how many are left in the folded model.
  public internal(set) var normalizations = Normalizations()
  /// The places where normalizations were folded, in the order of the network, and those where they could have been.
  public internal(set) var sites: [SiteReport] = []
  /// The folded weights and biases, all together.
  public internal(set) var constants = ConstantReport()
  /// The site whose error comes closest to its bound, as its place in `sites`.
  public internal(set) var tightestSite: Int?
  /// The outputs of the network.
  public internal(set) var outputs: [OutputReport] = []
  /// The batch normalizations that stay: why, and whether what is computed in their place is right.
  public internal(set) var staying: [StayingNormalization] = []
  /// What sessions run, behind all of their passes, in each precision that was asked for.
  public internal(set) var sessions: [SessionReport] = []
  /// How a file that another tool has folded was matched; `nil` where Infold folded.
  public internal(set) var matching: FileMatching?

  /// How many batch normalizations there are.
  public struct Normalizations: Sendable, Encodable {
    /// In the original.
    public internal(set) var total = 0
    /// Of these, no longer in the folded model.
    public internal(set) var folded = 0
    /// Why others were not folded, where Infold folded.
    public internal(set) var refusals: [Refusal] = []
  }

  /// A normalization that stays.
  public struct Refusal: Sendable, Encodable {
    /// The node.
    public let node: String
    /// Why.
    public let reason: String
  }
}

/// What is found at one linear operator.
public struct SiteReport: Sendable, Encodable {
  /// What became of the maps around it.
  public enum State: String, Sendable, Encodable {
    /// There are none.
    case plain
    /// All are folded.
    case folded
    /// Some are folded.
    case partlyFolded
    /// All are still there.
    case notFolded
  }

  /// The name of the operator's node, or where it has none of the value that it makes.
  public internal(set) var name: String
  /// The operator's name, like `Conv`.
  public internal(set) var operatorName: String
  /// The node, as errors call it.
  public internal(set) var node: String
  /// The maps that are folded into it, in the order of the data.
  public internal(set) var absorbed: [String]
  /// What became of them.
  public internal(set) var state: State
  /// The output channels.
  public internal(set) var channels: Int
  /// K, the products that are added up for one output.
  public internal(set) var dotLength: Int
  /// γ ÷ √(σ² + ε), by magnitude: the smallest, the quartiles and the largest of all channels.
  public internal(set) var scale: Spread
  /// The channels whose variance is at most epsilon, so that epsilon decides their scale.
  public internal(set) var channelsWithoutVariance: Int
  /// What the constants are.
  public internal(set) var constants: ConstantReport
  /// What the numbers are; `nil` where nothing was folded, or nothing can be said.
  public internal(set) var numbers: Numbers?
  /// Whether constants and numbers are within their bounds.
  public internal(set) var passed: Bool

  /// The smallest and largest of some numbers, and the quartiles.
  public struct Spread: Sendable, Encodable {
    /// The smallest.
    public internal(set) var minimum = 0.0
    /// A quarter is at most this.
    public internal(set) var lowerQuartile = 0.0
    /// Half is at most this.
    public internal(set) var median = 0.0
    /// Three quarters are at most this.
    public internal(set) var upperQuartile = 0.0
    /// The largest.
    public internal(set) var maximum = 0.0

    init(_ numbers: [Double]) {
      let sorted = numbers.sorted()
      guard let last = sorted.indices.last else { return }
      func quantile(_ share: Double) -> Double { sorted[Int((share * Double(last)).rounded())] }
      (minimum, lowerQuartile, median) = (sorted[0], quantile(0.25), quantile(0.5))
      (upperQuartile, maximum) = (quantile(0.75), sorted[last])
    }
  }

  /// One form of the site against the truth.
  public struct Form: Sendable, Encodable {
    /// The largest error.
    public let absoluteError: Double
    /// The largest error as a share of the largest magnitude of the truth.
    public let relativeError: Double
    /// Error ÷ bound, where that is largest: at most 1.
    public let shareOfBound: Double
    /// The largest bound.
    public let bound: Double
    /// The channel where error ÷ bound is largest.
    public let channel: Int
  }

  /// What both sides make of the same inputs.
  public struct Numbers: Sendable, Encodable {
    /// The operator that took in the maps.
    public let folded: Form
    /// The operator with the maps as one scale and one shift per channel.
    public let unfolded: Form
    /// The operator with the maps as the model has them.
    public let asWritten: Form
    /// The largest magnitude of the truth.
    public let largestMagnitude: Double
    /// The largest difference of folded and unfolded.
    public let absoluteDifference: Double
    /// The same as a share of the largest magnitude of the truth.
    public let relativeDifference: Double
    /// The largest difference, counted in numbers of the type that lie between.
    public let ulpDifference: UInt64
    /// How many times closer to the truth folding is: the unfolded error ÷ the folded one. `nil` when there is no error.
    public let improvement: Double?
    /// Numbers of the truth that are not finite, and were not compared.
    public let notFinite: Int
  }
}

/// What is found of folded weights and biases.
public struct ConstantReport: Sendable, Encodable {
  /// Which constant of an operator.
  public enum Constant: String, Sendable, Encodable {
    /// What inputs are multiplied with.
    case weight
    /// What is added.
    case bias
  }

  /// A number that is wrong.
  public struct Mismatch: Sendable, Encodable {
    /// Where it stands.
    public let constant: Constant
    /// Its place in the folded model's tensor, in row-major order.
    public let element: Int
    /// The output channel that it belongs to.
    public let channel: Int
    /// What it must be.
    public let expected: Double
    /// What it is.
    public let actual: Double
    /// How far it may be off.
    public let limit: Double
    let excess: Double

    private enum CodingKeys: CodingKey {
      case constant, element, channel, expected, actual, limit
    }
  }

  /// The numbers that were checked.
  public internal(set) var count = 0
  /// Those beyond their limit.
  public internal(set) var wrong = 0
  /// Those further from the exact number than rounding it once.
  public internal(set) var notCorrectlyRounded = 0
  /// Those below the normal range, where rounding is coarser.
  public internal(set) var subnormal = 0
  /// The largest error of a weight, in units of u·|w′|.
  public internal(set) var largestWeightError = 0.0
  /// The number that is furthest beyond its limit.
  public internal(set) var worst: Mismatch?

  /// Takes back what `add` counted.
  mutating func remove(_ other: ConstantReport) {
    count -= other.count
    wrong -= other.wrong
    notCorrectlyRounded -= other.notCorrectlyRounded
    subnormal -= other.subnormal
    if wrong == 0 { worst = nil }
  }

  mutating func add(_ other: ConstantReport) {
    count += other.count
    wrong += other.wrong
    notCorrectlyRounded += other.notCorrectlyRounded
    subnormal += other.subnormal
    largestWeightError = max(largestWeightError, other.largestWeightError)
    if let theirs = other.worst, theirs.excess > worst?.excess ?? -1 { worst = theirs }
  }
}

/// What folding did to an output of the network.
public struct OutputReport: Sendable, Encodable {
  /// A number of the output, before and after.
  public struct Point: Sendable, Encodable {
    /// What the network makes of it before folding.
    public let unfolded: Double
    /// And behind it.
    public let folded: Double
  }

  /// Agreement on the best classes.
  public struct Ranks: Sendable, Encodable {
    /// The rows of scores.
    public let samples: Int
    /// Those with the same best class.
    public let sameTop1: Int
    /// Those with the same five best classes, in any order.
    public let sameTop5: Int
  }

  /// How far the folded network is from the unfolded one.
  var difference: OutputDifference
  /// The shape, of the last input.
  public internal(set) var shape: [Int] = []
  /// Numbers of the truth that are not finite, and were not compared.
  public internal(set) var notFinite = 0
  /// Of these, those that the definitions of the operators make in the model's types as well, and the folded network does not.
  public internal(set) var wronglyFinite = 0
  /// The largest magnitude of the truth.
  public internal(set) var largestMagnitude = 0.0
  /// The largest error of what the definitions of the operators make in the model's types, without kernels and passes.
  public internal(set) var writtenError = 0.0
  /// The largest error of the unfolded network against the truth.
  public internal(set) var unfoldedError = 0.0
  /// The largest error of the folded network against the truth.
  public internal(set) var foldedError = 0.0
  /// Whether numbers of the network are rounded to a few bits, so that one beside the middle of two steps may go to either.
  var isQuantized = false
  /// The element type.
  var type = ElementType.float32

  /// The name.
  public var name: String { difference.name }
  /// The numbers compared, over all inputs.
  public var elements: Int { difference.elements }
  /// Those that differ at all.
  public var differingElements: Int { difference.differingElements }
  /// The largest difference of folded and unfolded; 0 for integers.
  public var absoluteDifference: Double { type.isFloatingPoint ? difference.largestDifference : 0 }
  /// The smallest cosine of the angle between folded and unfolded output; `nil` for outputs of zeros, and integers.
  public var cosineSimilarity: Double? { type.isFloatingPoint ? difference.cosine : nil }
  /// Agreement on the best classes; `nil` for an output that is no row of scores.
  public var ranks: Ranks? {
    difference.classes.map { Ranks(samples: $0.rows, sameTop1: $0.same, sameTop5: $0.sameFive) }
  }
  /// Some numbers, before and after, for a plot.
  public var points: [Point] { difference.points.map { Point(unfolded: $0.first, folded: $0.second) } }

  init(name: String) {
    difference = OutputDifference(name: name)
  }

  /// `value` as a share of the largest magnitude.
  public func relative(_ value: Double) -> Double {
    value == 0 ? 0 : value / largestMagnitude
  }

  private enum CodingKeys: CodingKey {
    case name, shape, elements, differingElements, notFinite, wronglyFinite, largestMagnitude, absoluteDifference
    case writtenError, unfoldedError, foldedError, cosineSimilarity, ranks
  }

  /// Encodes all but the points; the cosine and the ranks where there are some.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(shape, forKey: .shape)
    try container.encode(elements, forKey: .elements)
    try container.encode(differingElements, forKey: .differingElements)
    try container.encode(notFinite, forKey: .notFinite)
    try container.encode(wronglyFinite, forKey: .wronglyFinite)
    try container.encode(largestMagnitude, forKey: .largestMagnitude)
    try container.encode(absoluteDifference, forKey: .absoluteDifference)
    try container.encode(writtenError, forKey: .writtenError)
    try container.encode(unfoldedError, forKey: .unfoldedError)
    try container.encode(foldedError, forKey: .foldedError)
    try container.encodeIfPresent(cosineSimilarity, forKey: .cosineSimilarity)
    try container.encodeIfPresent(ranks, forKey: .ranks)
  }
}
