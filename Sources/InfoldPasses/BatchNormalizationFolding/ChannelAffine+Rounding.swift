import InfoldTensor

extension ChannelAffine {
  /// The magnitudes that determine the rounding errors in one channel if the map is computed as a
  /// single scale and shift, either folded into weights or on its own.
  struct Magnitudes {
    /// The magnitude of the numbers that cancel in this form. The map as written subtracts them
    /// before it scales. For a batch normalization, it is |(x − μ) · s|. 0 if both forms compute
    /// the same.
    var cancelling = 0.0
    /// The typical magnitude of results, known from the parameters of a batch normalization in the
    /// map. Without one, it is assumed to be 1 before the last summand.
    var size = 1.0
    /// The typical standard deviation of results, estimated in the same way.
    var deviation = 1.0
  }

  /// Returns the magnitudes of a channel.
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

  /// Returns whether x · scale + shift, with both in `type`, is as accurate as the map as written.
  /// Both must be representable with full precision. The terms that cancel must be at most 16 times
  /// as large as typical results, which costs four binary digits.
  func isAccurate(asScaleAndShiftIn type: ElementType) -> Bool {
    zip(scale, shift).enumerated().allSatisfy { channel, pair in
      guard type.canHold(pair.0), type.canHold(pair.1) else { return false }
      let isUnderflow = pair.0.magnitude < type.leastNormalMagnitude && !steps.contains { $0.scale[channel] == 0 }
      let magnitudes = magnitudes(channel: channel)
      return !isUnderflow && magnitudes.cancelling <= 16 * magnitudes.size
    }
  }
}
