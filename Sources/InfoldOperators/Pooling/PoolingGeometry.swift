import InfoldSystem
import InfoldTensor

/// The windows of a pool in one channel. Channels with 1 or 2 spatial dimensions are extended to 3.
struct PoolingGeometry: Sendable {
  /// The taps of a window along one dimension.
  struct Taps: Sendable {
    /// The position of the first tap inside the input.
    var first: Int
    /// The distance between taps.
    var step: Int
    /// The number of taps inside the input.
    var count: Int
    /// The number of taps inside the input or its padding.
    var paddedCount: Int
  }

  /// A window.
  struct Window {
    let z: Taps
    let y: Taps
    let x: Taps
    fileprivate let rows: Int
    fileprivate let columns: Int

    /// The number of taps inside the input.
    var count: Int { z.count * y.count * x.count }
    /// The number of taps inside the input or its padding.
    var paddedCount: Int { z.paddedCount * y.paddedCount * x.paddedCount }

    /// Calls `body` with the offset in the channel of each tap inside the input.
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
  /// The sizes of the input, outermost first; 1 for added dimensions.
  let depth: Int
  let rows: Int
  let columns: Int

  /// The number of elements in a channel of the input and of the output.
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
      /// Returns the number of taps before `end`.
      func elements(before end: Int) -> Int {
        end <= start ? 0 : min((end - start - 1) / dilation + 1, window.kernel[axis])
      }
      let before = elements(before: 0)
      return Taps(
        first: start + before * dilation, step: dilation, count: elements(before: size) - before,
        paddedCount: elements(before: size + extent.padAfter))
    }
  }

  /// Returns the column-major offset in a channel for a row-major one. In column-major order, the
  /// first dimension varies fastest.
  func columnMajor(_ offset: Int) -> Int {
    let (plane, x) = offset.quotientAndRemainder(dividingBy: columns)
    let (z, y) = plane.quotientAndRemainder(dividingBy: rows)
    // Added dimensions have size 1 and do not matter.
    return z + depth * (y + rows * x)
  }

  /// Calls `body` with each window and its offset in a channel of the output.
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
  /// Returns the results of a pool. `reduce` computes each of them from the elements, the offset of
  /// the channel and the window.
  /// - Precondition: The tensor is [N, C, D1, …] with elements of type `Element`.
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
