import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Collects the covariances of the numbers that a layer sums for an output element.
struct LayerInputs {
  /// The layer's node.
  let node: NodeID
  /// The layout of its weights.
  let layout: WeightLayout
  private let window: SlidingWindow?
  /// The covariances of each group.
  private(set) var moments: [SecondMoments]
  private var panels: [[SIMD8<Double>]]

  /// - Parameter window: The window of a convolution; `nil` for a matrix product.
  init(_ node: NodeID, _ layout: WeightLayout, _ window: SlidingWindow?) {
    self.node = node
    self.layout = layout
    self.window = window
    moments = (0..<layout.groups).map { _ in SecondMoments(count: layout.rowLength) }
    panels = Array(repeating: [], count: layout.groups)
  }

  /// Adds the layer's input tensor at `count` evenly spaced output positions.
  mutating func add(_ tensor: Tensor, positions count: Int) throws(InfoldError) {
    let shape = tensor.shape
    guard tensor.count > 0 else { return }
    guard let window, shape.count == window.rank + 2 else { return addRows(tensor, count) }
    let sizes = Array(shape[2...])
    let extents = try window.extents(sizes)
    let perImage = extents.reduce(1) { $0 * $1.output }
    let total = shape[0] * perImage
    let strides = sizes.indices.map { sizes[($0 + 1)...].reduce(1, *) }
    let plane = sizes.reduce(1, *)
    for place in Self.spread(count, over: total) {
      // The start of the window, and the offsets of its taps: `nil` in the padding.
      var rest = place % perImage, origin = [Int](repeating: 0, count: sizes.count)
      for axis in sizes.indices.reversed() {
        origin[axis] = rest % extents[axis].output * window.strides[axis] - extents[axis].padBefore
        rest /= extents[axis].output
      }
      let taps = (0..<layout.taps).map { tap -> Int? in
        var rest = tap, offset = 0
        for axis in sizes.indices.reversed() {
          let at = origin[axis] + rest % window.kernel[axis] * window.dilations[axis]
          rest /= window.kernel[axis]
          guard at >= 0, at < sizes[axis] else { return nil }
          offset += at * strides[axis]
        }
        return offset
      }
      let image = place / perImage * shape[1] * plane
      append(tensor) { numbers, channel, tap in taps[tap].map { Double(numbers[image + channel * plane + $0]) } ?? 0 }
    }
  }

  private mutating func addRows(_ tensor: Tensor, _ count: Int) {
    let length = layout.rowLength
    for row in Self.spread(count, over: tensor.count / length) {
      append(tensor) { numbers, channel, _ in Double(numbers[row * length + channel]) }
    }
  }

  /// Adds the numbers of one output position.
  private mutating func append(
    _ tensor: Tensor, _ number: (_ numbers: borrowing Span<Float>, _ channel: Int, _ tap: Int) -> Double
  ) {
    var state = self
    self.panels = []
    self.moments = []
    tensor.withElements { (numbers: Span<Float>) in
      for group in 0..<layout.groups {
        var list = [SIMD8<Double>](repeating: .zero, count: state.moments[group].width)
        var place = 0
        for input in 0..<layout.inputs {
          for tap in 0..<layout.taps {
            list[place / 8][place % 8] = number(numbers, group * layout.inputs + input, tap)
            place += 1
          }
        }
        state.panels[group] += list
        if state.panels[group].count >= SecondMoments.panel * list.count { state.flush(group) }
      }
    }
    self = state
  }

  private mutating func flush(_ group: Int) {
    moments[group].add(panels[group])
    panels[group] = []
  }

  /// Adds the remaining numbers.
  mutating func finish() {
    for group in panels.indices where !panels[group].isEmpty { flush(group) }
  }

  /// Returns `count` evenly spaced positions below `total`, or all of them.
  private static func spread(_ count: Int, over total: Int) -> [Int] {
    guard count < total else { return Array(0..<total) }
    return (0..<count).map { ($0 * 2 + 1) * total / (2 * count) }
  }
}
