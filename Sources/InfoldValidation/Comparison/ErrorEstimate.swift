import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A value in double precision, and bounds on its rounding errors.
struct ErrorEstimate {
  /// The elements.
  var value: Tensor
  /// A bound on the error of each element; `nil` for exact elements.
  var error: Tensor?
  /// A bound on a further error of each element, relative to its magnitude. Constants have one.
  var relative = 0.0

  /// Creates an estimate of an exact value.
  init(exactly value: Tensor) {
    self.value = value
  }

  /// Creates an estimate of a value with errors of at most `error`.
  init(_ value: Tensor, error: Tensor?) {
    (self.value, self.error) = (value, error)
  }

  /// Creates an estimate of a constant with this relative error.
  init(constant value: Tensor, relative: Double) {
    self.value = value
    if value.elementType.isFloatingPoint { self.relative = relative }
  }

  /// Whether the value may have an error.
  var isUncertain: Bool { error != nil || relative > 0 }

  /// Whether the value consists of integers or Booleans that may differ.
  var isOpen: Bool { error != nil && !value.elementType.isFloatingPoint }

  /// Returns the sum of both errors, or `nil` for an exact value.
  func total() throws(InfoldError) -> Tensor? {
    guard relative > 0 else { return error }
    let part = relative
    // Infinite constants are exact.
    let own = try value.mapped { (x: Double) in x.isFinite ? part * x.magnitude : 0 }
    return try own.adding(error)
  }

  /// Returns the sum of both errors, which is zero for an exact value.
  func dense() throws(InfoldError) -> Tensor {
    if let error = try total() { return error }
    return try Tensor(repeating: 0.0, shape: value.shape)
  }

  /// Returns the largest magnitudes that the elements may have.
  func largest() throws(InfoldError) -> Tensor { try value.absolute().adding(total()) }

  /// Adds the rounding error of a node that converts numbers to `type`.
  mutating func addConversion(by node: Node, to type: ElementType?) throws(InfoldError) {
    guard node.converts, let type, type.isFloatingPoint, value.elementType == .float64 else { return }
    error = try value.absolute().times(type.unitRoundoff).adding(error)
  }
}

/// The rounding errors to expect between two networks.
struct RoundingModel {
  /// The relative error of a constant that may have been computed ahead of time.
  var constants: Double
  /// The unit roundoff of the arithmetic; 0 if both networks compute in double precision.
  var arithmetic: Double
  /// The unit roundoff of the type in which results are stored.
  var results: Double
  /// The largest finite number of that type.
  var largest = Double.greatestFiniteMagnitude
  /// The smallest positive number of that type.
  var underflow = 0.0

  /// The number of roundings in a constant that is computed ahead of time in its own type, such as
  /// a weight times γ ÷ √(σ² + ε). Each of the constants in such a formula may have an error of
  /// this many roundings.
  static let count = 4.0

  /// Returns the model for two networks in double precision whose constants were rounded to a type
  /// with this unit roundoff.
  static func double(unit: Double) -> RoundingModel {
    RoundingModel(constants: count * unit, arithmetic: 0, results: 0)
  }

  /// Returns the model for a second network that was computed in `type`. Operators of narrower
  /// types than single precision compute in single precision.
  static func declared(_ type: ElementType, constants unit: Double) -> RoundingModel {
    RoundingModel(
      constants: count * unit, arithmetic: min(type.unitRoundoff, ErrorBounds.unit), results: type.unitRoundoff,
      largest: type == .float16 ? 65504 : Double(Float.greatestFiniteMagnitude),
      underflow: type.smallestSubnormal)
  }

  /// The error of double precision itself, relative to the largest magnitude.
  static let floor = 0x1p-42
}

extension Tensor {
  /// Returns the sum of two tensors of type float64, whose shapes are broadcast. `nil` counts as zero.
  func adding(_ other: Tensor?) throws(InfoldError) -> Tensor {
    guard let other else { return self }
    return try .broadcasting(self, other) { (a: Double, b: Double) in a + b }
  }

  /// Returns the magnitudes of a tensor of type float64.
  func absolute() throws(InfoldError) -> Tensor { try mapped { (x: Double) in x.magnitude } }

  /// Returns a tensor of type float64 times a number.
  func times(_ factor: Double) throws(InfoldError) -> Tensor { try mapped { (x: Double) in x * factor } }

  /// Whether a tensor of type float64 has finite elements only.
  var isFinite: Bool {
    withElements(as: Double.self) { elements in elements.indices.allSatisfy { elements[$0].isFinite } }
  }

  /// Whether a tensor of type float64 consists of whole numbers up to 256, which all floating-point
  /// types represent. `true` for other types.
  var isWhole: Bool {
    guard elementType == .float64 else { return true }
    return withElements(as: Double.self) { elements in
      elements.indices.allSatisfy { elements[$0].magnitude <= 256 && elements[$0] == elements[$0].rounded() }
    }
  }

  /// The magnitude that rounding errors of double precision are relative to: that of the largest
  /// element, or at most 2¹⁰ times the largest one of 99 % of all elements. Masks and padding
  /// consist of few elements that are much larger than all others.
  var scale: Double {
    withElements(as: Double.self) { elements in
      var counts = [Int](repeating: 0, count: 2048), total = 0, largest = 0.0
      for index in elements.indices where elements[index].magnitude < .infinity && elements[index] != 0 {
        counts[Int(elements[index].exponentBitPattern)] += 1
        total += 1
        largest = max(largest, elements[index].magnitude)
      }
      var exponent = 2046, above = counts[2046]
      while exponent > 0, above * 100 <= total {
        exponent -= 1
        above += counts[exponent]
      }
      return min(largest, Double(sign: .plus, exponent: min(exponent - 1023 + 11, 1023), significand: 1))
    }
  }

  /// Whether all elements of a tensor of type float64 are zero.
  var isZero: Bool { withElements(as: Double.self) { elements in elements.indices.allSatisfy { elements[$0] == 0 } } }

  /// The largest finite magnitude of a tensor of type float64, or 0 if there is none.
  var largestMagnitude: Double {
    withElements(as: Double.self) { elements in
      var largest = 0.0
      for index in elements.indices where elements[index].magnitude < .infinity {
        largest = max(largest, elements[index].magnitude)
      }
      return largest
    }
  }

  /// Returns a tensor of type float64 whose axis i is axis `order[i]` of this one.
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
