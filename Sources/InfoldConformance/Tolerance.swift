import InfoldSystem
import InfoldTensor

/// The allowed difference from an expected number: |actual − expected| ≤ absolute + relative ·
/// |expected|, as in NumPy's `allclose`.
public struct Tolerance: Sendable, Hashable {
  /// The relative tolerance.
  public var relative: Double
  /// The absolute tolerance.
  public var absolute: Double

  /// Creates a tolerance. The defaults are those of ONNX's backend tests.
  public init(relative: Double = 1e-3, absolute: Double = 1e-7) {
    self.relative = relative
    self.absolute = absolute
  }

  /// Whether `actual` is within the tolerance. NaN matches NaN, and an infinity matches only
  /// itself.
  public func accepts(_ actual: Double, for expected: Double) -> Bool {
    if actual == expected || (actual.isNaN && expected.isNaN) { return true }
    guard actual.isFinite, expected.isFinite else { return false }
    return (actual - expected).magnitude <= absolute + relative * expected.magnitude
  }

  /// Compares tensors: floating-point elements within the tolerance, others exactly.
  ///
  /// A float64 tensor is first rounded to the narrower floating-point type of the expected one.
  /// - Returns: A description of the first difference, or `nil` if there is none.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  public func difference(_ actual: Tensor, from expected: Tensor) throws(InfoldError) -> String? {
    let isWidened = actual.elementType == .float64 && expected.elementType.isFloatingPoint
    guard actual.elementType == expected.elementType || isWidened, actual.shape == expected.shape else {
      return "is \(actual), expected is \(expected)"
    }
    guard expected.elementType.isFloatingPoint else {
      guard actual != expected else { return nil }
      return try differenceOfNumbers(actual, expected) { $0 == $1 } ?? "differs in its bytes"
    }
    return try differenceOfNumbers(actual.converted(to: expected.elementType), expected) { accepts($0, for: $1) }
  }

  private func differenceOfNumbers(
    _ actual: Tensor, _ expected: Tensor, _ isAccepted: (Double, Double) -> Bool
  ) throws(InfoldError) -> String? {
    let actualNumbers = try actual.numbers(), expectedNumbers = try expected.numbers()
    let wrong = expectedNumbers.indices.filter { !isAccepted(actualNumbers[$0], expectedNumbers[$0]) }
    guard let first = wrong.first else { return nil }
    return "differs in \(wrong.count) of \(expectedNumbers.count) elements, first in element \(first): "
      + "\(actualNumbers[first]), expected \(expectedNumbers[first])"
  }
}
