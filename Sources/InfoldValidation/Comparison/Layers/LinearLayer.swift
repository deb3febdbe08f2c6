import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The structure of a linear layer: the weights of each output channel, and the input elements that
/// they are multiplied with.
struct LinearLayer {
  let node: Node
  private let form: LinearForm
  private let weight: [Int]
  /// The number of output channels.
  let channels: Int
  /// The number of products that are added up for one output element.
  let length: Int
  /// The number of groups that the channels are divided into.
  let groups: Int

  /// - Returns: `nil` if the node is not linear in a weight of this shape.
  init?(_ node: Node, weight: [Int]) {
    guard let form = node.typed?.linearForm, weight.count >= 2, form.hasWindow || weight.count == 2 else { return nil }
    let count = weight.reduce(1, *)
    let channels = form.outputAxis == 0 ? weight[0] : weight[1] * form.groups
    guard count > 0, channels > 0, channels % form.groups == 0, weight[0] % form.groups == 0 else { return nil }
    (self.node, self.form, self.weight, self.channels) = (node, form, weight, channels)
    groups = form.groups
    length = count / channels
  }

  /// Whether a weight is used at many positions of the input.
  var hasWindow: Bool { form.hasWindow }

  /// The number of output channels of a group.
  var channelsPerGroup: Int { channels / groups }

  private var taps: Int { weight[2...].reduce(1, *) }

  /// Returns the index of the weight that output channel `channel` multiplies with element `term`
  /// of its row.
  func weightIndex(channel: Int, term: Int) -> Int {
    guard form.outputAxis == 1 else { return channel * length + term }
    let (group, own) = channel.quotientAndRemainder(dividingBy: weight[1])
    let (input, tap) = term.quotientAndRemainder(dividingBy: taps)
    return ((group * (weight[0] / groups) + input) * weight[1] + own) * taps + tap
  }

  /// Returns the weights of an output channel, in the order of a row.
  func weights(_ tensor: Tensor, channel: Int) -> [Double] {
    tensor.withElements(as: Double.self) { weight in
      (0..<length).map { weight[weightIndex(channel: channel, term: $0)] }
    }
  }

  /// The positions of the elements of an output.
  struct Output {
    /// The number of elements of each channel.
    let positions: Int
    fileprivate let inner: Int
    private let channels: Int

    fileprivate init?(_ shape: [Int], channels: Int, isLast: Bool) {
      let axis = isLast ? shape.count - 1 : 1
      guard shape.indices.contains(axis), shape[axis] == channels else { return nil }
      inner = shape[(axis + 1)...].reduce(1, *)
      positions = shape[..<axis].reduce(1, *) * inner
      self.channels = channels
    }

    /// Returns the index of an element.
    func index(position: Int, channel: Int) -> Int {
      let (outer, own) = position.quotientAndRemainder(dividingBy: inner)
      return (outer * channels + channel) * inner + own
    }
  }

  /// - Returns: `nil` if the output has no axis of all channels.
  func output(_ shape: [Int]) -> Output? { Output(shape, channels: channels, isLast: form.writesChannelsLast) }

  /// Returns the numbers that the weights are multiplied with at the given output positions, which
  /// are ascending: for each group, one row per position.
  /// - Returns: `nil` if the input does not have the expected shape.
  /// - Throws: The error of the operator.
  func rows(_ x: Tensor, _ output: Output, _ positions: [Int]) throws(InfoldError) -> [[Float]]? {
    form.hasWindow ? try windows(x, output, positions) : matrix(x, positions)
  }

  private func matrix(_ x: Tensor, _ positions: [Int]) -> [[Float]]? {
    var isTransposed = false
    if case .transposed = form.reading { isTransposed = true }
    guard x.shape.count >= 2, (isTransposed ? x.shape[0] : x.shape[x.shape.count - 1]) == length else { return nil }
    let count = x.count / max(length, 1), alpha = Double(form.alpha)
    return [
      x.withElements(as: Double.self) { x in
        var rows: [Float] = []
        rows.reserveCapacity(positions.count * length)
        for position in positions {
          for term in 0..<length {
            rows.append(Float(alpha * x[isTransposed ? term * count + position : position * length + term]))
          }
        }
        return rows
      }
    ]
  }

  /// Extracts windows with the operator itself: one channel at a time, with a weight that is 1 at
  /// one tap.
  private func windows(_ x: Tensor, _ output: Output, _ positions: [Int]) throws(InfoldError) -> [[Float]]? {
    guard x.shape.count == weight.count, x.shape[1] % groups == 0, x.shape[1] / groups * taps == length else {
      return nil
    }
    let perGroup = x.shape[1] / groups, taps = taps, kernel = Array(weight[2...]), spatial = Array(x.shape[2...])
    var picking = [Double](repeating: 0, count: groups * taps * taps)
    for row in 0..<(groups * taps) { picking[row * taps + row % taps] = 1 }
    let weight = try Tensor(shape: (form.outputAxis == 0 ? [groups * taps, 1] : [groups, taps]) + kernel, picking)
    let plane = groups * spatial.reduce(1, *), planes = x.shape[0] * perGroup
    let numbers = try x.elements(as: Double.self)
    var rows = [[Float]](repeating: [Float](repeating: 0, count: positions.count * length), count: groups)
    let step = max(1, 4_000_000 / max(groups * taps * output.inner, 1))
    var start = 0
    while start < planes {
      try Interruption.check()
      let end = min(start + step, planes)
      let part = try Tensor(
        shape: [end - start, groups] + spatial, Array(numbers[(start * plane)..<(end * plane)]))
      var operands: [Tensor?] = [part, weight]
      operands += Array(repeating: nil, count: max(0, node.inputs.count - 2))
      guard let picked = try node.evaluate(operands, precision: .double)[0],
        picked.count == (end - start) * groups * taps * output.inner
      else { return nil }
      picked.withElements(as: Double.self) { picked in
        for index in start..<end {
          let (image, block) = index.quotientAndRemainder(dividingBy: perGroup)
          let first = positions.partition(from: image * output.inner)
          let last = positions.partition(from: (image + 1) * output.inner)
          for own in 0..<groups {
            let (group, input) = (block * groups + own).quotientAndRemainder(dividingBy: perGroup)
            for tap in 0..<taps {
              let source = ((index - start) * groups * taps + own * taps + tap) * output.inner - image * output.inner
              let term = input * taps + tap
              for place in first..<last {
                rows[group][place * length + term] = Float(picked[source + positions[place]])
              }
            }
          }
        }
      }
      start = end
    }
    return rows
  }
}

extension [Int] {
  /// Returns the index of the first number that is at least `bound`, in an ascending array.
  fileprivate func partition(from bound: Int) -> Int {
    var low = 0, high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
