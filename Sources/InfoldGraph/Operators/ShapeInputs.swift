import InfoldSystem
import InfoldTensor

extension OperatorInputs {
  /// The longest list of sizes, axes or positions that an operator takes; a hostile model must not make us build more.
  static let maximumListLength = 4096

  /// The integers in input `index`, a list, as far as they are known before the model runs: of an input whose value is not
  /// known, only how many they are. A `.fixed` among them may be negative.
  /// - Returns: `nil` when not even their number is known.
  /// - Throws: `InfoldError` with `.invalidModel` when the input is not a list, `.limitExceeded` for one of more than 4096.
  public func dimensions(_ index: Int, of types: ElementTypeSet = .int64) throws(InfoldError) -> [Dimension]? {
    if let integers = try integers(index, of: types) { return integers.map(Dimension.fixed) }
    if let partial = partial(index) { return partial.elements }
    return try listLength(index, of: types).map { Array(repeating: .unknown, count: $0) }
  }

  /// The integers of input `index`, a list of int64 or int32; `nil` when its value is not known before the model runs.
  /// - Throws: `InfoldError` with `.invalidModel` when the input is not a list, `.limitExceeded` for one of more than 4096.
  public func integers(_ index: Int, of types: ElementTypeSet = .indices) throws(InfoldError) -> [Int]? {
    _ = try listLength(index, of: types)
    return try constant(index)?.integers()
  }

  /// The number of elements of input `index`, a list of integers; `nil` when it is not known before the model runs.
  /// - Throws: `InfoldError` with `.invalidModel` when the input is not a list.
  package func listLength(_ index: Int, of types: ElementTypeSet = .indices) throws(InfoldError) -> Int? {
    let shape = try type(index, of: types).shape
    try requireRank(1...1, of: index)
    guard let length = constant(index)?.count ?? shape?[0].size else { return nil }
    guard length <= Self.maximumListLength else {
      throw InfoldError(
        .limitExceeded,
        "input \(index) lists \(counted(length, "value")); at most \(Self.maximumListLength) are supported")
    }
    return length
  }

  /// The tensor of input `index`; `nil` when it is left out, or not known before the model runs.
  public func constant(_ index: Int) -> Tensor? {
    index < constants.count ? constants[index] : nil
  }
}

extension ElementTypeSet {
  /// The types of indices and axes: int64 and int32.
  public static let indices = ElementTypeSet([.int64, .int32])
}

extension Tensor {
  /// The elements of a tensor of int64 or int32.
  package func integers() throws(InfoldError) -> [Int] {
    elementType == .int32
      ? try elements(as: Int32.self).map(Int.init) : try elements(as: Int64.self).map(Int.init)
  }
}

extension OperatorInputs {
  /// Inputs that are all known.
  package init(_ tensors: [Tensor?], outputCount: Int = 1) {
    self.init(
      types: tensors.map { $0.map { TensorType($0.elementType, Shape($0.shape)) } }, constants: tensors,
      outputCount: outputCount)
  }
}

extension Operator {
  /// The sizes that the shape rule gives output `index` for these tensors.
  package func inferredShape(_ inputs: [Tensor?], output index: Int = 0) throws(InfoldError) -> [Int] {
    let inferred = try inferOutputs(OperatorInputs(inputs, outputCount: index + 1))
    guard let sizes = inferred[index].shape?.sizes else {
      preconditionFailure("\(Self.name) has no shape for the inputs \(inputs)")
    }
    return sizes
  }
}
