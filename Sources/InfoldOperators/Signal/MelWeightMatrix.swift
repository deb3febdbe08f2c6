import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX MelWeightMatrix, opset 17: a matrix that converts the magnitudes of a one-sided DFT to a
/// mel spectrum.
///
/// The inputs are scalars: `num_mel_bins`, `dft_length` and `sample_rate` (int32 or int64),
/// `lower_edge_hertz` and `upper_edge_hertz` (floating point). Y is [⌊dft_length ÷ 2⌋ + 1,
/// num_mel_bins]. Each column is a triangle over the DFT bins. Its start, its peak of 1 and its end
/// are three neighbors among num_mel_bins + 2 frequencies. These are equidistant on the scale
/// mel(f) = 2595 · log₁₀(1 + f ÷ 700), starting at the lower edge, with a step of the whole range ÷
/// (num_mel_bins + 2). Frequency f is the DFT bin ⌊(dft_length + 1) · f ÷ sample_rate⌋.
package struct MelWeightMatrix: Operator {
  package static let name = "MelWeightMatrix"
  package static let versions = [17]
  package static func elementTypes(since version: Int) -> ElementTypeSet { .numeric }
  package static func arity(since version: Int) -> Arity { Arity(5) }

  private let target: ElementType

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    target = try attributes.numericType("output_datatype")
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    for index in 0..<5 {
      _ = try inputs.type(index, of: index < 3 ? .indices : .floatingPoint)
      try inputs.requireOneElementInAnyShape(index)
    }
    try inputs.requireSameElementType(0...2)
    try inputs.requireSameElementType(3...4)
    for (index, name, least) in [(0, "num_mel_bins", 0), (1, "dft_length", 0), (2, "sample_rate", 1)] {
      guard let number = try inputs.constant(index)?.integers()[0], number < least else { continue }
      throw InfoldError(.invalidModel, "\(name) is \(number) but must be at least \(least)")
    }
    let length = try inputs.constant(1)?.integers()[0]
    return [
      TensorType(target, [length.map { .fixed($0 / 2 + 1) } ?? .unknown, inputs.partial(0)?.elements[0] ?? .unknown])
    ]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let shape = try inferredShape(inputs), bins = shape[0], columns = shape[1]
    var weights = try Tensor(zeros: shape, of: .float64)
    if weights.count > 0 {
      let places = try places(inputs, count: columns + 2, bins: bins)
      try weights.withMutableSpan(as: Double.self) { weights in
        for column in 0..<columns {
          let (low, center, high) = (places[column], places[column + 1], places[column + 2])
          if low == center { weights[center * columns + column] = 1 }
          for place in low..<center { weights[place * columns + column] = Double(place - low) / Double(center - low) }
          for place in center..<high {
            weights[place * columns + column] = Double(high - place) / Double(high - center)
          }
          if low < center { weights[center * columns + column] = 1 }
        }
      }
    }
    return [try weights.cast(to: context.precision == .double && target.isFloatingPoint ? .float64 : target)]
  }

  /// Returns the DFT bins at which triangles start, peak and end.
  private func places(_ inputs: [Tensor?], count: Int, bins: Int) throws(InfoldError) -> [Int] {
    let length = try inputs[1]!.integers()[0], rate = try inputs[2]!.integers()[0]
    let lower = try inputs[3]!.numbers()[0], upper = try inputs[4]!.numbers()[0]
    guard lower >= 0, upper >= lower, upper.isFinite else {
      throw InfoldError(
        .invalidModel, "the frequencies from \(lower) to \(upper) are not a finite, nonnegative range")
    }
    func mel(_ frequency: Double) -> Double { 2595 * Double.log(onePlus: frequency / 700) / Double.log(10) }
    let first = mel(lower), step = (mel(upper) - first) / Double(count)
    var places: [Int] = []
    for index in 0..<count {
      let frequency = 700 * Double.expMinusOne((first + Double(index) * step) / 2595 * Double.log(10))
      let place = (Double(length) + 1) * frequency / Double(rate)
      guard place < Double(bins) else {
        throw InfoldError(
          .invalidModel,
          "the frequency \(frequency) exceeds the range of a DFT of length \(length) at the sample rate \(rate)")
      }
      places.append(Int(max(place, 0).rounded(.down)))
    }
    return places
  }
}
