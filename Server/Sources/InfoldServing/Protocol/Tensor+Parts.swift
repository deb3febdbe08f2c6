package import Infold

extension Tensor {
  /// The same elements without the first dimension, which is 1.
  package func withoutFirstDimension() throws(ServingError) -> Tensor {
    try serving { () throws(InfoldError) in try reshaped(to: Array(shape.dropFirst())) }
  }
}
