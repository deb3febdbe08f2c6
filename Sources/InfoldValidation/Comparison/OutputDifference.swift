import InfoldSystem
import InfoldTensor

/// The difference of an output between two networks, over all samples.
public struct OutputDifference: Sendable, Encodable {
  /// The output's name in the first network.
  public internal(set) var name: String
  /// The number of elements that were compared.
  public internal(set) var elements = 0
  /// The number of elements that are not equal.
  public internal(set) var differingElements = 0
  /// The largest difference of two elements. It is infinite if the numbers of elements differ.
  public internal(set) var largestDifference = 0.0
  /// The largest magnitude in the first network.
  public internal(set) var largestMagnitude = 0.0
  /// The largest difference, divided by the largest magnitude.
  public internal(set) var relativeDifference = 0.0
  /// The smallest cosine similarity of any sample; `nil` if there is none.
  public internal(set) var cosine: Double?
  /// For an output of class scores, the numbers of rows whose best classes agree.
  public internal(set) var classes: Classes?
  /// Some elements of both networks, for a plot. They are not part of the JSON report.
  public internal(set) var points: [Point] = []
  private var generator = SplitMix64(seed: 0)

  /// Counts of rows by whether their best classes agree.
  public struct Classes: Sendable, Encodable {
    /// The number of rows with the same best class.
    public internal(set) var same = 0
    /// The number of rows with the same five best classes, in any order.
    public internal(set) var sameFive = 0
    /// The number of all rows.
    public internal(set) var rows = 0
  }

  /// An element of the output in both networks.
  public struct Point: Sendable {
    /// The element in the first network.
    public let first: Double
    /// The element in the second network.
    public let second: Double
  }

  init(name: String) {
    self.name = name
  }

  private enum CodingKeys: CodingKey {
    case name, elements, differingElements, largestDifference, largestMagnitude, relativeDifference, cosine, classes
  }
}

// MARK: Measuring

extension OutputDifference {
  /// The most points of a plot, and of one sample.
  private static let pointLimit = 600
  private static let pointsOfSample = 200

  /// Adds the outputs of both networks for a sample.
  /// - Parameter isCounted: Whether an element counts for the differences and the cosine, by its
  ///   index.
  mutating func add(
    _ first: Tensor, _ second: Tensor, where isCounted: (Int) -> Bool = { _ in true }
  ) throws(InfoldError) {
    guard first.count == second.count else {
      (largestDifference, relativeDifference) = (.infinity, .infinity)
      return
    }
    elements += first.count
    let a = try first.numbers(), b = try second.numbers()
    var products = InnerProducts()
    for index in a.indices {
      let (x, y) = (a[index], b[index]), isSame = x == y || x.isNaN && y.isNaN
      if !isSame { differingElements += 1 }
      guard isCounted(index) else { continue }
      if !isSame {
        let difference = (x - y).magnitude
        largestDifference = max(largestDifference, difference.isNaN ? .infinity : difference)
      }
      if x.isFinite { largestMagnitude = max(largestMagnitude, x.magnitude) }
      products.add(x, y)
    }
    relativeDifference = largestDifference == 0 ? 0 : largestDifference / largestMagnitude
    if let measured = products.cosine, !measured.isNaN { cosine = min(cosine ?? 1, measured) }
    guard first.elementType.isFloatingPoint, second.elementType.isFloatingPoint else { return }
    try Classes.add(first, try second.reshaped(to: first.shape), to: &classes)
    addPoints(a, b)
  }

  /// Adds points for the largest, the smallest, and random elements.
  private mutating func addPoints(_ a: [Double], _ b: [Double]) {
    let finite = a.indices.filter { a[$0].isFinite && b[$0].isFinite }
    guard points.count < Self.pointLimit, !finite.isEmpty else { return }
    let room = min(Self.pointLimit - points.count, Self.pointsOfSample)
    var chosen = finite
    if finite.count > room {
      chosen = (0..<max(room - 2, 0)).map { _ in finite[Int(generator.next() % UInt64(finite.count))] }
      chosen += [finite.max { a[$0] < a[$1] }!, finite.min { a[$0] < a[$1] }!]
    }
    points += chosen.map { Point(first: a[$0], second: b[$0]) }
  }
}

extension OutputDifference.Classes {
  /// Counts the rows whose best classes agree, if the outputs hold class scores.
  static func add(_ first: Tensor, _ second: Tensor, to known: inout Self?) throws(InfoldError) {
    guard first.isScores else { return }
    var classes = known ?? Self()
    for (a, b) in zip(try first.topK(5), try second.topK(5)) {
      classes.rows += 1
      if a[0].index == b[0].index { classes.same += 1 }
      if Set(a.map(\.index)) == Set(b.map(\.index)) { classes.sameFive += 1 }
    }
    known = classes
  }
}
