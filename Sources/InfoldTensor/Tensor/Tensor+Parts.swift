import InfoldSystem

extension Tensor {
  /// A tensor whose elements `fill` writes where they stay, in row-major order. They are zero before.
  /// - Throws: What `fill` throws; as `init(zeros:of:)`.
  public init<Element: TensorElement>(
    shape: [Int], of _: Element.Type = Element.self,
    filling fill: (inout MutableSpan<Element>) throws(InfoldError) -> Void
  ) throws(InfoldError) {
    try self.init(zeros: shape, of: Element.elementType)
    try withMutableSpan(as: Element.self, fill)
  }

  /// The element at these indices, one for each dimension.
  /// - Throws: `InfoldError` with `.invalidArgument` when the elements are of another type, or there is no such element.
  public func element<Element: TensorElement>(
    at indices: Int..., as type: Element.Type = Element.self
  ) throws(InfoldError) -> Element {
    guard indices.count == shape.count, zip(indices, shape).allSatisfy({ (0..<$1).contains($0) }) else {
      throw InfoldError(.invalidArgument, "a tensor of shape \(shape) has no element at \(indices)")
    }
    let place = zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 }
    return try withSpan(as: type) { $0[place] }
  }

  /// The positions `range` along an axis: of [8, 3, 224, 224], `slice(2..<4)` is [2, 3, 224, 224]. A copy, unless it is everything;
  /// `withSpan(ofSlice:as:_:)` reads without one.
  /// - Parameters:
  ///   - range: The positions.
  ///   - axis: Negative ones count from the end.
  /// - Throws: `InfoldError`: `.invalidArgument` for an axis or positions that the tensor does not have; `.unsupported` for
  ///   elements narrower than a byte; `.limitExceeded`.
  public func slice(_ range: Range<Int>, axis: Int = 0) throws(InfoldError) -> Tensor {
    let axis = try Self.checkedAxis(axis, of: shape)
    guard (0...shape[axis]).contains(range.lowerBound), range.upperBound <= shape[axis] else {
      throw InfoldError(
        .invalidArgument, "a tensor of shape \(shape) has no positions \(range) along its dimension \(axis)")
    }
    if range.count == shape[axis] { return self }
    try requireWholeBytes()
    var sizes = shape
    sizes[axis] = range.count
    var slice = try Tensor(zeros: sizes, of: elementType)
    guard slice.count > 0 else { return slice }
    let inner = shape[(axis + 1)...].reduce(1, *), outer = shape[..<axis].reduce(1, *)
    try slice.copyBlocks(
      outer, of: range.count * inner, from: self,
      at: Blocks(start: range.lowerBound * inner, stride: shape[axis] * inner),
      to: Blocks(start: 0, stride: range.count * inner))
    return slice
  }

  /// Calls `body` with the elements at one position of the first dimension, without a copy: an image of a batch, for instance.
  /// - Throws: `InfoldError` with `.invalidArgument` when the elements are of another type, or there is no such position; what `body`
  ///   throws.
  public func withSpan<Element: TensorElement, Result>(
    ofSlice position: Int, as type: Element.Type = Element.self, _ body: (Span<Element>) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    guard let positions = shape.first, (0..<positions).contains(position) else {
      throw InfoldError(.invalidArgument, "a tensor of shape \(shape) has no position \(position)")
    }
    let size = count / positions
    return try withSpan(as: type) { span throws(InfoldError) in
      try body(span.extracting((position * size)..<((position + 1) * size)))
    }
  }

  /// One tensor behind the other along an axis: of [1, 3, 8, 8] and [4, 3, 8, 8] this makes [5, 3, 8, 8].
  /// - Parameters:
  ///   - tensors: At least one.
  ///   - axis: Negative ones count from the end.
  /// - Throws: `InfoldError`: `.invalidArgument` for no tensors, an axis that they do not have, or element types and other sizes
  ///   that differ; `.unsupported` for elements narrower than a byte; `.limitExceeded`.
  public init(concatenating tensors: [Tensor], axis: Int = 0) throws(InfoldError) {
    guard let first = tensors.first else { throw InfoldError(.invalidArgument, "no tensors are given") }
    let axis = try Self.checkedAxis(axis, of: first.shape)
    try first.requireWholeBytes()
    var sizes = first.shape
    sizes[axis] = 0
    for tensor in tensors {
      var expected = first.shape
      if tensor.shape.count == expected.count { expected[axis] = tensor.shape[axis] }
      guard tensor.shape == expected, tensor.elementType == first.elementType else {
        throw InfoldError(
          .invalidArgument, "\(first) and \(tensor) cannot be put behind each other along dimension \(axis)")
      }
      let (sum, overflow) = sizes[axis].addingReportingOverflow(tensor.shape[axis])
      guard !overflow else { throw InfoldError(.limitExceeded, "the sum of the sizes is too large") }
      sizes[axis] = sum
    }
    try self.init(zeros: sizes, of: first.elementType)
    guard count > 0 else { return }
    let inner = sizes[(axis + 1)...].reduce(1, *), outer = sizes[..<axis].reduce(1, *)
    var position = 0
    for tensor in tensors {
      let length = tensor.shape[axis] * inner
      try copyBlocks(
        outer, of: length, from: tensor, at: Blocks(start: 0, stride: length),
        to: Blocks(start: position, stride: sizes[axis] * inner))
      position += length
    }
  }

  static func checkedAxis(_ axis: Int, of shape: [Int]) throws(InfoldError) -> Int {
    let index = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(index) else {
      throw InfoldError(.invalidArgument, "a tensor of shape \(shape) has no dimension \(axis)")
    }
    return index
  }

  private func requireWholeBytes() throws(InfoldError) {
    guard (elementType.bitWidth ?? 0) >= 8 else {
      throw InfoldError(.unsupported, "parts of a tensor of \(elementType) elements cannot be copied")
    }
  }
}
