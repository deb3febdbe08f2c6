import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator each of whose outputs takes its elements from the first input, by a map that its other inputs decide.
package protocol MappedOperator: Operator {
  /// The map of each output, whose axes may be parts of the output's; `nil` while not all of what decides them is known.
  func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]?

  /// What stands where a map names no element; `nil` for zero. Asked only where the maps are known.
  func fill(_ inputs: OperatorInputs) throws(InfoldError) -> Tensor?
}

extension MappedOperator {
  package func fill(_ inputs: OperatorInputs) throws(InfoldError) -> Tensor? { nil }

  /// The outputs that are wanted, as the maps say.
  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let known = OperatorInputs(inputs, outputCount: context.wantedOutputs.count)
    let types = try inferOutputs(known)
    guard let maps = try indexMaps(known) else {
      preconditionFailure("\(Self.name) has no map for the inputs \(inputs)")
    }
    return try maps.results(of: inputs[0]!, fill: fill(known), types, context)
  }
}

extension [IndexMap] {
  /// The outputs that are wanted, under the shapes of `types`.
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
  /// The sizes of input `index`; `nil` while one of them is not known.
  package func sizes(_ index: Int) -> [Int]? {
    index < types.count ? types[index]?.shape?.sizes : nil
  }
}
