/// Calls `body` with `tensor` and the Swift type of its elements. A float16 or bfloat16 tensor is widened to `Float`, and
/// the result, where it is a `Float` tensor, is rounded back.
/// - Precondition: The elements are of a numeric type.
func withNumericType(
  of tensor: Tensor, _ body: (Tensor, any NumericElement.Type) throws(InfoldError) -> Tensor
) throws(InfoldError) -> Tensor {
  switch tensor.elementType {
  case .float16, .bfloat16:
    let result = try body(try tensor.converted(to: .float32), Float.self)
    return result.elementType == .float32 ? try result.converted(to: tensor.elementType) : result
  default:
    guard let type = tensor.elementType.swiftType as? any NumericElement.Type else {
      preconditionFailure("\(tensor.elementType) is not numeric")
    }
    return try body(tensor, type)
  }
}
