import InfoldSystem

extension Dimension {
  /// Returns the product of dimensions, 1 if there are none. A single symbol among ones is
  /// preserved.
  /// - Throws: `InfoldError` with `.limitExceeded` if the product overflows `Int`.
  public static func product(_ dimensions: some Sequence<Dimension>) throws(InfoldError) -> Dimension {
    let dimensions = Array(dimensions)
    guard let product = checkedProduct(dimensions.compactMap(\.size)) else {
      throw InfoldError(.limitExceeded, "the product of the dimensions \(Shape(dimensions)) is too large")
    }
    let open = dimensions.filter { $0.size == nil }
    if open.isEmpty || product == 0 { return .fixed(product) }
    return open.count == 1 && product == 1 ? open[0] : .unknown
  }

  /// Returns the sum of dimensions, 0 if there are none. A single symbol among zeros is preserved.
  /// - Throws: `InfoldError` with `.limitExceeded` if the sum overflows `Int`.
  public static func sum(_ dimensions: some Sequence<Dimension>) throws(InfoldError) -> Dimension {
    var sum = 0
    var open: [Dimension] = []
    for dimension in dimensions {
      guard let size = dimension.size else {
        open.append(dimension)
        continue
      }
      let (next, overflow) = sum.addingReportingOverflow(size)
      guard !overflow else { throw InfoldError(.limitExceeded, "the sum of the dimensions is too large") }
      sum = next
    }
    if open.isEmpty { return .fixed(sum) }
    return open.count == 1 && sum == 0 ? open[0] : .unknown
  }
}
