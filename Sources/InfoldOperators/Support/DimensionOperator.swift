import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An element-wise operator that can also compute with sizes known only as symbols.
protocol DimensionOperator: Operator {
  /// How the inputs are broadcast.
  var broadcast: BroadcastRule { get }
  /// Returns the result for two elements, or `.unknown` if it is neither a number nor one of the
  /// symbols.
  func apply(_ a: Dimension, _ b: Dimension) -> Dimension
}

extension DimensionOperator {
  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [SymbolicTensor?] {
    guard outputs[0].smallSizes(limit: SymbolicTensor.maximumCount) != nil, var result = inputs.partial(0) else {
      return []
    }
    for index in inputs.types.indices.dropFirst() {
      guard let next = inputs.partial(index), let combined = try combine(result, next) else { return [] }
      result = combined
    }
    return [SymbolicTensor(outputs[0].elementType, shape: result.shape, result.elements)]
  }

  private func combine(_ a: SymbolicTensor, _ b: SymbolicTensor) throws(InfoldError) -> SymbolicTensor? {
    let (shape, pairs) = try a.places(meeting: b, broadcast)
    return SymbolicTensor(a.elementType, shape: shape, pairs.map { apply(a.elements[$0.a], b.elements[$0.b]) })
  }
}

extension SymbolicTensor {
  /// Returns the shape of the result, and for each of its elements the indices of the operands'
  /// elements.
  fileprivate func places(
    meeting other: SymbolicTensor, _ broadcast: BroadcastRule
  ) throws(InfoldError) -> (shape: [Int], pairs: [(a: Int, b: Int)]) {
    let a = try Tensor(shape: shape, elements.indices.map(Int64.init))
    let b = try Tensor(shape: other.shape, other.elements.indices.map(Int64.init))
    let width = Int64(SymbolicTensor.maximumCount)
    let pairs = try Tensor.broadcasting(a, try broadcast.aligned(b, to: a)) { (a: Int64, b: Int64) in a * width + b }
    return (pairs.shape, try pairs.integers().map { ($0 / Int(width), $0 % Int(width)) })
  }
}

extension Dimension {
  /// Returns the result of `operation` if both dimensions are fixed and it does not overflow.
  static func computed(
    _ a: Dimension, _ b: Dimension, _ operation: (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) -> Dimension {
    guard let a = a.size, let b = b.size else { return .unknown }
    let (result, overflow) = operation(a, b)
    return overflow ? .unknown : .fixed(result)
  }
}
