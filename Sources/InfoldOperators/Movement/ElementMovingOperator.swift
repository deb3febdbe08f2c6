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

  public static var movedInputs: ClosedRange<Int> { 0...0 }

  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [PartialTensor?] {
    var elements: [Dimension] = []
    var operands: [Tensor?] = []
    for index in inputs.types.indices {
      if Self.movedInputs.contains(index), let partial = inputs.partial(index), partial.elementType != .bool {
        operands.append(try partial.numbered(from: elements.count))
        elements += partial.elements
      } else if inputs.has(index), Self.movedInputs.contains(index) || inputs.constant(index) == nil {
        return []
      } else {
        operands.append(inputs.constant(index))
      }
    }
    guard outputs.allSatisfy({ $0.smallSizes(limit: PartialTensor.maximumCount) != nil }) else { return [] }
    let context = EvaluationContext(wantedOutputs: outputs.map { _ in true })
    var results: [PartialTensor?] = []
    for moved in try evaluate(operands, context) {
      guard let moved else { continue }
      results.append(PartialTensor(moved.elementType, shape: moved.shape, try moved.integers().map { elements[$0] }))
    }
    return results
  }
}

extension PartialTensor {
  /// The numbers of the elements from `start` on, in their places.
  func numbered(from start: Int) throws(InfoldError) -> Tensor {
    try Tensor(shape: shape, elements.indices.map { Int64(start + $0) }).cast(to: elementType)
  }
}
