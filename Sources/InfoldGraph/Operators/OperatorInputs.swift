import InfoldSystem
import InfoldTensor

/// What a shape rule sees.
public struct OperatorInputs: Sendable {
  /// The types of the inputs; `nil` for an optional one that is left out.
  public let types: [TensorType?]
  /// The tensors of those inputs whose value is known before the model runs.
  public let constants: [Tensor?]
  /// What is known of the elements of other inputs, small tensors of integers.
  let partials: [SymbolicTensor?]
  /// The number of outputs that the node has.
  public let outputCount: Int

  /// The inputs of a node.
  public init(
    types: [TensorType?], constants: [Tensor?], partials: [SymbolicTensor?] = [], outputCount: Int = 1
  ) {
    self.types = types
    self.constants = constants
    self.partials = partials
    self.outputCount = outputCount
  }

  /// Whether input `index` is there.
  public func has(_ index: Int) -> Bool {
    index < types.count && types[index] != nil
  }

  /// The elements of input `index`, as far as they are known before the model runs; `nil` when it is left out, is no
  /// tensor of int64, int32 or bool, is too large to be followed, or has an open shape.
  public func partial(_ index: Int) -> SymbolicTensor? {
    guard has(index), let type = types[index] else { return nil }
    if let constant = constant(index) { return SymbolicTensor(constant) }
    return (index < partials.count ? partials[index] : nil) ?? SymbolicTensor(unknown: type)
  }

  /// The last inputs, so many: their types, and the tensors of those that are known.
  package func last(_ count: Int) -> (types: ArraySlice<TensorType?>, constants: ArraySlice<Tensor?>) {
    let places = types.indices.suffix(count)
    return (types[places], ArraySlice(places.map(constant)))
  }

  /// The type of input `index`, which must be one of `allowed`.
  /// - Throws: `InfoldError` with `.unsupported` for another element type, `.invalidModel` when the input is left out: a call of a
  ///   function may leave out what its body needs.
  public func type(_ index: Int, of allowed: ElementTypeSet = .all) throws(InfoldError) -> TensorType {
    guard let type = types[index] else { throw InfoldError(.invalidModel, "input \(index) is left out") }
    guard allowed.contains(type.elementType) else {
      throw InfoldError(
        .unsupported, "input \(index) has elements of type \(type.elementType); supported are \(allowed)")
    }
    return type
  }

  /// Checks that input `index` has `rank` dimensions, where it is there and its rank is known.
  /// - Throws: `InfoldError` with `.invalidModel` for another rank.
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

  /// Checks that input `index` has one element, where it is there and its shape is known: a scalar, or a list of one.
  /// - Throws: `InfoldError` with `.invalidModel` for another number.
  package func requireOneElement(_ index: Int) throws(InfoldError) {
    guard has(index), let shape = types[index]?.shape, shape.rank > 1 || shape.contains(where: { $0.size ?? 1 != 1 })
    else { return }
    throw InfoldError(.invalidModel, "input \(index) has the shape \(shape); it must be a scalar")
  }

  /// Checks that input `index` has one element, in any number of dimensions, where it is there and its shape is known.
  /// - Throws: `InfoldError` with `.invalidModel` for another number.
  package func requireOneElementInAnyShape(_ index: Int) throws(InfoldError) {
    guard has(index), let shape = types[index]?.shape, shape.contains(where: { $0.size ?? 1 != 1 }) else { return }
    throw InfoldError(.invalidModel, "input \(index) has the shape \(shape); it must have one element")
  }

  /// Checks that all inputs that are there have the same element type.
  /// - Throws: `InfoldError` with `.invalidModel` when they differ.
  public func requireSameElementType(_ indices: some Sequence<Int>) throws(InfoldError) {
    try requireSameElementTypes(indices)
  }

  /// The same for inputs beside one another.
  public func requireSameElementType(_ indices: ClosedRange<Int>) throws(InfoldError) {
    try requireSameElementTypes(indices)
  }

  // Compiled for each kind of sequence here: other modules would go through the indices by witnesses, for every node.
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

/// A set of element types, for checks and messages.
public struct ElementTypeSet: Sendable, Hashable {
  /// The types, in the order in which messages list them.
  public let types: [ElementType]

  /// These types.
  public init(_ types: [ElementType]) {
    self.types = types
  }

  /// float16, bfloat16, float32, float64.
  public static let floatingPoint = ElementTypeSet([.float16, .bfloat16, .float32, .float64])
  /// Every integer of 8 to 64 bits.
  public static let integers = ElementTypeSet([.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64])
  /// Floating point and integers.
  public static let numeric = ElementTypeSet(floatingPoint.types + integers.types)
  /// What Infold can hold and touch element by element: numeric types and bool.
  public static let all = ElementTypeSet(numeric.types + [.bool])
  /// Floating point and the integers that have a sign.
  public static let floatingPointAndSigned = ElementTypeSet(floatingPoint.types + [.int8, .int16, .int32, .int64])
  /// Truth values.
  public static let bool = ElementTypeSet([.bool])
  /// The type of shapes and axes.
  public static let int64 = ElementTypeSet([.int64])

  /// Whether `type` is in it.
  public func contains(_ type: ElementType) -> Bool {
    types.contains(type)
  }
}

extension ElementTypeSet: CustomStringConvertible {
  public var description: String { types.map { "\($0)" }.joined(separator: ", ") }
}
