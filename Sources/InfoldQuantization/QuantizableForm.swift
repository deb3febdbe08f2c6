import InfoldGraph
import InfoldOperators

/// In what way an operator can compute with quantized numbers.
enum QuantizableForm {
  /// A sum of products of the first input with weights, whose output channels lie along this axis.
  case weighted(axis: Int)
  /// A sum of two values.
  case addition
  /// Several values side by side.
  case concatenation
  /// Means of numbers.
  case average
  /// What takes numbers from one place to another, and needs no scale of its own.
  case movement

  /// The form of a node; `nil` where it has none.
  init?(_ node: Node) {
    switch node.typed {
    case is Conv: self = .weighted(axis: 0)
    case let gemm as Gemm where !gemm.transA: self = .weighted(axis: gemm.transB ? 0 : 1)
    case is MatMul: self = .weighted(axis: 1)
    case is Add: self = .addition
    case is Concat: self = .concatenation
    case is AveragePool, is GlobalAveragePool: self = .average
    case is MaxPool, is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose: self = .movement
    default: return nil
    }
  }

  /// Whether what bounds the result costs nothing.
  var takesBounds: Bool {
    switch self {
    case .weighted, .addition: true
    case .concatenation, .average, .movement: false
    }
  }
}
