import InfoldGraph
import InfoldTensor

/// An element-wise operator that has no loop in the kernels. It brings its own loop, which gives
/// the same bits as its reference evaluation.
package protocol RowFunction: Operator {
  /// Writes the function of each float32 number of `x` to `y`.
  func map(_ x: Span<Float>, to y: inout MutableSpan<Float>)
}

extension RowFunction where Self: UnaryOperator {
  package func map(_ x: Span<Float>, to y: inout MutableSpan<Float>) {
    for index in x.indices { y[unchecked: index] = apply(x[unchecked: index]) }
  }
}

extension RowFunction where Self: NumericUnaryOperator {
  package func map(_ x: Span<Float>, to y: inout MutableSpan<Float>) {
    for index in x.indices { y[unchecked: index] = apply(x[unchecked: index]) }
  }
}

extension Acos: RowFunction {}
extension Acosh: RowFunction {}
extension Asin: RowFunction {}
extension Asinh: RowFunction {}
extension Atan: RowFunction {}
extension Atanh: RowFunction {}
extension Celu: RowFunction {}
extension Cosh: RowFunction {}
extension Shrink: RowFunction {}
extension Sign: RowFunction {}
extension Sinh: RowFunction {}
extension Tan: RowFunction {}
extension ThresholdedRelu: RowFunction {}
