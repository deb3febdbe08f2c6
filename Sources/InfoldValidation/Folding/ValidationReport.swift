import InfoldOperators
import InfoldReports
import InfoldTensor

/// The result of a validation with `FoldValidation`.
public struct ValidationReport: Sendable, Encodable {
  /// The outcome of a validation.
  public enum Outcome: String, Sendable, Encodable {
    /// Something was validated, and every constant, result and output is within its bounds.
    case passed
    /// A constant, a result or an output is not within its bounds.
    case failed
    /// The original has no batch normalization, and nothing else that can be folded.
    case nothingToValidate
  }

  /// The outcome.
  public internal(set) var outcome = Outcome.failed
  /// Whether the outcome is `passed`.
  public internal(set) var passed = false
  /// The reasons why the validation failed, or what was validated if it passed.
  public internal(set) var reasons: [String] = []
  /// Notes that are not failures.
  public internal(set) var notes: [String] = []
  /// The file of the original, if it was read from a file.
  public internal(set) var model: String?
  /// The file of the folded model. `nil` if Infold folded it.
  public internal(set) var folded: String?
  /// The names of the inputs that the networks were run on.
  public internal(set) var inputs: [String] = []
  /// The numbers of batch normalizations in the original and in the folded model.
  public internal(set) var normalizations = Normalizations()
  /// The fold sites in the order of the network, including those that could have been folded and
  /// are not.
  public internal(set) var sites: [SiteReport] = []
  /// The totals over all folded weights and biases.
  public internal(set) var constants = ConstantReport()
  /// The index in `sites` of the fold site whose error is closest to its bound. `nil` if no results
  /// were compared.
  public internal(set) var tightestSite: Int?
  /// The outputs of the network.
  public internal(set) var outputs: [OutputReport] = []
  /// The batch normalizations that are not folded: the reasons, and whether their results are
  /// right.
  public internal(set) var unfoldedNormalizations: [UnfoldedNormalization] = []
  /// The results for what sessions run after all passes, one for each requested precision.
  public internal(set) var sessions: [SessionReport] = []
  /// The matching of a file that another tool folded. `nil` if Infold folded.
  public internal(set) var matching: FileMatching?

  /// The numbers of batch normalizations.
  public struct Normalizations: Sendable, Encodable {
    /// The number in the original.
    public internal(set) var total = 0
    /// The number of them that the folded model no longer has.
    public internal(set) var folded = 0
    /// The reasons why others were not folded. Empty if another tool folded.
    public internal(set) var refusals: [Refusal] = []
  }

  /// A normalization that was not folded.
  public struct Refusal: Sendable, Encodable {
    /// The node.
    public let node: String
    /// The reason.
    public let reason: String
  }
}

/// The results at one fold site.
public struct SiteReport: Sendable, Encodable {
  /// Whether the maps around an operator are folded.
  public enum State: String, Sendable, Encodable {
    /// There are no maps.
    case plain
    /// All maps are folded.
    case folded
    /// Some maps are folded.
    case partlyFolded
    /// No map is folded.
    case notFolded
  }

  /// The name of the operator's node, or of its output if the node has no name.
  public internal(set) var name: String
  /// The operator's name, such as `Conv`.
  public internal(set) var operatorName: String
  /// The node's label in errors.
  public internal(set) var node: String
  /// The maps around the operator, in the order of the data.
  public internal(set) var absorbed: [String]
  /// Whether the maps are folded.
  public internal(set) var state: State
  /// The number of output channels.
  public internal(set) var channels: Int
  /// K, the number of products that are summed for one output element.
  public internal(set) var dotLength: Int
  /// The distribution of the factors that are folded into the channels. The factor of a batch
  /// normalization is |γ ÷ √(σ² + ε)|.
  public internal(set) var scale: Spread
  /// The number of channels whose variance is at most epsilon, so that epsilon determines their
  /// scale.
  public internal(set) var channelsWithoutVariance: Int
  /// The results for the constants.
  public internal(set) var constants: ConstantReport
  /// The errors of each form of the site. `nil` if nothing was folded or results were not compared.
  public internal(set) var numbers: Numbers?
  /// Whether constants and errors are within their bounds.
  public internal(set) var passed: Bool

  /// The minimum, the quartiles and the maximum of a list of numbers.
  public struct Spread: Sendable, Encodable {
    /// The minimum.
    public internal(set) var minimum = 0.0
    /// The lower quartile: a quarter of the numbers is at most this.
    public internal(set) var lowerQuartile = 0.0
    /// The median.
    public internal(set) var median = 0.0
    /// The upper quartile: three quarters of the numbers are at most this.
    public internal(set) var upperQuartile = 0.0
    /// The maximum.
    public internal(set) var maximum = 0.0

    init(_ numbers: [Double]) {
      let sorted = numbers.sorted()
      guard let last = sorted.indices.last else { return }
      func quantile(_ share: Double) -> Double { sorted[Int((share * Double(last)).rounded())] }
      (minimum, lowerQuartile, median) = (sorted[0], quantile(0.25), quantile(0.5))
      (upperQuartile, maximum) = (quantile(0.75), sorted[last])
    }
  }

  /// The errors of one form of the fold site, compared with the ground truth.
  public struct Form: Sendable, Encodable {
    /// The largest error.
    public let absoluteError: Double
    /// The largest error, relative to the largest magnitude of the ground truth.
    public let relativeError: Double
    /// The largest quotient of error and bound. At most 1 if the form is within its bounds.
    public let shareOfBound: Double
    /// The largest bound.
    public let bound: Double
    /// The channel with the largest quotient of error and bound.
    public let channel: Int
  }

  /// The errors of all forms of a fold site for the same inputs.
  public struct Numbers: Sendable, Encodable {
    /// The operator with the maps folded into it.
    public let folded: Form
    /// The operator with the maps as one scale and one shift per channel.
    public let unfolded: Form
    /// The operator with the maps as written in the model.
    public let asWritten: Form
    /// The largest magnitude of the ground truth.
    public let largestMagnitude: Double
    /// The largest difference between the folded and the unfolded form.
    public let absoluteDifference: Double
    /// The largest difference, relative to the largest magnitude of the ground truth.
    public let relativeDifference: Double
    /// The largest difference in ulps: the number of steps between neighboring numbers of the type.
    public let ulpDifference: UInt64
    /// The unfolded error divided by the folded error. `nil` if the folded form has no error.
    public let improvement: Double?
    /// The number of elements of the ground truth that are not finite and were not compared.
    public let notFinite: Int
  }
}

/// The results for folded weights and biases.
public struct ConstantReport: Sendable, Encodable {
  /// A constant of an operator.
  public enum Constant: String, Sendable, Encodable {
    /// The factor of the inputs.
    case weight
    /// The summand.
    case bias
  }

  /// A wrong number.
  public struct Mismatch: Sendable, Encodable {
    /// The constant that contains it.
    public let constant: Constant
    /// Its index in the folded model's tensor, in row-major order.
    public let element: Int
    /// The output channel that it belongs to.
    public let channel: Int
    /// The expected value.
    public let expected: Double
    /// The actual value.
    public let actual: Double
    /// The largest permitted error.
    public let limit: Double
    let excess: Double

    private enum CodingKeys: CodingKey {
      case constant, element, channel, expected, actual, limit
    }
  }

  /// The number of constants that were checked.
  public internal(set) var count = 0
  /// The number of constants whose error exceeds the limit.
  public internal(set) var wrong = 0
  /// The number of constants that are not the correctly rounded values.
  public internal(set) var notCorrectlyRounded = 0
  /// The number of expected constants that are subnormal, and thus rounded more coarsely.
  public internal(set) var subnormal = 0
  /// The largest error of a weight, in units of u·|w′|.
  public internal(set) var largestWeightError = 0.0
  /// The number whose error exceeds its limit by the largest factor.
  public internal(set) var worst: Mismatch?

  /// Subtracts counts that were added by `add`.
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

/// The effect of folding on an output of the network.
public struct OutputReport: Sendable, Encodable {
  /// An element of the output, before and after folding.
  public struct Point: Sendable, Encodable {
    /// The value without folding.
    public let unfolded: Double
    /// The value with folding.
    public let folded: Double
  }

  /// Agreement on the best classes.
  public struct Ranks: Sendable, Encodable {
    /// The number of rows of scores.
    public let samples: Int
    /// The number of rows with the same best class.
    public let sameTop1: Int
    /// The number of rows with the same five best classes, in any order.
    public let sameTop5: Int
  }

  /// The difference between the folded and the unfolded network.
  var difference: OutputDifference
  /// The shape for the last input.
  public internal(set) var shape: [Int] = []
  /// The number of elements of the ground truth that are not finite and were not compared.
  public internal(set) var notFinite = 0
  /// The number of these that are also not finite by the operators' definitions in the model's
  /// types, but finite in the folded network.
  public internal(set) var wronglyFinite = 0
  /// The largest magnitude of the ground truth.
  public internal(set) var largestMagnitude = 0.0
  /// The largest error of the operators' definitions evaluated in the model's types, without
  /// kernels and passes.
  public internal(set) var writtenError = 0.0
  /// The largest error of the unfolded network, compared with the ground truth.
  public internal(set) var unfoldedError = 0.0
  /// The largest error of the folded network, compared with the ground truth.
  public internal(set) var foldedError = 0.0
  /// Whether the network quantizes numbers, so that a number near the midpoint of two quantization
  /// steps may round to either.
  var isQuantized = false
  /// The element type.
  var type = ElementType.float32

  /// The name.
  public var name: String { difference.name }
  /// The number of elements compared, over all inputs.
  public var elements: Int { difference.elements }
  /// The number of elements that differ at all.
  public var differingElements: Int { difference.differingElements }
  /// The largest difference between folded and unfolded output. 0 for integers.
  public var absoluteDifference: Double { type.isFloatingPoint ? difference.largestDifference : 0 }
  /// The smallest cosine of the angle between folded and unfolded output. `nil` for integers and
  /// for outputs that are all zero.
  public var cosineSimilarity: Double? { type.isFloatingPoint ? difference.cosine : nil }
  /// Agreement on the best classes. `nil` if the output is not a row of class scores.
  public var ranks: Ranks? {
    difference.classes.map { Ranks(samples: $0.rows, sameTop1: $0.same, sameTop5: $0.sameFive) }
  }
  /// A sample of elements before and after folding, for plots.
  public var points: [Point] { difference.points.map { Point(unfolded: $0.first, folded: $0.second) } }

  init(name: String) {
    difference = OutputDifference(name: name)
  }

  /// Returns `value` relative to the largest magnitude of the ground truth.
  public func relative(_ value: Double) -> Double {
    value == 0 ? 0 : value / largestMagnitude
  }

  private enum CodingKeys: CodingKey {
    case name, shape, elements, differingElements, notFinite, wronglyFinite, largestMagnitude, absoluteDifference
    case writtenError, unfoldedError, foldedError, cosineSimilarity, ranks
  }

  /// Encodes everything except the points. The cosine and the ranks are encoded if present.
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
