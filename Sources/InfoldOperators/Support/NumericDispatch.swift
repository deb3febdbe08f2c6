import InfoldSystem
import InfoldTensor

/// Calls `floatingPoint` or `integer` with `tensors` and the Swift type of their elements. float16
/// and bfloat16 tensors are widened to `Float`, and a `Float` result is rounded back.
///
/// Inlined, so that the bodies are specialized for the usual types of large tensors.
/// - Precondition: The tensors have the same numeric element type.
@inline(__always)
func withElementType(
  of tensors: [Tensor],
  floatingPoint: ([Tensor], any FloatingPointElement.Type) throws(InfoldError) -> Tensor,
  integer: ([Tensor], any IntegerElement.Type) throws(InfoldError) -> Tensor
) throws(InfoldError) -> Tensor {
  let elementType = tensors[0].elementType
  switch elementType {
  case .float32: return try floatingPoint(tensors, Float.self)
  case .float64: return try floatingPoint(tensors, Double.self)
  case .float16, .bfloat16:
    var widened: [Tensor] = []
    for tensor in tensors { widened.append(try tensor.converted(to: .float32)) }
    let result = try floatingPoint(widened, Float.self)
    return result.elementType == .float32 ? try result.converted(to: elementType) : result
  case .int64: return try integer(tensors, Int64.self)
  default: return try integer(tensors, elementType.integerElement)
  }
}

/// Calls `body` with `tensors` and the Swift type of their elements. float16 and bfloat16 tensors
/// are widened to `Float`, and a `Float` result is rounded back.
/// - Precondition: The tensors have the same numeric element type.
@inline(__always)
func withNumericType(
  of tensors: [Tensor], _ body: ([Tensor], any NumericElement.Type) throws(InfoldError) -> Tensor
) throws(InfoldError) -> Tensor {
  try withElementType(
    of: tensors,
    floatingPoint: { (tensors, type) throws(InfoldError) in try body(tensors, type) },
    integer: { (tensors, type) throws(InfoldError) in try body(tensors, type) })
}

/// Calls `body` with `tensor` and the Swift type of its elements. A float16 or bfloat16 tensor is
/// widened to `Float`, and a `Float` result is rounded back.
/// - Precondition: The element type is numeric.
@inline(__always)
func withNumericType(
  of tensor: Tensor, _ body: (Tensor, any NumericElement.Type) throws(InfoldError) -> Tensor
) throws(InfoldError) -> Tensor {
  try withNumericType(of: [tensor]) { (tensors, type) throws(InfoldError) in try body(tensors[0], type) }
}
