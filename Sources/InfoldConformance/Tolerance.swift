import InfoldSystem
import InfoldTensor

/// How far a number may lie from the expected one: |actual − expected| ≤ absolute + relative · |expected|, as NumPy's
/// `allclose` has it.
public struct Tolerance: Sendable, Hashable {
  /// The part that grows with the expected number.
  public var relative: Double
  /// The part that does not.
  public var absolute: Double

  /// A tolerance; without arguments that of ONNX's own backend tests.
  public init(relative: Double = 1e-3, absolute: Double = 1e-7) {
    self.relative = relative
    self.absolute = absolute
  }

  /// Whether `actual` is near enough. NaN is near NaN, and an infinity near itself alone.
  public func accepts(_ actual: Double, for expected: Double) -> Bool {
    if actual == expected || (actual.isNaN && expected.isNaN) { return true }
    guard actual.isFinite, expected.isFinite else { return false }
    return (actual - expected).magnitude <= absolute + relative * expected.magnitude
  }

  /// Compares tensors: floating-point elements within the tolerance, others exactly.
  ///
  /// A float64 tensor that was computed for an expected one of a narrower floating-point type is rounded to it first.
  /// - Returns: The first difference in words; `nil` when there is none.
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
