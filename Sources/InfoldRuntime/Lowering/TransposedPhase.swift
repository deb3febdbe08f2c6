/// The output positions of a transposed convolution along one axis that are a stride apart. They
/// use the same window positions with adjacent inputs, so each phase is a convolution with
/// stride 1.
struct TransposedPhase: Sendable {
  /// The first output position.
  var first: Int
  /// The number of output positions.
  var count: Int
  /// The window positions, in the order of the inputs that they read. If the stride exceeds the
  /// window, a phase may have none: no input reaches its outputs, and the convolution has an empty
  /// window.
  var taps: [Int]
  /// The distance between the inputs of adjacent taps.
  var dilation: Int
  /// The distance from the first tap of the first output position to the first input.
  var pad: Int

  /// Returns the phases of an axis, one for each residue of the stride that occurs.
  static func all(output: Int, kernel: Int, stride: Int, dilation: Int, padBefore: Int) -> [TransposedPhase] {
    (0..<min(stride, output)).map { first in
      let count = (output - first - 1) / stride + 1
      // Tap k contributes input i to output o if o + pad = i · stride + k · dilation.
      let taps = (0..<kernel).reversed().filter { (first + padBefore - $0 * dilation) % stride == 0 }
      let inputs = taps.map { (first + padBefore - $0 * dilation) / stride }
      return TransposedPhase(
        first: first, count: count, taps: taps, dilation: inputs.count > 1 ? inputs[1] - inputs[0] : 1,
        pad: inputs.first.map { -$0 } ?? 0)
    }
  }
}

extension [TransposedPhase] {
  /// Calls `body` with the window positions and the input positions that contribute to an output
  /// position.
  func forEachTap(at output: Int, input: Int, _ body: (_ tap: Int, _ input: Int) -> Void) {
    let phase = self[output % count]
    for (index, tap) in phase.taps.enumerated() {
      let place = output / count - phase.pad + index * phase.dilation
      if place >= 0, place < input { body(tap, place) }
    }
  }
}
