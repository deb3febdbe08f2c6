import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A value in double precision, and how far rounding may move it.
struct ErrorEstimate {
  /// The numbers.
  var value: Tensor
  /// The most by which each number may be off; `nil` where that is nothing.
  var error: Tensor?
  /// A further part of each number's magnitude: what constants are off by.
  var relative = 0.0

  /// A number that is known as it is.
  init(exactly value: Tensor) {
    self.value = value
  }

  /// A number that is off by at most `error`.
  init(_ value: Tensor, error: Tensor?) {
    (self.value, self.error) = (value, error)
  }

  /// A constant that is off by this part of its magnitude.
  init(constant value: Tensor, relative: Double) {
    self.value = value
    if value.elementType.isFloatingPoint { self.relative = relative }
  }

  /// Whether it may be off at all.
  var isUncertain: Bool { error != nil || relative > 0 }

  /// Both parts of the error together; `nil` where there is none.
  func total() throws(InfoldError) -> Tensor? {
    guard relative > 0 else { return error }
    let part = relative
    let own = try value.mapped { (x: Double) in part * x.magnitude }
    return try error.map { (error) throws(InfoldError) in try own.adding(error) } ?? own
  }

  /// Both parts of the error together, zeros where there is none.
  func dense() throws(InfoldError) -> Tensor {
    if let error = try total() { return error }
    return try value.times(0)
  }
}

/// What rounding there is between two networks.
struct RoundingModel {
  /// By what part of its magnitude a constant may be off that somebody has computed ahead.
  var constants: Double
  /// The unit roundoff of the arithmetic; 0 where both networks compute in double precision.
  var arithmetic: Double
  /// The unit roundoff of the type in which results are stored.
  var results: Double
  /// The largest number of that type.
  var largest = Double.greatestFiniteMagnitude

  /// Roundings of a constant that is computed ahead in its own type, as a weight times γ ÷ √(σ² + ε). Each of the constants that it is
  /// made of may be off by so many.
  static let count = 4.0

  /// Both networks are computed in double precision; constants were rounded to a type with this unit roundoff.
  static func double(unit: Double) -> RoundingModel {
    RoundingModel(constants: count * unit, arithmetic: 0, results: 0)
  }

  /// The second network was computed in a type, narrower ones than single precision by operators that compute in that.
  static func declared(_ type: ElementType, constants unit: Double) -> RoundingModel {
    RoundingModel(
      constants: count * unit, arithmetic: min(type.unitRoundoff, ErrorBounds.unit), results: type.unitRoundoff,
      largest: type == .float16 ? 65504 : Double(Float.greatestFiniteMagnitude))
  }

  /// What double precision itself may be off by, as a part of the largest number.
  static let floor = 0x1p-42
}

extension Tensor {
  /// The sum of two tensors of float64 and of the same shape.
  func adding(_ other: Tensor) throws(InfoldError) -> Tensor {
    try .broadcasting(self, other) { (a: Double, b: Double) in a + b }
  }

  /// The magnitudes of a tensor of float64.
  func absolute() throws(InfoldError) -> Tensor { try mapped { (x: Double) in x.magnitude } }

  /// A tensor of float64 times a number.
  func times(_ factor: Double) throws(InfoldError) -> Tensor { try mapped { (x: Double) in x * factor } }

  /// The largest finite magnitude of a tensor of float64, 0 at least.
  var largestMagnitude: Double {
    withElements(as: Double.self) { elements in
      var largest = 0.0
      for index in elements.indices where elements[index].magnitude < .infinity {
        largest = max(largest, elements[index].magnitude)
      }
      return largest
    }
  }

  /// A tensor of float64 whose axis i is this one's axis `order[i]`.
  func transposed(_ order: [Int]) throws(InfoldError) -> Tensor {
    let source = rowMajorStrides(shape), sizes = order.map { shape[$0] }, strides = order.map { source[$0] }
    let numbers = withElements(as: Double.self) { elements in
      var numbers: [Double] = []
      numbers.reserveCapacity(count)
      var place = [Int](repeating: 0, count: sizes.count), offset = 0
      for _ in 0..<count {
        numbers.append(elements[offset])
        var axis = sizes.count - 1
        while axis >= 0 {
          place[axis] += 1
          offset += strides[axis]
          if place[axis] < sizes[axis] { break }
          offset -= strides[axis] * sizes[axis]
          place[axis] = 0
          axis -= 1
        }
      }
      return numbers
    }
    return try Tensor(shape: sizes, numbers)
  }
}
