import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that computes each element of its output from those in the same place of its inputs, and can do so with
/// sizes that are known as symbols only.
protocol DimensionOperator: Operator {
  /// How the inputs' shapes are brought together.
  var broadcast: BroadcastRule { get }
  /// The result for two elements; `.unknown` where it is neither a number nor one of the symbols.
  func apply(_ a: Dimension, _ b: Dimension) -> Dimension
}

extension DimensionOperator {
  public func inferElements(_ inputs: OperatorInputs, outputs: [TensorType]) throws(InfoldError) -> [PartialTensor?] {
    guard outputs[0].smallSizes(limit: PartialTensor.maximumCount) != nil, var result = inputs.partial(0) else {
      return []
    }
    for index in inputs.types.indices.dropFirst() {
      guard let next = inputs.partial(index), let combined = try combine(result, next) else { return [] }
      result = combined
    }
    return [PartialTensor(outputs[0].elementType, shape: result.shape, result.elements)]
  }

  /// Broadcasts pairs of places, and computes an element for each.
  private func combine(_ a: PartialTensor, _ b: PartialTensor) throws(InfoldError) -> PartialTensor? {
    let placesA = try Tensor(shape: a.shape, a.elements.indices.map(Int64.init))
    let placesB = try Tensor(shape: b.shape, b.elements.indices.map(Int64.init))
    let width = Int64(PartialTensor.maximumCount)
    let pairs = try Tensor.broadcasting(placesA, try broadcast.aligned(placesB, to: placesA)) {
      (a: Int64, b: Int64) in a * width + b
    }
    let elements = try pairs.integers().map { pair in
      apply(a.elements[pair / Int(width)], b.elements[pair % Int(width)])
    }
    return PartialTensor(a.elementType, shape: pairs.shape, elements)
  }
}

extension Dimension {
  /// The result of `operation`, where both are fixed and it does not overflow.
  static func computed(
    _ a: Dimension, _ b: Dimension, _ operation: (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) -> Dimension {
    guard let a = a.size, let b = b.size else { return .unknown }
    let (result, overflow) = operation(a, b)
    return overflow ? .unknown : .fixed(result)
  }
}
