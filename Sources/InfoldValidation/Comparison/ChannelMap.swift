import InfoldSystem
import InfoldTensor

/// A permutation and scaling of channels that relates a value of the first network to its match in
/// the second one.
struct ChannelMap {
  /// The channel axis.
  let axis: Int
  /// For each channel of the second network, the matching channel of the first one.
  let order: [Int]
  /// For each channel of the second network, its ratio to the matching channel of the first one.
  let scale: [Double]

  /// Whether the order of the channels differs.
  var permutes: Bool { order.enumerated().contains { $0.offset != $0.element } }
  /// Whether any channel has a factor other than 1.
  var scales: Bool { scale.contains { $0 != 1 } }

  /// Returns the map from `value`, whose elements are known to within `bound`, to `other`, or `nil`
  /// if there is none.
  static func find(_ value: Tensor, bound: [Double], _ other: Tensor) throws(InfoldError) -> ChannelMap? {
    guard value.shape == other.shape, value.elementType == .float64, other.elementType == .float64, value.count > 0
    else { return nil }
    let a = try value.elements(as: Double.self), b = try other.elements(as: Double.self)
    guard a.allSatisfy(\.isFinite), b.allSatisfy(\.isFinite), bound.allSatisfy(\.isFinite) else { return nil }
    let rank = value.shape.count
    for axis in rank < 2 ? [0] : rank == 3 ? [1, 2] : [1] {
      let channels = ChannelRows(value.shape, axis: axis)
      if let map = find(channels, axis, a, bound, b) { return map }
    }
    return nil
  }

  private static func find(
    _ channels: ChannelRows, _ axis: Int, _ a: [Double], _ bound: [Double], _ b: [Double]
  ) -> ChannelMap? {
    guard channels.rowLength * channels.count > 1 else { return nil }
    let keys = (0..<channels.count).map { channels.key(a, $0) }
    let sorted = keys.indices.sorted { keys[$0] < keys[$1] }
    var isTaken = [Bool](repeating: false, count: channels.count)
    var order: [Int] = [], scale: [Double] = []
    for channel in 0..<channels.count {
      if let factor = channels.factor(a, channel, bound, b, channel), !isTaken[channel] {
        isTaken[channel] = true
        order.append(channel)
        scale.append(factor)
        continue
      }
      let key = channels.key(b, channel)
      var low = 0, high = sorted.count
      while low < high {
        let middle = (low + high) / 2
        if keys[sorted[middle]] < key - 1e-3 { low = middle + 1 } else { high = middle }
      }
      var found: (Int, Double)?
      while low < sorted.count, keys[sorted[low]] <= key + 1e-3 {
        let candidate = sorted[low]
        if !isTaken[candidate], let factor = channels.factor(a, candidate, bound, b, channel) {
          found = (candidate, factor)
          if factor == 1 { break }
        }
        low += 1
      }
      guard let (candidate, factor) = found else { return nil }
      isTaken[candidate] = true
      order.append(candidate)
      scale.append(factor)
    }
    return ChannelMap(axis: axis, order: order, scale: scale)
  }

  /// Returns `other` with the map undone, in the channel order and scale of the first network.
  func undone(_ other: Tensor) throws(InfoldError) -> Tensor {
    let channels = ChannelRows(other.shape, axis: axis)
    let b = try other.elements(as: Double.self)
    var a = [Double](repeating: 0, count: b.count)
    for (channel, (source, factor)) in zip(order, scale).enumerated() {
      channels.forEach(channel) { place, offset in a[place + (source - channel) * channels.stride] = b[place] / factor }
    }
    return try Tensor(shape: other.shape, a)
  }
}

/// The positions of the elements of each channel.
private struct ChannelRows {
  let count: Int
  let stride: Int
  private let outer: Int

  init(_ shape: [Int], axis: Int) {
    count = shape.isEmpty ? 1 : shape[axis]
    stride = shape.isEmpty ? 1 : shape[(axis + 1)...].reduce(1, *)
    outer = shape.isEmpty ? 1 : shape[..<axis].reduce(1, *)
  }

  /// The number of elements of a channel.
  var rowLength: Int { outer * stride }

  func forEach(_ channel: Int, _ body: (_ place: Int, _ offset: Int) -> Void) {
    for block in 0..<outer {
      let start = (block * count + channel) * stride
      for inner in 0..<stride { body(start + inner, block * stride + inner) }
    }
  }

  /// Returns a search key of a channel, which a positive factor does not change: the sum of its
  /// elements divided by their Euclidean norm.
  func key(_ numbers: [Double], _ channel: Int) -> Double {
    var sum = 0.0, squares = 0.0
    forEach(channel) { place, _ in
      sum += numbers[place]
      squares += numbers[place] * numbers[place]
    }
    return squares > 0 ? sum / squares.squareRoot() : 0
  }

  private static let leastChange = 1e-3

  /// Returns the ratio of channel `target` of `b` to channel `source` of `a`, or `nil` if `target`
  /// is not a multiple of `source` within the bounds.
  func factor(_ a: [Double], _ source: Int, _ bound: [Double], _ b: [Double], _ target: Int) -> Double? {
    let shift = (source - target) * stride
    var isSame = true, products = 0.0, squares = 0.0
    forEach(target) { place, _ in
      let (x, y) = (a[place + shift], b[place])
      if (x - y).magnitude > bound[place + shift] { isSame = false }
      products += x * y
      squares += x * x
    }
    if isSame { return 1 }
    guard squares > 0, products != 0 else { return nil }
    let factor = products / squares
    // A factor this close to 1 is the effect of a wrong weight rather than of an intended scale.
    guard (factor - 1).magnitude > Self.leastChange else { return nil }
    var isMultiple = true
    forEach(target) { place, _ in
      let (x, y) = (a[place + shift], b[place])
      if (factor * x - y).magnitude > factor.magnitude * 2 * bound[place + shift] { isMultiple = false }
    }
    return isMultiple ? factor : nil
  }
}
