import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that only moves elements: every element of its outputs is an element of an input.
///
/// For partially known shape tensors, the default value rule runs the operator's own evaluation on
/// the indices of the elements.
public protocol ElementMovingOperator: Operator {
  /// The indices of the inputs whose elements are moved. The other inputs are parameters.
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

/// Symbolic elements and tensors of their indices, which an evaluation can move.
private struct NumberedElements {
  /// The operands of the evaluation: indices of elements, and constants as the other inputs.
  private(set) var operands: [Tensor?] = []
  private var elements: [Dimension] = []

  /// - Returns: `nil` if an input is unknown.
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

  /// Returns the symbolic elements in the places to which an evaluation moved their indices.
  func elements(of results: [Tensor?]) throws(InfoldError) -> [SymbolicTensor?] {
    var partials: [SymbolicTensor?] = []
    for case let moved? in results {
      partials.append(SymbolicTensor(moved.elementType, shape: moved.shape, try moved.integers().map { elements[$0] }))
    }
    return partials
  }
}

extension SymbolicTensor {
  /// Returns a tensor of the same shape with consecutive numbers, starting at `start`.
  func numbered(from start: Int) throws(InfoldError) -> Tensor {
    try Tensor(shape: shape, elements.indices.map { Int64(start + $0) }).cast(to: elementType)
  }
}
