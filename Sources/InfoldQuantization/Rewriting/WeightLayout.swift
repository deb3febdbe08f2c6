import InfoldGraph

/// The layout of a quantized operation's weights: which output and input channel each weight
/// connects.
package struct WeightLayout: Sendable, Hashable {
  /// The number of output channels.
  package let outputs: Int
  /// The number of input channels in a group.
  package let inputs: Int
  /// The number of weights between an input channel and an output channel.
  package let taps: Int
  /// The number of groups.
  package let groups: Int
  /// Whether the weights of an output channel are contiguous.
  package let isOutputFirst: Bool

  /// - Returns: `nil` if the shape does not fit the form.
  package init?(_ form: QuantizedForm, _ linear: LinearForm, shape: [Int]) {
    switch form {
    case .convolution:
      guard shape.count >= 3, linear.groups >= 1, shape[0] % linear.groups == 0 else { return nil }
      (outputs, inputs, taps) = (shape[0], shape[1], shape[2...].reduce(1, *))
      (groups, isOutputFirst) = (linear.groups, true)
    case .product(let axis):
      guard shape.count == 2 else { return nil }
      (outputs, inputs, taps, groups, isOutputFirst) = (shape[axis], shape[1 - axis], 1, 1, axis == 0)
    default: return nil
    }
  }

  /// The number of weights that are summed for an output element.
  package var rowLength: Int { inputs * taps }

  /// The number of output channels in a group.
  package var outputsPerGroup: Int { outputs / groups }

  /// Returns the index of a weight of an output channel; `place` counts taps within input channels.
  package func element(output: Int, place: Int) -> Int {
    isOutputFirst ? output * rowLength + place : place * outputs + output
  }

  /// Calls `body` for every weight; `channel` is the input channel among those of all groups.
  package func forEach(_ body: (_ element: Int, _ output: Int, _ channel: Int, _ place: Int) -> Void) {
    for output in 0..<outputs {
      let first = output / max(outputsPerGroup, 1) * inputs
      for input in 0..<inputs {
        for tap in 0..<taps {
          let place = input * taps + tap
          body(element(output: output, place: place), output, first + input, place)
        }
      }
    }
  }
}

extension LinearForm {
  /// Whether a node accepts a bias with one number for each output channel.
  var takesChannelBias: Bool {
    if case .none = bias { false } else { true }
  }
}
