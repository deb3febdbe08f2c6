import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Dropout, opsets 1, 6, 7, 10, 12, 13, 22, at inference: Y = X.
///
/// The inputs are data of any shape and, since opset 12, the optional ratio (a scalar) and
/// training_mode (a bool scalar). The output and the optional mask have the shape of data. The mask
/// is all ones, of data's type before opset 10 and bool since. The training form, which draws
/// random numbers, is supported only with a ratio of 0, which leaves data unchanged. It is selected
/// by `is_test` = 0 in opsets 1 and 6, and by training_mode = true since opset 12.
package struct Dropout: Operator {
  package static let name = "Dropout"
  package static let versions = [1, 6, 7, 10, 12, 13, 22]
  package static let compatibleVersions = [13, 22]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static let keepsElements = true
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...(version < 12 ? 1 : 3), outputs: 1...2) }

  private let hasBoolMask: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    hasBoolMask = version >= 10
    if version == 1 { attributes.ignore("consumed_inputs") }
    guard version < 12 else {
      attributes.ignore("seed")
      return
    }
    let ratio = try attributes.float("ratio") ?? 0.5
    if version < 7, try !attributes.flag("is_test"), ratio != 0 {
      throw InfoldError(
        .unsupported,
        "unsupported training form of Dropout: is_test = 0 with a ratio of \(ratio) drops elements at random",
        hint: "export the model for inference, or set is_test to 1")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    if inputs.has(1) { _ = try inputs.type(1, of: .floatingPoint) }
    if inputs.has(2) { _ = try inputs.type(2, of: ElementTypeSet([.bool])) }
    for index in 1...2 where inputs.has(index) {
      if let shape = inputs.types[index]?.shape, shape.contains(where: { $0.size != nil && $0 != 1 }) {
        throw InfoldError(.invalidModel, "input \(index) has the shape \(shape) but must be a scalar")
      }
    }
    try refuseTraining(inputs.constants)
    return [x, TensorType(hasBoolMask ? .bool : x.elementType, x.shape)]
  }

  private func refuseTraining(_ constants: [Tensor?]) throws(InfoldError) {
    guard constants.count > 2, try constants[2]?.elements(as: Bool.self) == [true] else { return }
    let ratio = try constants[1]?.converted(to: .float64).elements(as: Double.self).first ?? 0.5
    guard ratio == 0 else {
      throw InfoldError(
        .unsupported,
        "unsupported training form of Dropout: training_mode = true with a ratio of \(ratio) drops elements at random",
        hint: "export the model for inference, or set training_mode to false")
    }
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs, outputs: 2) { _ in true }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    guard context.wantsOutput(1) else { return [x, nil] }
    let mask = try Tensor(repeating: true, shape: x.shape)
    return [x, hasBoolMask ? mask : try mask.mapped { (_: Bool) in Float(1) }.converted(to: x.elementType)]
  }
}

extension Dropout {
  /// Returns whether the operator is known not to be in its unsupported training form.
  package func forwardsInput(_ isKnown: (_ input: Int) -> Bool) -> Bool { isKnown(2) }
}
