import InfoldGraph
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// Compares a fold site before and after folding with double precision, on the same inputs.
struct SiteComparison {
  private let pair: OperatorMatching.Pair
  private let constantRoundings: Int
  private(set) var measurement = SiteMeasurement()

  /// - Parameter constantRoundings: The number of roundings of a folded constant: 1 if it is
  ///   correctly rounded.
  init(_ pair: OperatorMatching.Pair, constantRoundings: Int) {
    self.pair = pair
    self.constantRoundings = constantRoundings
  }

  /// Adds the results for the input `x` of the fold site.
  mutating func add(_ x: Tensor) throws(InfoldError) {
    let truthTensor = try pair.original.evaluate(x, precision: .double)
    let truth: [Double] = try truthTensor.elements()
    let asWritten = try pair.original.evaluate(x)
    let shifted = try pair.original.evaluate(x, .scaleAndShift)
    let folded = try pair.folded.evaluate(x, window: pair.original)
    guard folded.shape == truthTensor.shape else {
      throw InfoldError(
        .invalidModel,
        "shape mismatch: for \(x), the output of the folded operator is \(folded), "
          + "that of the original is \(truthTensor.shape)")
    }
    let layout = ChannelLayout(
      truthTensor.shape, axis: pair.original.entry.linear.channelAxis(rank: truthTensor.shape.count))
    let bounds = try SiteBounds(
      original: pair.original, folded: pair.folded, constantRoundings: constantRoundings, x: x, layout: layout)
    try measurement.add(
      truth: truth, folded: (folded, bounds.folded), scaleAndShift: (shifted, bounds.scaleAndShift),
      asWritten: (asWritten, bounds.asWritten), layout)
  }
}

/// The largest errors of a fold site so far.
struct SiteMeasurement {
  /// The distance of one form from the ground truth.
  struct Form {
    var error = 0.0
    /// The largest quotient of error and bound.
    var share = 0.0
    var bound = 0.0
    /// The channel with the largest quotient, and the error there.
    var channel = 0
  }

  var folded = Form()
  var scaleAndShift = Form()
  var asWritten = Form()
  /// The largest magnitude of the ground truth.
  var scale = 0.0
  /// The largest difference between the folded form and scale and shift.
  var difference = 0.0
  var ulps: UInt64 = 0
  var elements = 0
  var notFinite = 0

  mutating func add(
    truth: [Double], folded: (Tensor, [Double]), scaleAndShift: (Tensor, [Double]), asWritten: (Tensor, [Double]),
    _ layout: ChannelLayout
  ) throws(InfoldError) {
    elements += truth.count
    for value in truth {
      if value.isFinite { scale = max(scale, value.magnitude) } else { notFinite += 1 }
    }
    let foldedNumbers: [Double] = try folded.0.widened().elements()
    let shiftedNumbers: [Double] = try scaleAndShift.0.widened().elements()
    self.folded.add(foldedNumbers, truth, folded.1, layout)
    self.scaleAndShift.add(shiftedNumbers, truth, scaleAndShift.1, layout)
    self.asWritten.add(try asWritten.0.widened().elements(), truth, asWritten.1, layout)
    let type = folded.0.elementType
    for index in truth.indices where truth[index].isFinite {
      difference = max(difference, (foldedNumbers[index] - shiftedNumbers[index]).magnitude)
      ulps = max(ulps, type.steps(from: foldedNumbers[index], to: shiftedNumbers[index]))
    }
  }
}

extension SiteMeasurement.Form {
  fileprivate mutating func add(_ values: [Double], _ truth: [Double], _ bounds: [Double], _ layout: ChannelLayout) {
    layout.forEachRow { channel, row in
      for index in row where truth[index].isFinite {
        let difference = (values[index] - truth[index]).magnitude
        let distance = difference.isNaN ? .infinity : difference
        error = max(error, distance)
        bound = max(bound, bounds[index])
        let part = distance == 0 ? 0 : distance / bounds[index]
        if part > share { (share, self.channel) = (part, channel) }
      }
    }
  }
}

extension ElementType {
  /// The distance from `a` to `b` in ulps: the number of steps over neighboring numbers of this
  /// floating-point type. Both are numbers of the type.
  func steps(from a: Double, to b: Double) -> UInt64 {
    guard a.isFinite, b.isFinite else { return a == b ? 0 : .max }
    func place(_ value: Double) -> Int64 {
      let bits: Int64 =
        switch self {
        case .float16: Int64(Float16(value.magnitude).bitPattern)
        case .bfloat16: Int64(Float(value.magnitude).bitPattern >> 16)
        case .float64: Int64(value.magnitude.bitPattern)
        default: Int64(Float(value.magnitude).bitPattern)
        }
      return value.sign == .minus ? -bits : bits
    }
    let (distance, _) = place(a).subtractingReportingOverflow(place(b))
    return distance.magnitude
  }
}
