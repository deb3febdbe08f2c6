import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Scatter, opset 9: the predecessor of ScatterElements, removed in opset 11.
package struct Scatter: ComposedOperator {
  package static let name = "Scatter"
  package static let versions = [9]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static let deprecation: Deprecation? = Deprecation(opset: 11, successor: ScatterElements.name)
  package static func arity(since version: Int) -> Arity { Arity(3) }

  private let axis: AttributeList

  package init(_ attributes: inout AttributeReader) { axis = attributes.forwarded(["axis"]) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    [try network.add(ScatterElements.name, network.inputs, axis)]
  }
}
