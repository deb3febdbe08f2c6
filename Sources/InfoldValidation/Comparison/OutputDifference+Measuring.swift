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
    var products = InnerProducts()
    for (x, y) in zip(a, b) {
      if x != y, !(x.isNaN && y.isNaN) {
        let difference = (x - y).magnitude
        largestDifference = max(largestDifference, difference.isNaN ? .infinity : difference)
      }
      if x.isFinite { largestMagnitude = max(largestMagnitude, x.magnitude) }
      products.add(x, y)
    }
    relativeDifference = largestDifference == 0 ? 0 : largestDifference / largestMagnitude
    if let measured = products.cosine, !measured.isNaN { cosine = min(cosine ?? 1, measured) }
    try addClasses(first, try second.reshaped(to: first.shape))
  }

  /// For an output of scores.
  private mutating func addClasses(_ first: Tensor, _ second: Tensor) throws(InfoldError) {
    guard first.isScores, first.elementType.isFloatingPoint, second.elementType.isFloatingPoint else { return }
    var classes = classes ?? Classes()
    for (a, b) in zip(try first.topK(1), try second.topK(1)) {
      classes.rows += 1
      if a[0].index == b[0].index { classes.same += 1 }
    }
    self.classes = classes
  }
}
