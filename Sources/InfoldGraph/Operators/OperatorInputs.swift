import InfoldSystem
import InfoldTensor

/// What a shape rule knows about the inputs of a node.
public struct OperatorInputs: Sendable {
  /// The types of the inputs; `nil` for an omitted optional input.
  public let types: [TensorType?]
  /// The tensors of inputs that are known before the model runs.
  public let constants: [Tensor?]
  /// The partially known elements of other inputs that are small integer tensors.
  let partials: [SymbolicTensor?]
  /// The number of outputs of the node.
  public let outputCount: Int

  /// Creates a description of the inputs of a node.
  public init(
    types: [TensorType?], constants: [Tensor?], partials: [SymbolicTensor?] = [], outputCount: Int = 1
  ) {
    self.types = types
    self.constants = constants
    self.partials = partials
    self.outputCount = outputCount
  }

  /// Returns whether input `index` is present.
  public func has(_ index: Int) -> Bool {
    index < types.count && types[index] != nil
  }

  /// Returns the elements of input `index`, as far as they are known before the model runs. Returns
  /// `nil` if the input is omitted, is not int64, int32 or bool, has too many elements, or has a
  /// shape that is not fixed.
  public func partial(_ index: Int) -> SymbolicTensor? {
    guard has(index), let type = types[index] else { return nil }
    if let constant = constant(index) { return SymbolicTensor(constant) }
    return (index < partials.count ? partials[index] : nil) ?? SymbolicTensor(unknown: type)
  }

  /// Returns the types of the last `count` inputs, and the tensors of those that are known.
  package func last(_ count: Int) -> (types: ArraySlice<TensorType?>, constants: ArraySlice<Tensor?>) {
    let places = types.indices.suffix(count)
    return (types[places], ArraySlice(places.map(constant)))
  }

  /// Returns the type of input `index`, which must be one of `allowed`.
  /// - Throws: `InfoldError.Code.unsupported` for another element type; `.invalidModel` if the
  ///   input is omitted, since a function call may omit what the body requires.
  public func type(_ index: Int, of allowed: ElementTypeSet = .all) throws(InfoldError) -> TensorType {
    guard let type = types[index] else { throw InfoldError(.invalidModel, "missing input \(index)") }
    guard allowed.contains(type.elementType) else {
      throw InfoldError(
        .unsupported, "unsupported element type: input \(index) is \(type.elementType); supported are \(allowed)")
    }
    return type
  }

  /// Checks the rank of input `index`, if it is present and its rank is known.
  /// - Throws: `InfoldError.Code.invalidModel` for another rank.
  public func requireRank(_ rank: ClosedRange<Int>, of index: Int) throws(InfoldError) {
    guard has(index), let shape = types[index]?.shape, !rank.contains(shape.rank) else { return }
    let wanted =
      if rank.upperBound == .max {
        "at least " + counted(rank.lowerBound, "dimension")
      } else if rank.lowerBound == rank.upperBound {
        counted(rank.lowerBound, "dimension")
      } else {
        "\(rank.lowerBound) to \(rank.upperBound) dimensions"
      }
    throw InfoldError(.invalidModel, "input \(index) has the shape \(shape); it must have \(wanted)")
  }

  /// Checks that input `index` is a scalar or a list of one element, if it is present and its shape
  /// is known.
  /// - Throws: `InfoldError.Code.invalidModel` if it is not.
  package func requireOneElement(_ index: Int) throws(InfoldError) {
    guard has(index), let shape = types[index]?.shape, shape.rank > 1 || shape.contains(where: { $0.size ?? 1 != 1 })
    else { return }
    throw InfoldError(.invalidModel, "input \(index) has the shape \(shape); it must be a scalar")
  }

  /// Checks that input `index` has one element, with any rank, if it is present and its shape is
  /// known.
  /// - Throws: `InfoldError.Code.invalidModel` for another number of elements.
  package func requireOneElementInAnyShape(_ index: Int) throws(InfoldError) {
    guard has(index), let shape = types[index]?.shape, shape.contains(where: { $0.size ?? 1 != 1 }) else { return }
    throw InfoldError(.invalidModel, "input \(index) has the shape \(shape); it must have one element")
  }

  /// Checks that all of the given inputs that are present have the same element type.
  /// - Throws: `InfoldError.Code.invalidModel` if they differ.
  public func requireSameElementType(_ indices: some Sequence<Int>) throws(InfoldError) {
    try requireSameElementTypes(indices)
  }

  /// Checks that consecutive inputs have the same element type.
  public func requireSameElementType(_ indices: ClosedRange<Int>) throws(InfoldError) {
    try requireSameElementTypes(indices)
  }

  // Specialized in this module for each kind of sequence. Other modules would iterate through
  // witness tables, for every node.
  private func requireSameElementTypes(_ indices: some Sequence<Int>) throws(InfoldError) {
    var first: (index: Int, type: ElementType)?
    for index in indices where has(index) {
      guard let type = types[index]?.elementType else { continue }
      if let first, first.type != type {
        throw InfoldError(
          .invalidModel, "inputs \(first.index) and \(index) have different element types, \(first.type) and \(type)")
      }
      first = first ?? (index, type)
    }
  }
}

/// A set of element types, for checks and error messages.
public struct ElementTypeSet: Sendable, Hashable {
  /// The types, in the order in which error messages list them.
  public let types: [ElementType]

  /// Creates a set of these types.
  public init(_ types: [ElementType]) {
    self.types = types
  }

  /// float16, bfloat16, float32, float64.
  public static let floatingPoint = ElementTypeSet([.float16, .bfloat16, .float32, .float64])
  /// The integers of 8 to 64 bits.
  public static let integers = ElementTypeSet([.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64])
  /// Floating-point and integer types.
  public static let numeric = ElementTypeSet(floatingPoint.types + integers.types)
  /// The types that Infold can hold and process element by element: numeric types and bool.
  public static let all = ElementTypeSet(numeric.types + [.bool])
  /// Floating-point and signed integer types.
  public static let floatingPointAndSigned = ElementTypeSet(floatingPoint.types + [.int8, .int16, .int32, .int64])
  /// Only bool.
  public static let bool = ElementTypeSet([.bool])
  /// The type of shapes and axes.
  public static let int64 = ElementTypeSet([.int64])

  /// Returns whether the set contains `type`.
  public func contains(_ type: ElementType) -> Bool {
    types.contains(type)
  }
}

extension ElementTypeSet: CustomStringConvertible {
  public var description: String { types.map { "\($0)" }.joined(separator: ", ") }
}
