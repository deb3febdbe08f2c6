import InfoldSystem
import InfoldTensor

/// Finds the maxima of windows of float32 numbers, and their positions.
package struct MaximumSearch: Sendable {
  private let geometry: PoolingGeometry
  private let isColumnMajor: Bool

  fileprivate init(_ geometry: PoolingGeometry, isColumnMajor: Bool) {
    (self.geometry, self.isColumnMajor) = (geometry, isColumnMajor)
  }

  /// Finds the maxima of some channels, counted across the batch.
  /// - Parameters:
  ///   - x: All channels.
  ///   - y: The maxima of all channels.
  ///   - indices: The offset in `x` of each maximum; −1 if a window covers only padding.
  package func run(
    _ channels: Range<Int>, _ x: Span<Float>, to y: inout MutableSpan<Float>, _ indices: inout MutableSpan<Int64>
  ) {
    precondition(channels.lowerBound >= 0 && channels.upperBound * geometry.inputCount <= x.count)
    for channel in channels {
      let start = channel * geometry.inputCount, first = channel * geometry.outputCount
      geometry.forEachWindow { output, window in
        var maximum = -Float.infinity, place = -1
        window.forEachOffset { offset in
          let value = x[unchecked: start &+ offset]
          // Only NaN differs from itself. Once NaN is the maximum, it stays.
          if place < 0 || !(value <= maximum) && maximum == maximum { (maximum, place) = (value, offset) }
        }
        y[first + output] = maximum
        indices[first + output] =
          place < 0 ? -1 : Int64(start + (isColumnMajor ? geometry.columnMajor(place) : place))
      }
    }
  }
}

extension MaxPool {
  /// Returns the search for maxima in channels of these spatial sizes, or `nil` if the window does
  /// not fit.
  package func search(_ sizes: [Int]) -> MaximumSearch? {
    (try? window.extents(sizes)).map {
      MaximumSearch(PoolingGeometry(window, $0, input: sizes), isColumnMajor: isColumnMajor)
    }
  }
}
