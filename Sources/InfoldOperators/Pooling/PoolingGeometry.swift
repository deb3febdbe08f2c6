import InfoldSystem
import InfoldTensor

/// The windows of a pool over one channel, with 1 or 2 spatial dimensions brought to 3.
struct PoolingGeometry: Sendable {
  /// The elements of a window along one dimension.
  struct Taps: Sendable {
    /// The first one inside the input.
    var first: Int
    /// The distance from one to the next.
    var step: Int
    /// How many lie inside the input.
    var count: Int
    /// How many lie inside the input or its padding.
    var paddedCount: Int
  }

  /// One window.
  struct Window {
    let z: Taps
    let y: Taps
    let x: Taps
    fileprivate let rows: Int
    fileprivate let columns: Int

    /// How many of the elements lie inside the input.
    var count: Int { z.count * y.count * x.count }
    /// How many of the elements lie inside the input or its padding.
    var paddedCount: Int { z.paddedCount * y.paddedCount * x.paddedCount }

    /// Calls `body` with the offset of every element inside the input from the channel's first.
    @inline(__always)
    func forEachOffset(_ body: (Int) -> Void) {
      for iz in 0..<z.count {
        let plane = (z.first + iz * z.step) * rows
        for iy in 0..<y.count {
          let row = (plane + y.first + iy * y.step) * columns
          for ix in 0..<x.count { body(row + x.first + ix * x.step) }
        }
      }
    }
  }

  private let z: [Taps]
  private let y: [Taps]
  private let x: [Taps]
  /// The sizes of the input, outermost first; 1 where a dimension was added.
  let depth: Int
  let rows: Int
  let columns: Int

  /// Elements of one channel of the input and of the output.
  var inputCount: Int { depth * rows * columns }
  var outputCount: Int { z.count * y.count * x.count }

  init(_ window: SlidingWindow, _ extents: [SlidingWindow.Extent], input: [Int]) {
    let single = [Taps(first: 0, step: 1, count: 1, paddedCount: 1)]
    let taps =
      Array(repeating: single, count: 3 - input.count)
      + input.indices.map { Self.taps(window, $0, extents[$0], input: input[$0]) }
    let sizes = Array(repeating: 1, count: 3 - input.count) + input
    (z, y, x) = (taps[0], taps[1], taps[2])
    (depth, rows, columns) = (sizes[0], sizes[1], sizes[2])
  }

  private static func taps(
    _ window: SlidingWindow, _ axis: Int, _ extent: SlidingWindow.Extent, input size: Int
  ) -> [Taps] {
    let dilation = window.dilations[axis]
    return (0..<extent.output).map { position in
      let start = position * window.strides[axis] - extent.padBefore
      /// The number of elements that stand before `end`.
      func elements(before end: Int) -> Int {
        end <= start ? 0 : min((end - start - 1) / dilation + 1, window.kernel[axis])
      }
      let before = elements(before: 0)
      return Taps(
        first: start + before * dilation, step: dilation, count: elements(before: size) - before,
        paddedCount: elements(before: size + extent.padAfter))
    }
  }

  /// The number of an element of a channel, counted with the first dimension running fastest, from its row-major one.
  func columnMajor(_ offset: Int) -> Int {
    let (plane, x) = offset.quotientAndRemainder(dividingBy: columns)
    let (z, y) = plane.quotientAndRemainder(dividingBy: rows)
    // Dimensions that were added have size 1, so that they do not count.
    return z + depth * (y + rows * x)
  }

  /// Calls `body` with every window and its place in a channel of the output.
  @inline(__always)
  func forEachWindow(_ body: (Int, Window) -> Void) {
    var output = 0
    for z in z {
      for y in y {
        for x in x {
          body(output, Window(z: z, y: y, x: x, rows: rows, columns: columns))
          output += 1
        }
      }
    }
  }
}

extension Tensor {
  /// A pool whose every result comes from `reduce`, which gets the elements, the place of the channel's first, and the
  /// window.
  /// - Precondition: The tensor is [N, C, D1, …], and `Element` stands for its type.
  @inline(__always)
  func pooled<Element: NumericElement>(
    by window: SlidingWindow, _ reduce: (borrowing Span<Element>, Int, PoolingGeometry.Window) -> Element
  ) throws(InfoldError) -> Tensor {
    let extents = try window.extents(shape[2...])
    let geometry = PoolingGeometry(window, extents, input: Array(shape[2...]))
    var result = try Tensor(zeros: shape[..<2] + extents.map(\.output), of: elementType)
    try withElements(as: Element.self) { input throws(InfoldError) in
      try result.withMutableSpan(as: Element.self) { output in
        for channel in 0..<(shape[0] * shape[1]) {
          geometry.forEachWindow { place, window in
            output[channel * geometry.outputCount + place] = reduce(input, channel * geometry.inputCount, window)
          }
        }
      }
    }
    return result
  }
}
