import InfoldGraph
import InfoldOperators

/// The window of a convolution with explicit padding.
struct BranchWindow {
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  let before: [Int]
  let after: [Int]
  let groups: Int

  /// Creates a window.
  /// - Returns: `nil` if the padding depends on the input's size.
  init?(_ window: SlidingWindow, groups: Int) {
    guard case .explicit(let before, let after) = window.padding else { return nil }
    (kernel, strides, dilations) = (window.kernel, window.strides, window.dilations)
    (self.before, self.after, self.groups) = (before, after, groups)
  }

  /// Creates a window of one position that reads each channel separately.
  init(ofOnePositionOfRank rank: Int, channels: Int) {
    let (ones, zeros) = (Array(repeating: 1, count: rank), Array(repeating: 0, count: rank))
    (kernel, strides, dilations, before, after, groups) = (ones, ones, ones, zeros, zeros, channels)
  }

  /// The number of elements in the window.
  var count: Int { kernel.reduce(1, *) }

  var attributes: AttributeList {
    [
      "kernel_shape": .ints(kernel.map(Int64.init)), "strides": .ints(strides.map(Int64.init)),
      "dilations": .ints(dilations.map(Int64.init)), "pads": .ints((before + after).map(Int64.init)),
      "group": .int(Int64(groups)),
    ]
  }

  /// Returns for each element of another window, in order, the element of this window at the same
  /// position. Returns `nil` if one has no counterpart, or the windows move differently. If the
  /// result is not `nil`, both windows have the same number of positions for any input size.
  func elements(under other: BranchWindow) -> [Int]? {
    guard kernel.count == other.kernel.count, strides == other.strides else { return nil }
    var elements = [0]
    for axis in kernel.indices {
      guard let excess = excess(axis), excess == other.excess(axis) else { return nil }
      var places: [Int] = []
      for tap in 0..<other.kernel[axis] {
        let distance = tap * other.dilations[axis] - other.before[axis] + before[axis]
        let (place, rest) = distance.quotientAndRemainder(dividingBy: dilations[axis])
        guard rest == 0, (0..<kernel[axis]).contains(place) else { return nil }
        places.append(place)
      }
      elements = elements.flatMap { element in places.map { element * kernel[axis] + $0 } }
    }
    return elements
  }

  /// Returns how much padding adds to an axis beyond what the window takes from it.
  private func excess(_ axis: Int) -> Int? {
    let (reach, overflow) = (kernel[axis] - 1).multipliedReportingOverflow(by: dilations[axis])
    return overflow ? nil : before[axis] + after[axis] - reach
  }
}
