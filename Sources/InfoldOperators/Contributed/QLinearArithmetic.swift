import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A binary operator of quantized values that computes in floating point and quantizes the result.
///
/// The inputs are A with its scale and zero point, B with its scale and zero point, and the scale
/// and zero point of C. A, B and C have the same type. A and B are broadcast. Scales are float32
/// scalars; missing zero points are 0.
protocol QLinearArithmetic: ContributedQuantizedOperator, AttributelessOperator {
  /// The name of the ONNX operator.
  static var combination: String { get }
}

extension QLinearArithmetic {
  package static var family: OperatorFamily { .arithmetic }
  // A's zero point is optional although required inputs follow it.
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...8) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let type = network.elementType(try network.input(0))
    guard network.elementType(try network.input(3)) == type else {
      throw InfoldError(.invalidModel, "A and B have different element types")
    }
    let a = try network.dequantized(0, scale: 1, zeroPoint: 2), b = try network.dequantized(3, scale: 4, zeroPoint: 5)
    return [
      try network.quantized(network.add(Self.combination, [a, b]), scale: 6, zeroPoint: 7, to: type)
    ]
  }
}

/// com.microsoft QLinearAdd: the quantized sum of two quantized values.
package struct ContributedQLinearAdd: QLinearArithmetic {
  package static let name = "QLinearAdd"
  static let combination = Add.name
}

/// com.microsoft QLinearMul: the quantized element-wise product of two quantized values.
package struct QLinearMul: QLinearArithmetic {
  package static let name = "QLinearMul"
  static let combination = Mul.name
}

/// com.microsoft QLinearConcat: the quantized concatenation of quantized values along `axis`.
///
/// The inputs are the scale and zero point of Y, followed by each value with its scale and zero
/// point.
package struct QLinearConcat: ContributedQuantizedOperator {
  package static let name = "QLinearConcat"
  package static let family = OperatorFamily.movement
  package static func arity(since version: Int) -> Arity { Arity(inputs: 5...Arity.any) }

  static var dataInput: Int { 2 }

  private let axis: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.requiredInt("axis")
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(1).elementType, nil)]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    guard network.inputs.count % 3 == 2 else {
      throw InfoldError(
        .invalidModel,
        "the scale and the zero point of Y must be followed by three inputs per value, not by \(network.inputs.count - 2)"
      )
    }
    var values: [ValueID] = []
    for index in stride(from: 2, to: network.inputs.count, by: 3) {
      values.append(try network.dequantized(index, scale: index + 1, zeroPoint: index + 2))
    }
    let joined = try network.add(Concat.name, values, ["axis": .int(Int64(axis))])
    return [
      try network.quantized(joined, scale: 0, zeroPoint: 1, to: network.elementType(network.input(1)))
    ]
  }
}
