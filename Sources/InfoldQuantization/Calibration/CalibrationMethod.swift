/// How the range that a quantized value covers is found.
package enum CalibrationMethod: Sendable, Hashable {
  /// From the least number seen to the greatest.
  case minmax
  /// The same without the outermost numbers: what is left is this percentage of them.
  case percentile(Double)
}
