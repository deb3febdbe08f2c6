import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Constant, opsets 1, 9, 11, 12, 13, 19, 21, 23, 24, 25: a tensor stored in an attribute.
///
/// `value` is any tensor. Since opset 12, `value_int` and `value_float` are scalars, `value_ints`
/// and `value_floats` lists. Sparse tensors and strings are not supported.
package struct Constant: Operator {
  package static let name = "Constant"
  package static let versions = [1, 9, 11, 12, 13, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [9, 11, 12, 13, 19, 21, 23, 24, 25]
  package static func arity(since version: Int) -> Arity { Arity(0) }

  /// The tensor.
  package let value: Tensor

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    let allowed =
      ["value"] + (version >= 11 ? ["sparse_value"] : [])
      + (version >= 12
        ? ["value_int", "value_ints", "value_float", "value_floats", "value_string", "value_strings"] : [])
    let given = allowed.filter(attributes.has)
    guard given.count == 1 else {
      throw InfoldError(
        .invalidModel,
        "exactly one of the attributes \(allowed.joined(separator: ", ")) is required; "
          + (given.isEmpty ? "the node has none" : "the node has \(given.joined(separator: ", "))"))
    }
    if let tensor = try Self.tensor(&attributes, version: version) {
      value = tensor
    } else {
      throw InfoldError(.unsupported, "unsupported attribute \(given[0]) of Constant")
    }
  }

  private static func tensor(_ attributes: inout AttributeReader, version: Int) throws(InfoldError) -> Tensor? {
    if let tensor = try attributes.tensor("value") { return tensor }
    guard version >= 12 else { return nil }
    if let int = try attributes.int("value_int") { return try Tensor(scalar: Int64(int)) }
    if let ints = try attributes.ints("value_ints") { return try Tensor(shape: [ints.count], ints.map(Int64.init)) }
    if let float = try attributes.float("value_float") { return try Tensor(scalar: float) }
    if let floats = try attributes.floats("value_floats") { return try Tensor(shape: [floats.count], floats) }
    return nil
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(value.elementType, Shape(value.shape))]
  }

  package var constantOutput: Tensor? { value }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [value]
  }
}
