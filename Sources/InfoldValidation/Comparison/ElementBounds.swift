import InfoldSystem
import InfoldTensor

/// Bounds on the difference between each element of a value and the same element of another
/// network.
struct ElementBounds {
  private var value: Tensor
  /// The bound of each element.
  let limits: [Double]
  /// The largest magnitude of an element.
  let largest: Double

  /// A difference beyond a bound: the worst element, and the number of such elements.
  struct Difference {
    let amount: Double
    let allowed: Double
    let index: Int
    let count: Int
  }

  /// The differences of another network's value.
  struct Measurement {
    /// The largest difference.
    var largest = 0.0
    /// The largest ratio of a difference to its bound.
    var share = 0.0
    /// The largest bound of an element.
    var allowed = 0.0
    /// The largest magnitude of an element.
    var magnitude = 0.0
    /// Whether the bounds of all elements are finite.
    var isKnown = true
    /// The element that exceeds its bound by the most.
    var difference: Difference?
    /// Of the elements without a finite bound, the one that differs by the most, if that is more than
    /// one part in a thousand of the largest magnitude.
    var unbounded: Difference?

    /// Whether the bounds are narrow enough to show that a value is right: at most `limit`, relative
    /// to the largest magnitude.
    func isTight(_ limit: Double = ElementBounds.tolerance) -> Bool { isKnown && allowed <= limit * magnitude }
  }

  /// The largest difference of an element without a finite bound, relative to the largest magnitude.
  fileprivate static let tolerance = 1e-3

  init(_ estimate: ErrorEstimate) throws(InfoldError) {
    value = estimate.value
    guard value.elementType == .float64 else {
      limits = try estimate.error?.elements(as: Double.self) ?? Array(repeating: 0, count: value.count)
      largest = try value.numbers().reduce(0) { max($0, $1.magnitude) }
      return
    }
    largest = value.largestMagnitude
    let numbers = try value.elements(as: Double.self), scale = value.scale
    let floors = numbers.map { x in RoundingModel.floor * max(scale, x.isFinite ? x.magnitude : 0) }
    limits =
      try estimate.total()?.elements(as: Double.self).enumerated().map { 1.01 * $0.element + floors[$0.offset] }
      ?? floors
  }

  /// Compares `other` with the value.
  func measure(_ other: Tensor) throws(InfoldError) -> Measurement {
    let a = try value.numbers(), b = try other.numbers()
    var measured = Measurement(magnitude: largest)
    var worst = (excess: 0.0, index: -1, amount: 0.0), count = 0
    var unbounded = (index: -1, amount: 0.0), unboundedCount = 0
    let tolerance = value.elementType.isFloatingPoint ? Self.tolerance * largest : 0
    for index in a.indices {
      let (x, y, limit) = (a[index], b[index], limits[index])
      measured.isKnown = measured.isKnown && limit < .infinity
      if limit < .infinity { measured.allowed = max(measured.allowed, limit) }
      if x == y || x.isNaN && y.isNaN { continue }
      let amount = (x - y).magnitude.isNaN ? .infinity : (x - y).magnitude
      guard limit < .infinity else {
        if amount > tolerance { unboundedCount += 1 }
        if amount > max(unbounded.amount, tolerance) { unbounded = (index, amount) }
        continue
      }
      measured.largest = max(measured.largest, amount)
      measured.share = max(measured.share, limit > 0 ? amount / limit : .infinity)
      guard amount > limit else { continue }
      count += 1
      let excess = amount - limit
      if excess > worst.excess { worst = (excess, index, amount) }
    }
    if count > 0 {
      measured.difference = Difference(
        amount: worst.amount, allowed: limits[worst.index], index: worst.index, count: count)
    }
    if unboundedCount > 0 {
      measured.unbounded = Difference(
        amount: unbounded.amount, allowed: tolerance, index: unbounded.index, count: unboundedCount)
    }
    return measured
  }

  /// Returns the largest difference from `other`, however small, or `nil` if double precision
  /// explains all differences.
  func anyDifference(_ other: Tensor) throws(InfoldError) -> Difference? {
    guard value.elementType == .float64 else { return nil }
    let a = try value.elements(as: Double.self), b = try other.elements(as: Double.self)
    let floor = RoundingModel.floor * largest
    var worst = (index: -1, amount: 0.0), count = 0
    for index in a.indices where (a[index] - b[index]).magnitude > floor {
      count += 1
      let amount = (a[index] - b[index]).magnitude
      if amount > worst.amount { worst = (index, amount) }
    }
    return count > 0 && worst.amount < .infinity
      ? Difference(amount: worst.amount, allowed: limits[worst.index], index: worst.index, count: count) : nil
  }
}
