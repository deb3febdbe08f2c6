/// The output positions of a transposed convolution along one axis that lie a stride apart: they take the same positions of
/// the window, each from neighbouring inputs, so that between them it is a convolution with stride 1.
struct TransposedPhase: Sendable {
  /// The first output position.
  var first: Int
  /// The number of output positions.
  var count: Int
  /// The window's positions, in the order of the inputs that they meet. With a stride larger than the window, a phase may have none:
  /// no input reaches its outputs, and the convolution's window is empty.
  var taps: [Int]
  /// The distance between the inputs of neighbouring taps.
  var dilation: Int
  /// How far before the first input the first output position's first tap lies.
  var pad: Int

  /// The phases of an axis, one for each position of a stride that there is.
  static func all(output: Int, kernel: Int, stride: Int, dilation: Int, padBefore: Int) -> [TransposedPhase] {
    (0..<min(stride, output)).map { first in
      let count = (output - first - 1) / stride + 1
      // Output o takes tap k from input i where o + pad = i · stride + k · dilation.
      let taps = (0..<kernel).reversed().filter { (first + padBefore - $0 * dilation) % stride == 0 }
      let inputs = taps.map { (first + padBefore - $0 * dilation) / stride }
      return TransposedPhase(
        first: first, count: count, taps: taps, dilation: inputs.count > 1 ? inputs[1] - inputs[0] : 1,
        pad: inputs.first.map { -$0 } ?? 0)
    }
  }
}

extension [TransposedPhase] {
  /// Calls `body` with the positions of the window, and those of the input, that an output position of an axis is made of.
  func forEachTap(at output: Int, input: Int, _ body: (_ tap: Int, _ input: Int) -> Void) {
    let phase = self[output % count]
    for (index, tap) in phase.taps.enumerated() {
      let place = output / count - phase.pad + index * phase.dilation
      if place >= 0, place < input { body(tap, place) }
    }
  }
}
