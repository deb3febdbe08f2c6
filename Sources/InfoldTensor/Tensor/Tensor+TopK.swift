import InfoldSystem

extension Tensor {
  /// The `k` largest elements with their positions in row-major order, largest first; equal ones in order of position.
  /// - Parameter k: At least 0; all elements are returned when there are fewer.
  /// - Throws: `InfoldError` with `.invalidArgument` for a negative `k`, and when the elements are not floating-point
  ///   numbers.
  public func topK(_ k: Int) throws(InfoldError) -> [(index: Int, value: Double)] {
    guard k >= 0 else { throw InfoldError(.invalidArgument, "the \(k) largest elements were asked for") }
    guard elementType.isFloatingPoint else {
      throw InfoldError(.invalidArgument, "the largest elements of a tensor of \(elementType) were asked for")
    }
    let elements: [Double] = try widened().elements()
    let order = elements.indices.sorted { a, b in
      elements[a] != elements[b] ? elements[a] > elements[b] || (!elements[a].isNaN && elements[b].isNaN) : a < b
    }
    return order.prefix(k).map { (index: $0, value: elements[$0]) }
  }
}
