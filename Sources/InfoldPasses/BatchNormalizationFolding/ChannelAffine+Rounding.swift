import InfoldTensor

extension ChannelAffine {
  /// What rounding costs in one channel where the map is computed as one scale and one shift, in weights or by itself.
  struct Magnitudes {
    /// The size of the numbers that cancel then, and that the map as it is written subtracts before it scales:
    /// |(x − μ) · s| for a batch normalization. 0 when there is no difference between both forms.
    var cancelling = 0.0
    /// How large results commonly are, as far as batch normalizations say so. Where none does, they are taken to be of the
    /// size of 1 before the last summand.
    var size = 1.0
    /// The standard deviation that results commonly have, in the same way.
    var deviation = 1.0
  }

  /// The magnitudes of a channel.
  /// - Parameter x: The number that the operator before the map adds to its products.
  func magnitudes(_ x: Double = 0, channel: Int) -> Magnitudes {
    var result = Magnitudes()
    var (x, isShifted, isKnown) = (x, false, false)
    for step in steps {
      let (center, scale, offset) = (step.center[channel], step.scale[channel], step.offset[channel])
      let product = (x - center) * scale
      isShifted = isShifted || center != 0
      result.cancelling = max(result.cancelling * scale.magnitude, isShifted ? product.magnitude : 0)
      x = product + offset
      isShifted = isShifted || offset != 0
      if let statistics = step.statistics {
        (result.size, result.deviation, isKnown) = (statistics.size[channel], statistics.deviation[channel], true)
      } else if isKnown {
        result.size = result.size * scale.magnitude + offset.magnitude
        result.deviation *= scale.magnitude
      } else {
        result.size = 1 + offset.magnitude
      }
    }
    return result
  }

  /// Whether x · scale + shift, with both in `type`, is as good as the map as it is written: both can be held with all of their
  /// digits, and what cancels is at most 16 times as large as results commonly are, which costs four binary digits.
  func isAccurate(asScaleAndShiftIn type: ElementType) -> Bool {
    zip(scale, shift).enumerated().allSatisfy { channel, pair in
      guard type.canHold(pair.0), type.canHold(pair.1) else { return false }
      let isUnderflow = pair.0.magnitude < type.leastNormalMagnitude && !steps.contains { $0.scale[channel] == 0 }
      let magnitudes = magnitudes(channel: channel)
      return !isUnderflow && magnitudes.cancelling <= 16 * magnitudes.size
    }
  }
}
