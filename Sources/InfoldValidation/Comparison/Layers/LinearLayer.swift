import InfoldGraph
import InfoldSystem
import InfoldTensor

/// How a node adds up products of its first input with a weight: which weights belong to an output channel, and which numbers of the
/// input they are multiplied with.
struct LinearLayer {
  let node: Node
  private let form: LinearForm
  private let weight: [Int]
  /// The output channels.
  let channels: Int
  /// The products that are added up for a number of the output.
  let length: Int
  /// The groups that the channels are split into.
  let groups: Int

  /// - Returns: `nil` for a node that is not linear in a weight of this shape.
  init?(_ node: Node, weight: [Int]) {
    guard let form = node.typed?.linearForm, weight.count >= 2, form.hasWindow || weight.count == 2 else { return nil }
    let count = weight.reduce(1, *)
    let channels = form.outputAxis == 0 ? weight[0] : weight[1] * form.groups
    guard count > 0, channels > 0, channels % form.groups == 0, weight[0] % form.groups == 0 else { return nil }
    (self.node, self.form, self.weight, self.channels) = (node, form, weight, channels)
    groups = form.groups
    length = count / channels
  }

  /// Whether a weight is used at many places of the input.
  var hasWindow: Bool { form.hasWindow }

  /// The output channels of a group.
  var channelsPerGroup: Int { channels / groups }

  private var taps: Int { weight[2...].reduce(1, *) }

  /// The place of a weight: what output channel `channel` multiplies number `term` of its row with.
  func weightIndex(channel: Int, term: Int) -> Int {
    guard form.outputAxis == 1 else { return channel * length + term }
    let (group, own) = channel.quotientAndRemainder(dividingBy: weight[1])
    let (input, tap) = term.quotientAndRemainder(dividingBy: taps)
    return ((group * (weight[0] / groups) + input) * weight[1] + own) * taps + tap
  }

  /// The weights of an output channel, in the order of a row.
  func weights(_ tensor: Tensor, channel: Int) -> [Double] {
    tensor.withElements(as: Double.self) { weight in
      (0..<length).map { weight[weightIndex(channel: channel, term: $0)] }
    }
  }

  /// Where the numbers of an output lie.
  struct Output {
    /// The numbers of each channel.
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

    /// The place of a number.
    func index(position: Int, channel: Int) -> Int {
      let (outer, own) = position.quotientAndRemainder(dividingBy: inner)
      return (outer * channels + channel) * inner + own
    }
  }

  /// - Returns: `nil` for an output that has no axis of all channels.
  func output(_ shape: [Int]) -> Output? { Output(shape, channels: channels, isLast: form.writesChannelsLast) }

  /// The numbers that the weights are multiplied with at these positions of the output, ascending: by group, a row for each position.
  /// - Returns: `nil` for an input that the layer does not read in such a way.
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

  /// The operator itself picks the numbers of a window: with a weight that is 1 in one place, and one channel at a time.
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
  /// The place of the first number that is at least `bound`, in an ascending array.
  fileprivate func partition(from bound: Int) -> Int {
    var low = 0, high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
