import InfoldSystem
import InfoldTensor

/// What is known of a value: its number in double precision, and how far single precision may be from it.
struct Estimate {
  /// The number in double precision.
  var value: Tensor
  /// The sum of the magnitudes of everything that is added up for it since the last operator that is not linear. Passes
  /// that take linear operators together keep these summands, but round them in another order.
  var magnitude: Tensor
  /// The most by which a number that was rounded may differ.
  var error: Tensor

  /// A number that single precision holds.
  init(exactly value: Tensor) throws(InfoldError) {
    self.value = try value.widened()
    guard value.elementType.isFloatingPoint else {
      (magnitude, error) = (value, try Tensor(zeros: value.shape, of: .float64))
      return
    }
    magnitude = try self.value.magnitudes
    error = try self.value.mapped { (_: Double) in 0.0 }
  }

  /// Whether something is known of every number.
  var isBounded: Bool { !value.elementType.isFloatingPoint || error.largest.isFinite }

  init(value: Tensor, magnitude: Tensor, error: Tensor) {
    (self.value, self.magnitude, self.error) = (value, magnitude, error)
  }
}

/// How numbers of a type are rounded. Operators compute float16 in single precision, and round results once.
struct Roundings {
  /// The unit roundoff of what is computed inside of an operator: half the distance from 1 to the next larger number.
  let sum = 0x1p-24
  /// That of what is stored.
  let result: Double
  /// The most by which numbers near 0 are off that are stored.
  let smallest: Double
  /// The largest finite number.
  let largest: Double

  init(of type: ElementType) {
    (result, smallest, largest) =
      type == .float16
      ? (0x1p-11, 0x1p-25, Double(Float16.greatestFiniteMagnitude))
      : (0x1p-24, 0x1p-126, Double(Float.greatestFiniteMagnitude))
  }

  /// The roundings of a result that are allowed beyond the sum's own: those of constants that passes compute ahead, and that of the
  /// result. There are more of them where they are small beside everything else.
  var allowance: Double { result > sum ? 6 * result : 16 * sum }
}

extension Tensor {
  var magnitudes: Tensor {
    get throws(InfoldError) { try mapped { (x: Double) in x.magnitude } }
  }

  /// The tensor times a number.
  func scaled(by factor: Double) throws(InfoldError) -> Tensor { try mapped { (x: Double) in factor * x } }

  /// The largest element, 0 at least.
  var largest: Double {
    withElements(as: Double.self) { elements in
      var largest = 0.0
      for index in elements.indices { largest = max(largest, elements[index]) }
      return largest
    }
  }

  /// The largest magnitude of an element, 0 at least.
  var largestMagnitude: Double {
    withElements(as: Double.self) { elements in
      var largest = 0.0
      for index in elements.indices { largest = max(largest, elements[index].magnitude) }
      return largest
    }
  }

  /// An element for each two of tensors of the same shape.
  func combined(with other: Tensor, _ combine: (Double, Double) -> Double) throws(InfoldError) -> Tensor {
    precondition(shape == other.shape)
    let a = try elements(as: Double.self), b = try other.elements(as: Double.self)
    return try Tensor(shape: shape, zip(a, b).map { combine($0, $1) })
  }

  func plus(_ other: Tensor) throws(InfoldError) -> Tensor { try combined(with: other, +) }
}
