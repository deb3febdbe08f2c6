import InfoldSystem

extension Tensor {
  /// Creates a tensor whose elements `fill` writes in place, in row-major order. The elements are
  /// initially zero.
  /// - Throws: The errors of `fill` and of `init(zeros:of:)`.
  public init<Element: TensorElement>(
    shape: [Int], of _: Element.Type = Element.self,
    filling fill: (inout MutableSpan<Element>) throws(InfoldError) -> Void
  ) throws(InfoldError) {
    try self.init(zeros: shape, of: Element.elementType)
    try withMutableSpan(as: Element.self, fill)
  }

  /// Returns the element at these indices, one for each dimension.
  /// - Throws: `InfoldError` with `.invalidArgument` if the elements are of another type or the
  ///   indices are out of range.
  public func element<Element: TensorElement>(
    at indices: Int..., as type: Element.Type = Element.self
  ) throws(InfoldError) -> Element {
    guard indices.count == shape.count, zip(indices, shape).allSatisfy({ (0..<$1).contains($0) }) else {
      throw InfoldError(.invalidArgument, "a tensor of shape \(shape) has no element at \(indices)")
    }
    let place = zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 }
    return try withSpan(as: type) { $0[place] }
  }

  /// Returns the positions `range` along an axis. For a tensor of shape [8, 3, 224, 224],
  /// `slice(2..<4)` has shape [2, 3, 224, 224].
  ///
  /// The result is a copy unless the range covers the whole axis. `withSpan(ofSlice:as:_:)` reads
  /// without a copy.
  /// - Parameters:
  ///   - range: The positions.
  ///   - axis: The axis. Negative axes count from the end.
  /// - Throws: `InfoldError`: `.invalidArgument` if the axis or the range is out of bounds,
  ///   `.unsupported` for elements narrower than a byte, `.limitExceeded` if the result does not
  ///   fit into memory.
  public func slice(_ range: Range<Int>, axis: Int = 0) throws(InfoldError) -> Tensor {
    let axis = try Self.checkedAxis(axis, of: shape)
    guard (0...shape[axis]).contains(range.lowerBound), range.upperBound <= shape[axis] else {
      throw InfoldError(
        .invalidArgument, "the range \(range) is out of bounds for axis \(axis) of a tensor of shape \(shape)")
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

  /// Calls `body` with the elements at one position of the first dimension, such as one image of a
  /// batch, without a copy.
  /// - Throws: `InfoldError` with `.invalidArgument` if the elements are of another type or the
  ///   position is out of range, and the errors of `body`.
  public func withSpan<Element: TensorElement, Result>(
    ofSlice position: Int, as type: Element.Type = Element.self, _ body: (Span<Element>) throws(InfoldError) -> Result
  ) throws(InfoldError) -> Result {
    guard let positions = shape.first, (0..<positions).contains(position) else {
      throw InfoldError(.invalidArgument, "the position \(position) is out of bounds for a tensor of shape \(shape)")
    }
    let size = count / positions
    return try withSpan(as: type) { span throws(InfoldError) in
      try body(span.extracting((position * size)..<((position + 1) * size)))
    }
  }

  /// Creates a tensor by concatenating tensors along an axis. Shapes [1, 3, 8, 8] and [4, 3, 8, 8]
  /// give [5, 3, 8, 8].
  /// - Parameters:
  ///   - tensors: The tensors. At least one.
  ///   - axis: The axis. Negative axes count from the end.
  /// - Throws: `InfoldError`: `.invalidArgument` if there are no tensors, the axis is out of range,
  ///   or element types or sizes along other axes differ; `.unsupported` for elements narrower than
  ///   a byte; `.limitExceeded` if the result does not fit into memory.
  public init(concatenating tensors: [Tensor], axis: Int = 0) throws(InfoldError) {
    guard let first = tensors.first else { throw InfoldError(.invalidArgument, "no tensors to concatenate") }
    let axis = try Self.checkedAxis(axis, of: first.shape)
    try first.requireWholeBytes()
    var sizes = first.shape
    sizes[axis] = 0
    for tensor in tensors {
      var expected = first.shape
      if tensor.shape.count == expected.count { expected[axis] = tensor.shape[axis] }
      guard tensor.shape == expected, tensor.elementType == first.elementType else {
        throw InfoldError(
          .invalidArgument, "\(first) and \(tensor) cannot be concatenated along axis \(axis)")
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
      throw InfoldError(.invalidArgument, "axis \(axis) is out of range for a tensor of shape \(shape)")
    }
    return index
  }

  private func requireWholeBytes() throws(InfoldError) {
    guard (elementType.bitWidth ?? 0) >= 8 else {
      throw InfoldError(.unsupported, "parts of a tensor of \(elementType) elements cannot be copied")
    }
  }
}
