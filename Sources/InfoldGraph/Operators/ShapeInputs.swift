import InfoldSystem
import InfoldTensor

extension OperatorInputs {
  /// The longest list of sizes, axes or positions that an operator takes. It limits what a hostile
  /// model can make shape rules allocate.
  static let maximumListLength = 4096

  /// Returns the elements of input `index`, a list of integers, as far as they are known before the
  /// model runs. If only the length is known, all elements are unknown. A fixed element may be
  /// negative.
  /// - Returns: The elements, or `nil` if not even the length is known.
  /// - Throws: `InfoldError.Code.invalidModel` if the input is not a list; `.limitExceeded` if it
  ///   has more than 4096 elements.
  public func dimensions(_ index: Int, of types: ElementTypeSet = .int64) throws(InfoldError) -> [Dimension]? {
    if let integers = try integers(index, of: types) { return integers.map(Dimension.fixed) }
    if let partial = partial(index) { return partial.elements }
    return try listLength(index, of: types).map { Array(repeating: .unknown, count: $0) }
  }

  /// Returns the elements of input `index`, a list of int64 or int32, or `nil` if they are not
  /// known before the model runs.
  /// - Throws: `InfoldError.Code.invalidModel` if the input is not a list; `.limitExceeded` if it
  ///   has more than 4096 elements.
  public func integers(_ index: Int, of types: ElementTypeSet = .indices) throws(InfoldError) -> [Int]? {
    _ = try listLength(index, of: types)
    return try constant(index)?.integers()
  }

  /// Returns the length of input `index`, a list of integers, or `nil` if it is not known before
  /// the model runs.
  /// - Throws: `InfoldError.Code.invalidModel` if the input is not a list; `.limitExceeded` if it
  ///   has more than 4096 elements.
  package func listLength(_ index: Int, of types: ElementTypeSet = .indices) throws(InfoldError) -> Int? {
    let shape = try type(index, of: types).shape
    try requireRank(1...1, of: index)
    guard let length = constant(index)?.count ?? shape?[0].size else { return nil }
    guard length <= Self.maximumListLength else {
      throw InfoldError(
        .limitExceeded,
        "input \(index) has \(counted(length, "element")); at most \(Self.maximumListLength) are supported")
    }
    return length
  }

  /// Returns the tensor of input `index`, or `nil` if it is omitted or not known before the model
  /// runs.
  public func constant(_ index: Int) -> Tensor? {
    index < constants.count ? constants[index] : nil
  }
}

extension ElementTypeSet {
  /// The types of indices and axes: int64 and int32.
  public static let indices = ElementTypeSet([.int64, .int32])
}

extension Tensor {
  /// Returns the elements of a tensor of int64 or int32.
  package func integers() throws(InfoldError) -> [Int] {
    elementType == .int32
      ? try elements(as: Int32.self).map(Int.init) : try elements(as: Int64.self).map(Int.init)
  }
}

extension OperatorInputs {
  /// Creates a description of inputs that are all known.
  package init(_ tensors: [Tensor?], outputCount: Int = 1) {
    self.init(
      types: tensors.map { $0.map { TensorType($0.elementType, Shape($0.shape)) } }, constants: tensors,
      outputCount: outputCount)
  }
}

extension Operator {
  /// Returns the sizes that the shape rule infers for output `index` for these tensors.
  package func inferredShape(_ inputs: [Tensor?], output index: Int = 0) throws(InfoldError) -> [Int] {
    let inferred = try inferOutputs(OperatorInputs(inputs, outputCount: index + 1))
    guard let sizes = inferred[index].shape?.sizes else {
      preconditionFailure("the shape rule of \(Self.name) returns no fixed shape for the inputs \(inputs)")
    }
    return sizes
  }
}
