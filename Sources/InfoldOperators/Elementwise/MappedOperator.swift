import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator whose outputs copy elements of the first input, according to index maps that the
/// other inputs determine.
package protocol MappedOperator: Operator {
  /// Returns the map of each output, or `nil` if it depends on something unknown. An axis of the
  /// output may be several axes of the map.
  func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]?

  /// Returns the value where a map selects no element; `nil` for zero. Called only if the maps are
  /// known.
  func fill(_ inputs: OperatorInputs) throws(InfoldError) -> Tensor?
}

extension MappedOperator {
  package func fill(_ inputs: OperatorInputs) throws(InfoldError) -> Tensor? { nil }

  /// Applies the maps to compute the outputs that are wanted.
  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let known = OperatorInputs(inputs, outputCount: context.wantedOutputs.count)
    let types = try inferOutputs(known)
    guard let maps = try indexMaps(known) else {
      preconditionFailure("\(Self.name) has no index map for the inputs \(inputs)")
    }
    return try maps.results(of: inputs[0]!, fill: fill(known), types, context)
  }
}

extension [IndexMap] {
  /// Returns the outputs that are wanted, with the shapes of `types`.
  fileprivate func results(
    of source: Tensor, fill: Tensor?, _ types: [TensorType], _ context: EvaluationContext
  ) throws(InfoldError) -> [Tensor?] {
    var results: [Tensor?] = []
    for (index, map) in enumerated() {
      guard context.wantsOutput(index), let sizes = types[index].shape?.sizes else {
        results.append(nil)
        continue
      }
      results.append(try map.apply(to: source, fill: fill).reshaped(to: sizes))
    }
    return results
  }
}

extension OperatorInputs {
  /// Returns the sizes of input `index`, or `nil` if one of them is unknown.
  package func sizes(_ index: Int) -> [Int]? {
    index < types.count ? types[index]?.shape?.sizes : nil
  }
}
