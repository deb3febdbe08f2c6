import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes nothing: every element of its outputs is an element of its inputs.
///
/// What it does with shapes that are known in parts, its own evaluation tells, which moves the elements' numbers.
public protocol ElementMovingOperator: Operator {
  /// The inputs, by position, whose elements are moved; the others say how.
  static var movedInputs: ClosedRange<Int> { get }
}

extension ElementMovingOperator {
  public static var family: OperatorFamily { .movement }

  public static var widening: Widening { .sameFunction }

  public static var movedInputs: ClosedRange<Int> { 0...0 }

  public static var elementSources: ClosedRange<Int>? { movedInputs }

  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?] {
    guard let moved = try NumberedElements(inputs, moved: Self.movedInputs),
      outputs.allSatisfy({ $0.smallSizes(limit: SymbolicTensor.maximumCount) != nil })
    else { return [] }
    return try moved.elements(
      of: evaluate(moved.operands, EvaluationContext(wantedOutputs: outputs.map { _ in true })))
  }
}

/// Elements that are known in parts, and tensors of their numbers, which an evaluation can move.
private struct NumberedElements {
  /// What is evaluated: numbers of elements, and the constants beside them.
  private(set) var operands: [Tensor?] = []
  private var elements: [Dimension] = []

  /// - Returns: `nil` where an input is not known.
  init?(_ inputs: OperatorInputs, moved: ClosedRange<Int>) throws(InfoldError) {
    for index in inputs.types.indices {
      if moved.contains(index), let partial = inputs.partial(index), partial.elementType != .bool {
        operands.append(try partial.numbered(from: elements.count))
        elements += partial.elements
      } else if inputs.has(index), moved.contains(index) || inputs.constant(index) == nil {
        return nil
      } else {
        operands.append(inputs.constant(index))
      }
    }
  }

  /// What stands in the places to which an evaluation moved the numbers.
  func elements(of results: [Tensor?]) throws(InfoldError) -> [SymbolicTensor?] {
    var partials: [SymbolicTensor?] = []
    for case let moved? in results {
      partials.append(SymbolicTensor(moved.elementType, shape: moved.shape, try moved.integers().map { elements[$0] }))
    }
    return partials
  }
}

extension SymbolicTensor {
  /// The numbers of the elements from `start` on, in their places.
  func numbered(from start: Int) throws(InfoldError) -> Tensor {
    try Tensor(shape: shape, elements.indices.map { Int64(start + $0) }).cast(to: elementType)
  }
}
