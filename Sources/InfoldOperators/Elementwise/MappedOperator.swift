import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator each of whose outputs takes its elements from the first input, by a map that its other inputs decide.
package protocol MappedOperator: Operator {
  /// The map of each output, whose axes may be parts of the output's; `nil` while not all of what decides them is known.
  func elementMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [ElementMap]?

  /// What stands where a map names no element; `nil` for zero. Asked only where the maps are known.
  func fill(_ inputs: OperatorInputs) throws(InfoldError) -> Tensor?
}

extension MappedOperator {
  package func fill(_ inputs: OperatorInputs) throws(InfoldError) -> Tensor? { nil }

  /// The outputs that are wanted, as the maps say.
  func evaluateMaps(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let known = OperatorInputs(inputs, outputCount: context.wantedOutputs.count)
    let types = try inferOutputs(known)
    guard let maps = try elementMaps(known) else {
      preconditionFailure("\(Self.name) has no map for the inputs \(inputs)")
    }
    let fill = try fill(known)
    var results: [Tensor?] = []
    for (index, map) in maps.enumerated() {
      guard context.wantsOutput(index), let sizes = types[index].shape?.sizes else {
        results.append(nil)
        continue
      }
      results.append(try map.apply(to: inputs[0]!, fill: fill).reshaped(to: sizes))
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
