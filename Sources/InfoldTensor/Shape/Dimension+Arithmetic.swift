import InfoldSystem

extension Dimension {
  /// The product of dimensions, 1 for none; a single symbol among ones is kept.
  /// - Throws: `InfoldError` with `.limitExceeded` where it does not fit an `Int`.
  public static func product(_ dimensions: some Sequence<Dimension>) throws(InfoldError) -> Dimension {
    let dimensions = Array(dimensions)
    guard let product = checkedProduct(dimensions.compactMap(\.size)) else {
      throw InfoldError(.limitExceeded, "the product of the dimensions \(Shape(dimensions)) is too large")
    }
    let open = dimensions.filter { $0.size == nil }
    if open.isEmpty || product == 0 { return .fixed(product) }
    return open.count == 1 && product == 1 ? open[0] : .unknown
  }

  /// The sum of dimensions, 0 for none; a single symbol among zeros is kept.
  /// - Throws: `InfoldError` with `.limitExceeded` where it does not fit an `Int`.
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
