import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A region of nodes with data-dependent shapes. It is planned at run time, when the sizes are
/// known.
///
/// The attribute `body` is a graph without inputs that captures the values it reads. The outputs of
/// the node are those of the body.
package struct DataDependentRegion: BodyOperator {
  package static let name = "DataDependentRegion"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let isOutlined = true
  package static func arity(since version: Int) -> Arity { Arity(inputs: 0...0, outputs: 1...Arity.any) }

  /// The nodes of the region.
  package let body: OperatorBody

  package var bodies: [OperatorBody] { [body] }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    body = try attributes.body("body")
  }

  package func firstBodyInputs(_ inputs: [TensorType?]) -> [[TensorType?]] { [[]] }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let captured = inputs.last(inputs.types.count)
    var outputs: [TensorType] = []
    for type in try body.outputTypes(inputs: [], captured: captured.types, constants: captured.constants) {
      guard let type else { throw InfoldError(.unsupported, "the type of an output is unknown") }
      outputs.append(type)
    }
    return outputs
  }

  package func changesShapes(_ inputs: [TensorType?], outputs: [TensorType?]) -> Bool { false }

  package func evaluate(
    _ inputs: [Tensor?], _ context: EvaluationContext,
    running run: (_ body: Int, _ inputs: [Tensor], _ captured: ArraySlice<Tensor?>) throws(InfoldError) -> [Tensor]
  ) throws(InfoldError) -> [Tensor?] {
    try run(0, [], inputs[...]).map { $0 }
  }
}
