import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX STFT, opset 17: the discrete Fourier transforms of the frames of a signal.
///
/// The signal is real, [B, L, 1], or complex, [B, L, 2]; a real [B, L], as PyTorch's exporter
/// writes it, is accepted, too. The other inputs are the scalars `frame_step` and, optionally,
/// `frame_length` (int32 or int64), and an optional window [frame_length] that multiplies each
/// frame. Y is [B, frames, bins, 2]. There are ⌊(L − frame_length) ÷ frame_step⌋ + 1 frames. There
/// are frame_length bins, or ⌊frame_length ÷ 2⌋ + 1 with `onesided`, the default. The ONNX text
/// restricts `onesided` to real signals, but ONNX's reference evaluation and ONNX Runtime apply it
/// to all. Everything is computed in double precision and rounded once.
package struct STFT: Operator {
  package static let name = "STFT"
  package static let versions = [17]
  package static let family = OperatorFamily.product
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...4) }

  /// Whether the redundant half of a real signal's spectrum is omitted.
  package let isOneSided: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    isOneSided = try attributes.flag("onesided", default: true)
  }

  /// The frames of a signal.
  package struct Geometry: Sendable {
    /// The distance between frames.
    package var step: Int
    /// The length of a frame.
    package var length: Int
    /// The number of frames, or `nil` if the signal's length is unknown.
    package var frames: Int?
    /// The number of bins in a spectrum.
    package var bins: Int
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let signal = try inputs.type(0, of: .floatingPoint)
    try inputs.requireRank(2...3, of: 0)
    for index in [1, 3] where inputs.has(index) {
      _ = try inputs.type(index, of: .indices)
      try inputs.requireOneElementInAnyShape(index)
    }
    if inputs.has(2) {
      _ = try inputs.type(2, of: .floatingPoint)
      try inputs.requireSameElementType([0, 2])
      try inputs.requireRank(1...1, of: 2)
    }
    if let shape = signal.shape, shape.rank == 3, let parts = shape[2].size, !(1...2).contains(parts) {
      throw InfoldError(
        .invalidModel, "the signal's last dimension is \(parts) but must be 1 or 2: the real and imaginary parts")
    }
    let geometry = try geometry(inputs)
    return [
      TensorType(
        signal.elementType,
        [
          signal.shape?[0] ?? .unknown, geometry?.frames.map { .fixed($0) } ?? .unknown,
          geometry.map { .fixed($0.bins) } ?? .unknown, 2,
        ])
    ]
  }

  /// Returns the geometry of the frames, or `nil` if their length and distance are unknown.
  package func geometry(_ inputs: OperatorInputs) throws(InfoldError) -> Geometry? {
    func number(_ index: Int, _ name: String) throws(InfoldError) -> Int? {
      guard inputs.has(index), let number = try inputs.constant(index)?.integers()[0] else { return nil }
      guard number >= 1 else {
        throw InfoldError(.invalidModel, "\(name) is \(number) but must be at least 1")
      }
      return number
    }
    let signal = inputs.types[0]?.shape?[1].size
    let window = inputs.has(2) ? inputs.types[2]?.shape?[0].size : nil
    let given = try number(3, "frame_length"), step = try number(1, "frame_step")
    if let given, let window, given != window {
      throw InfoldError(
        .invalidModel, "shape mismatch: frame_length is \(given), but the window has \(counted(window, "element"))")
    }
    guard let length = given ?? window ?? (inputs.has(2) || inputs.has(3) ? nil : signal) else { return nil }
    guard length >= 1, length <= FourierTransform.longest else {
      throw InfoldError(
        length < 1 ? .invalidModel : .limitExceeded,
        "the frames have \(counted(length, "number")); from 1 to \(FourierTransform.longest) are supported")
    }
    if let signal, signal < length {
      throw InfoldError(
        .invalidModel, "the signal has \(counted(signal, "number")), fewer than a frame with \(length)")
    }
    guard let step else { return nil }
    return Geometry(
      step: step, length: length, frames: signal.map { ($0 - length) / step + 1 },
      bins: isOneSided ? length / 2 + 1 : length)
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 == 0 }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let signal = inputs[0]!
    let shape = try inferredShape(inputs), (frames, bins) = (shape[1], shape[2])
    var y = try Tensor(zeros: shape, of: .float64)
    guard y.count > 0, let geometry = try geometry(OperatorInputs(inputs)) else {
      return [try y.rounded(for: signal.elementType, context)]
    }
    let transform = FourierTransform(geometry.length)
    let window = try inputs.count > 2 ? inputs[2]?.numbers() : nil
    let parts = signal.shape.count == 3 ? signal.shape[2] : 1, length = signal.shape[1]
    try signal.converted(to: .float64).withElements(as: Double.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Double.self) { y in
        for frame in 0..<(shape[0] * frames) {
          let start = frame / frames * length + frame % frames * geometry.step
          let numbers = (0..<geometry.length).map { index in
            let place = (start + index) * parts
            return ComplexNumber(x[place], parts == 2 ? x[place + 1] : 0) * (window?[index] ?? 1)
          }
          for (bin, number) in transform(numbers).prefix(bins).enumerated() {
            y[(frame * bins + bin) * 2] = number.real
            y[(frame * bins + bin) * 2 + 1] = number.imaginary
          }
        }
      }
    }
    return [try y.rounded(for: signal.elementType, context)]
  }
}
