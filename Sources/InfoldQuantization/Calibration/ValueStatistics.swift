import InfoldTensor

/// The statistics of a value to quantize.
struct ValueStatistics: Sendable {
  /// From the smallest to the largest number.
  var range: ClosedRange<Double>
  /// The histogram of the numbers; `nil` if none were observed.
  var histogram: Histogram?
  /// The moments of each channel; `nil` for a value without channels.
  var channels: ChannelMoments?
  /// The source of the range.
  var origin: RangeOrigin

  /// Creates statistics from the moments of channels.
  init(_ moments: ChannelMoments) {
    range = moments.range
    channels = moments
    origin = moments.isEstimated ? .estimate : .statistics
  }

  /// Creates statistics from observed numbers.
  init(_ observer: RangeObserver, _ channels: ChannelSums, origin: RangeOrigin) {
    range = observer.extremes
    histogram = observer.histogram
    self.channels = channels.moments
    self.origin = origin
  }
}

/// Sums, sums of squares, and extremes of the numbers of each channel.
struct ChannelSums: Sendable {
  private var count = 0
  private var sums: [Double] = []
  private var squares: [Double] = []
  private var least: [Float] = []
  private var greatest: [Float] = []
  /// Whether all tensors had the same channels.
  private var isUsable = true

  /// Adds a float32 tensor whose axis 1 is the channel axis.
  mutating func add(_ tensor: Tensor) {
    let shape = tensor.shape
    guard isUsable, shape.count >= 2, tensor.count > 0, sums.isEmpty || sums.count == shape[1] else {
      if tensor.count > 0 { isUsable = false }
      return
    }
    if sums.isEmpty {
      sums = Array(repeating: 0, count: shape[1])
      squares = sums
      least = Array(repeating: .infinity, count: shape[1])
      greatest = Array(repeating: -.infinity, count: shape[1])
    }
    let inner = shape[2...].reduce(1, *)
    var state = self
    tensor.withElements { (numbers: Span<Float>) in
      for row in 0..<shape[0] * shape[1] {
        var (sum, square, low, high) = (0.0, 0.0, Float.infinity, -Float.infinity)
        for index in row * inner..<(row + 1) * inner {
          let number = numbers[index]
          sum += Double(number)
          square += Double(number) * Double(number)
          low = min(low, number)
          high = max(high, number)
        }
        let channel = row % shape[1]
        state.sums[channel] += sum
        state.squares[channel] += square
        state.least[channel] = min(state.least[channel], low)
        state.greatest[channel] = max(state.greatest[channel], high)
      }
    }
    self = state
    count += shape[0] * inner
  }

  /// The moments; `nil` if no numbers were added, or if they have no channels.
  var moments: ChannelMoments? {
    guard isUsable, count > 0 else { return nil }
    let mean = sums.map { $0 / Double(count) }
    var moments = ChannelMoments(
      mean: mean, deviation: zip(squares, mean).map { max($0 / Double(count) - $1 * $1, 0).squareRoot() })
    moments.reach = zip(least, greatest).map { Double($0)...Double($1) }
    return moments
  }
}
