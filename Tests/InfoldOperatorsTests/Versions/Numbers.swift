import InfoldGraph
import InfoldTensor
import TestSupport

/// A small tensor that can be printed.
struct Numbers: Sendable {
  var type: ElementType
  let shape: [Int]
  let values: [Double]

  /// The tensor.
  func tensor() throws -> Tensor {
    func integers<Element: TensorElement & BinaryInteger>(_: Element.Type) throws -> Tensor {
      try Tensor(shape: shape, values.map { Element($0) })
    }
    switch type.swiftType! {
    case let type as any (TensorElement & BinaryInteger).Type: return try integers(type)
    case is Bool.Type: return try Tensor(shape: shape, values.map { $0 != 0 })
    default: return try Tensor(shape: shape, values).converted(to: type)
    }
  }

  /// Describes how `tensor` differs from these numbers, compared to six digits; `nil` if it does not.
  func difference(from tensor: Tensor?) throws -> String? {
    guard let tensor else { return "there is no result" }
    guard tensor.elementType == type, tensor.shape == shape else { return "the result is \(tensor)" }
    let results = try tensor.numbers()
    let isNear = zip(results, values).allSatisfy { $0 == $1 || abs($0 - $1) <= 1e-6 * max(1, abs($1)) }
    return isNear ? nil : "the result is \(results), and must be \(values)"
  }
}

/// Numbers in float32.
func floats(_ shape: [Int], _ values: Double...) -> Numbers {
  Numbers(type: .float32, shape: shape, values: values)
}

/// A list in float32.
func floats(_ values: Double...) -> Numbers {
  Numbers(type: .float32, shape: [values.count], values: values)
}

/// Numbers in int64.
func integers(_ shape: [Int], _ values: Double...) -> Numbers {
  Numbers(type: .int64, shape: shape, values: values)
}

/// A list in int64.
func integers(_ values: Double...) -> Numbers {
  Numbers(type: .int64, shape: [values.count], values: values)
}

/// A list of Boolean values, 0 and 1.
func bools(_ values: Double...) -> Numbers {
  Numbers(type: .bool, shape: [values.count], values: values)
}

extension Numbers {
  /// The same numbers in another type.
  func of(_ type: ElementType) -> Numbers {
    Numbers(type: type, shape: shape, values: values)
  }
}

extension Attribute {
  static func text(_ text: String) -> Attribute { .string(Array(text.utf8)) }
}
