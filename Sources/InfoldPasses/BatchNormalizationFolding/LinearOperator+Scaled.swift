import InfoldSystem
import InfoldTensor

extension LinearOperator {
  /// Returns the weight with the scales of the maps before and after the operator applied. Each
  /// element is w · scale(out) · scale(in), computed in double precision and rounded once. A
  /// uniquely referenced weight is modified in place.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  func scaled(_ weight: consuming Tensor, input: [Double], output: [Double]) throws(InfoldError) -> Tensor {
    switch weight.elementType {
    case .float32:
      try weight.withMutableSpan(as: Float.self) { weight in
        forEachProduct(of: input, output) { element, scale in weight[element] = Float(Double(weight[element]) * scale) }
      }
      return weight
    case .float64:
      try weight.withMutableSpan(as: Double.self) { weight in
        forEachProduct(of: input, output) { element, scale in weight[element] *= scale }
      }
      return weight
    default:
      let type = weight.elementType
      return try scaled(weight.converted(to: .float64), input: input, output: output).converted(to: type)
    }
  }

  /// Returns the same numbers in double precision.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  func scaled(_ weight: Tensor, input: [Double], output: [Double]) throws(InfoldError) -> [Double] {
    var scaled: [Double] = try weight.widened().elements()
    forEachProduct(of: input, output) { element, scale in scaled[element] *= scale }
    return scaled
  }

  @inline(__always)
  private func forEachProduct(of input: [Double], _ output: [Double], _ body: (_ element: Int, _ scale: Double) -> Void)
  {
    if let count = elementsOfOutput, input.allSatisfy({ $0 == 1 }) {
      for (channel, scale) in output.enumerated() {
        for element in (channel * count)..<((channel + 1) * count) { body(element, scale) }
      }
      return
    }
    forEachBlock { elements, inputChannel, outputChannel in
      let scale = output[outputChannel] * input[inputChannel]
      for element in elements { body(element, scale) }
    }
  }
}

extension Tensor {
  /// Returns the largest magnitude of the elements, or 0 if there are none. Infinite or NaN if an
  /// element is.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  /// - Precondition: The elements are floating-point numbers.
  func largestMagnitude() throws(InfoldError) -> Double {
    guard elementType == .float32 else {
      return try widened().elements(as: Double.self).reduce(0) { .maximumMagnitude($0, $1.isNaN ? .infinity : $1) }
        .magnitude
    }
    // The bit patterns of magnitudes have the same order, with NaN last.
    return withElements(as: Float.self) { elements in
      var largest: UInt32 = 0
      for index in elements.indices { largest = max(largest, elements[index].bitPattern & 0x7fff_ffff) }
      return Double(Float(bitPattern: largest))
    }
  }
}
