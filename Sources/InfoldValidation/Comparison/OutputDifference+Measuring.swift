import InfoldSystem
import InfoldTensor

extension OutputDifference {
  /// Adds what both networks give for a sample.
  mutating func add(_ first: Tensor, _ second: Tensor) throws(InfoldError) {
    guard first.count == second.count else {
      (largestDifference, relativeDifference) = (.infinity, .infinity)
      return
    }
    elements += first.count
    let a = try first.numbers(), b = try second.numbers()
    var products = (ab: 0.0, aa: 0.0, bb: 0.0)
    for (x, y) in zip(a, b) {
      if x != y, !(x.isNaN && y.isNaN) {
        let difference = (x - y).magnitude
        largestDifference = max(largestDifference, difference.isNaN ? .infinity : difference)
      }
      if x.isFinite { largestMagnitude = max(largestMagnitude, x.magnitude) }
      products = (products.ab + x * y, products.aa + x * x, products.bb + y * y)
    }
    relativeDifference = largestDifference == 0 ? 0 : largestDifference / largestMagnitude
    if products.aa > 0, products.bb > 0 {
      let measured = min(1, products.ab / (products.aa.squareRoot() * products.bb.squareRoot()))
      if !measured.isNaN { cosine = min(cosine ?? 1, measured) }
    }
    try addClasses(first, try second.reshaped(to: first.shape))
  }

  /// Scores are a row of at least 5 for each picture.
  private mutating func addClasses(_ first: Tensor, _ second: Tensor) throws(InfoldError) {
    let isRow = first.shape.count == 2 || first.shape.contains(first.count)
    guard isRow, (first.shape.last ?? 0) >= 5, first.count > 0, first.elementType.isFloatingPoint,
      second.elementType.isFloatingPoint
    else { return }
    var classes = classes ?? Classes()
    for (a, b) in zip(try first.topK(1), try second.topK(1)) {
      classes.rows += 1
      if a[0].index == b[0].index { classes.same += 1 }
    }
    self.classes = classes
  }
}
