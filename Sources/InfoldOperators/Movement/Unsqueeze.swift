import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Unsqueeze, opsets 1, 11, 13, 21, 23, 24, 25: inserts dimensions of size 1 at the output's
/// `axes`.
///
/// The axes are an attribute until opset 11 and an input since opset 13. As in functions of the
/// ONNX standard, the input may be a scalar, which is treated as a list of one. Negative axes count
/// from the end since opset 11.
package struct Unsqueeze: ElementMovingOperator {
  package static let name = "Unsqueeze"
  package static let versions = [1, 11, 13, 21, 23, 24, 25]
  package static let compatibleVersions = [11, 21, 23, 24, 25]
  package static let keepsElements = true
  package static let rearrangesElements = true
  package static func arity(since version: Int) -> Arity { Arity(version < 13 ? 1 : 2) }

  private let axes: ListArgument

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try ListArgument(axes: &attributes, isRequired: true)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    let inputs = inputs.takingScalarForList(1)
    let values = try axes.values(in: inputs)
    guard let shape = x.shape, let count = try axes.count(in: inputs) else { return [TensorType(x.elementType, nil)] }
    var output = Shape(unknownOfRank: shape.rank + count)
    if let values {
      let inserted = Set(try normalizedAxes(values, rank: output.rank))
      var kept = shape.makeIterator()
      for axis in output.indices { output[axis] = inserted.contains(axis) ? 1 : kept.next()! }
    }
    return [TensorType(x.elementType, output)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    let inputs = inputs.takingScalarForList(1)
    guard let rank = outputs.first??.shape?.rank, let values = try? axes.values(in: inputs),
      let inserted = try? normalizedAxes(values, rank: rank)
    else { return .unknown }
    let kept = (0..<rank).filter { !inserted.contains($0) }
    return AxisMapping(kept.enumerated().map { axis, output in IndependentAxis(inputs: [axis], outputs: [output]) })
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.reshaped(to: inferredShape(inputs))]
  }
}

extension OperatorInputs {
  /// Returns the inputs, with a list of one element in place of a scalar.
  fileprivate func takingScalarForList(_ index: Int) -> OperatorInputs {
    guard has(index), let type = types[index], type.shape?.rank == 0 else { return self }
    var (types, constants) = (types, constants)
    types[index] = TensorType(type.elementType, [1])
    constants[index] = constants[index].flatMap { try? $0.reshaped(to: [1]) }
    return OperatorInputs(types: types, constants: constants, outputCount: outputCount)
  }
}

extension Unsqueeze {
  package var quantizedForm: QuantizedForm? { .movement }
}
