import InfoldGraph
import InfoldSystem
import InfoldTensor

/// com.microsoft QuantizeLinear: ONNX's QuantizeLinear, with lists of scales along `axis`.
package struct ContributedQuantizeLinear: ContributedOperator {
  package static let name = "QuantizeLinear"
  package static let family = OperatorFamily.quantization
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  private let axis: AttributeList

  package init(_ attributes: inout AttributeReader) { axis = attributes.forwarded(["axis"]) }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(inputs.has(2) ? try inputs.type(2).elementType : .uint8, nil)]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    [try network.add(QuantizeLinear.name, network.inputs, axis)]
  }
}

/// com.microsoft DequantizeLinear: ONNX's DequantizeLinear, with lists of scales along `axis`.
package struct ContributedDequantizeLinear: ContributedOperator {
  package static let name = "DequantizeLinear"
  package static let family = OperatorFamily.quantization
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet {
    DequantizeLinear.elementTypes(since: Composition.opset)
  }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  private let axis: AttributeList

  package init(_ attributes: inout AttributeReader) { axis = attributes.forwarded(["axis"]) }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(1).elementType, nil)]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    [try network.add(DequantizeLinear.name, network.inputs, axis)]
  }
}
