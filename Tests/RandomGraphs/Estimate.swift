import InfoldSystem
import InfoldTensor

/// What is known about a value: its numbers in double precision, and the largest possible errors in single precision.
struct Estimate {
  /// The number in double precision.
  var value: Tensor
  /// The sum of the magnitudes of all summands since the last nonlinear operator. Passes that merge linear operators keep these summands,
  /// but round them in a different order.
  var magnitude: Tensor
  /// The largest possible error of the rounded number.
  var error: Tensor

  /// A number that is exact in single precision.
  init(exactly value: Tensor) throws(InfoldError) {
    self.value = try value.widened()
    guard value.elementType.isFloatingPoint else {
      (magnitude, error) = (value, try Tensor(zeros: value.shape, of: .float64))
      return
    }
    magnitude = try self.value.magnitudes
    error = try self.value.mapped { (_: Double) in 0.0 }
  }

  /// Whether an error bound is known for every number.
  var isBounded: Bool { !value.elementType.isFloatingPoint || error.largest.isFinite }

  init(value: Tensor, magnitude: Tensor, error: Tensor) {
    (self.value, self.magnitude, self.error) = (value, magnitude, error)
  }
}

/// How numbers of a type are rounded. Operators compute float16 in single precision, and round results once.
struct Roundings {
  /// The unit roundoff of computations inside of an operator: half the distance from 1 to the next larger number.
  let sum = 0x1p-24
  /// The unit roundoff of stored results.
  let result: Double
  /// The largest rounding error of stored numbers near 0.
  let smallest: Double
  /// The largest finite number.
  let largest: Double

  init(of type: ElementType) {
    (result, smallest, largest) =
      type == .float16
      ? (0x1p-11, 0x1p-25, Double(Float16.greatestFiniteMagnitude))
      : (0x1p-24, 0x1p-126, Double(Float.greatestFiniteMagnitude))
  }

  /// The relative error that a result may have in addition to that of its sum: for constants that passes compute ahead of time, and for the
  /// rounding of the result. It is larger if it is small compared with other errors.
  var allowance: Double { result > sum ? 6 * result : 16 * sum }
}

extension Tensor {
  var magnitudes: Tensor {
    get throws(InfoldError) { try mapped { (x: Double) in x.magnitude } }
  }

  /// The tensor times a number.
  func scaled(by factor: Double) throws(InfoldError) -> Tensor { try mapped { (x: Double) in factor * x } }

  /// The largest element, at least 0.
  var largest: Double {
    withElements(as: Double.self) { elements in
      var largest = 0.0
      for index in elements.indices { largest = max(largest, elements[index]) }
      return largest
    }
  }

  /// The largest magnitude of an element, at least 0.
  var largestMagnitude: Double {
    withElements(as: Double.self) { elements in
      var largest = 0.0
      for index in elements.indices { largest = max(largest, elements[index].magnitude) }
      return largest
    }
  }

  /// Combines corresponding elements of two tensors of the same shape.
  func combined(with other: Tensor, _ combine: (Double, Double) -> Double) throws(InfoldError) -> Tensor {
    precondition(shape == other.shape)
    let a = try elements(as: Double.self), b = try other.elements(as: Double.self)
    return try Tensor(shape: shape, zip(a, b).map { combine($0, $1) })
  }

  func plus(_ other: Tensor) throws(InfoldError) -> Tensor { try combined(with: other, +) }
}
