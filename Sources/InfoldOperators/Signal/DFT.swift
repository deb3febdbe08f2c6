import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX DFT, opsets 17, 20: the discrete Fourier transform along one axis.
///
/// X is real, [D1, D2, …, 1], or complex, [D1, D2, …, 2]. The optional scalar `dft_length` (int32
/// or int64) is the length n of the transform, by default the size of the axis. Longer inputs are
/// truncated, shorter ones padded with zeros. The axis is an attribute, by default 1; since opset
/// 20, it is a scalar input, by default −2.
///
/// Y[k] = Σ X[j] · exp(−2πi · j · k ÷ n), complex numbers. With `inverse`, the exponent is positive
/// and the sum is divided by n. With `onesided`, the transform of real numbers ends at k = ⌊n ÷ 2⌋.
/// The inverse one-sided transform takes such a spectrum, by default that of 2 · (size − 1)
/// numbers, and returns real numbers. Everything is computed in double precision and rounded once.
package struct DFT: Operator {
  package static let name = "DFT"
  package static let versions = [17, 20]
  package static let family = OperatorFamily.product
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity { Arity(inputs: version < 20 ? 1...2 : 1...3) }

  /// Whether the transform is inverse.
  package let isInverse: Bool
  /// Whether the redundant half of a real signal's spectrum is omitted.
  package let isOneSided: Bool
  private let axis: Int?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    isInverse = try attributes.flag("inverse")
    isOneSided = try attributes.flag("onesided")
    axis = attributes.version < 20 ? try attributes.int("axis") ?? 1 : nil
  }

  /// The geometry of a transform.
  package struct Geometry: Sendable {
    /// The transformed axis.
    package var axis: Int
    /// The length of the transform.
    package var length: Int
    /// The number of results.
    package var outputs: Int
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireRank(2...Int.max, of: 0)
    for index in 1..<3 where inputs.has(index) {
      _ = try inputs.type(index, of: index == 1 ? .indices : .int64)
      try inputs.requireOneElementInAnyShape(index)
    }
    guard var shape = x.shape else { return [x] }
    try requireParts(shape[shape.rank - 1])
    shape[shape.rank - 1] = isInverse && isOneSided ? 1 : 2
    let axis = try axis(inputs, rank: shape.rank)
    guard let axis else {
      for place in 0..<(shape.rank - 1) { shape[place] = .unknown }
      return [TensorType(x.elementType, shape)]
    }
    let isWhole = !isOneSided && !inputs.has(1)
    if !isWhole || shape[axis].size != nil {
      shape[axis] = try geometry(inputs).map { .fixed($0.outputs) } ?? .unknown
    }
    return [TensorType(x.elementType, shape)]
  }

  /// Returns the axis, the length and the number of results, or `nil` if they are unknown.
  package func geometry(_ inputs: OperatorInputs) throws(InfoldError) -> Geometry? {
    guard let shape = inputs.types[0]?.shape, let axis = try axis(inputs, rank: shape.rank) else { return nil }
    let takesHalf = isInverse && isOneSided
    let given =
      try inputs.has(1) ? inputs.constant(1).map { tensor throws(InfoldError) in try tensor.integers()[0] } : nil
    if inputs.has(1), given == nil { return nil }
    guard let length = given ?? shape[axis].size.map({ takesHalf ? 2 * ($0 - 1) : $0 }) else { return nil }
    guard length >= 1 else {
      throw InfoldError(.invalidModel, "the length of the transform is \(length) but must be at least 1")
    }
    guard length <= FourierTransform.longest else {
      throw InfoldError(
        .limitExceeded,
        "the length of the transform is \(length); at most \(FourierTransform.longest) is supported")
    }
    return Geometry(axis: axis, length: length, outputs: isOneSided && !isInverse ? length / 2 + 1 : length)
  }

  /// Returns the axis, or `nil` if it is computed at run time.
  private func axis(_ inputs: OperatorInputs, rank: Int) throws(InfoldError) -> Int? {
    var given = axis ?? -2
    if inputs.has(2) {
      guard let constant = inputs.constant(2) else { return nil }
      given = try constant.integers()[0]
    }
    let axis = try normalizedAxis(given, rank: rank)
    guard axis < rank - 1 else {
      throw InfoldError(.invalidModel, "the axis \(given) must not be the axis of real and imaginary parts")
    }
    return axis
  }

  private func requireParts(_ parts: Dimension) throws(InfoldError) {
    guard let count = parts.size else { return }
    let allowed = isOneSided ? (isInverse ? 2...2 : 1...1) : 1...2
    guard allowed.contains(count) else {
      let wanted = isOneSided ? (isInverse ? "2 with onesided and inverse" : "1 with onesided") : "1 or 2"
      throw InfoldError(
        .invalidModel, "the last dimension is \(count) but must be \(wanted): the real and imaginary parts")
    }
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let own = try? axis(inputs, rank: rank) else { return .unknown }
    return .axes(inputs) { $0 != own && $0 != rank - 1 }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, known = OperatorInputs(inputs)
    let shape = try inferredShape(inputs)
    var y = try Tensor(zeros: shape, of: .float64)
    guard y.count > 0, let geometry = try geometry(known) else { return [try y.rounded(for: x.elementType, context)] }
    let parts = x.shape.last!, resultParts = shape.last!
    let slices = AxisSlices(Array(x.shape.dropLast()), axis: geometry.axis)
    let results = AxisSlices(Array(shape.dropLast()), axis: geometry.axis)
    var starts: [Int] = []
    slices.forEach { _, start in starts.append(start) }
    let transform = FourierTransform(geometry.length)
    let wide = try x.converted(to: .float64)
    // The last index of a one-sided spectrum.
    let last = isInverse && isOneSided ? geometry.length / 2 : geometry.length - 1
    try wide.withElements(as: Double.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Double.self) { y in
        results.forEach { slice, result in
          var signal = [ComplexNumber](repeating: ComplexNumber(0), count: geometry.length)
          for index in 0..<min(slices.count, last + 1) {
            let place = (starts[slice] + index * slices.stride) * parts
            signal[index] = ComplexNumber(x[place], parts == 2 ? x[place + 1] : 0)
          }
          if isInverse && isOneSided {
            for index in (last + 1)..<max(geometry.length, last + 1) {
              signal[index] = signal[geometry.length - index].conjugate
            }
          }
          let spectrum = isInverse ? transform.inverse(signal) : transform(signal)
          for index in 0..<geometry.outputs {
            let place = (result + index * results.stride) * resultParts
            y[place] = spectrum[index].real
            if resultParts == 2 { y[place + 1] = spectrum[index].imaginary }
          }
        }
      }
    }
    return [try y.rounded(for: x.elementType, context)]
  }
}

extension Tensor {
  /// Returns double-precision numbers as an output of `type`.
  func rounded(for type: ElementType, _ context: EvaluationContext) throws(InfoldError) -> Tensor {
    if context.precision == .double || type == .float64 { return self }
    return try converted(to: .float32).converted(to: type)
  }
}
