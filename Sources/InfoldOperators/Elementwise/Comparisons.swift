import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Equal, opsets 1, 7, 11, 13, 19: whether A = B, element-wise, for numbers and booleans. NaN
/// equals nothing. Strings, which opset 19 allows, are not supported.
package struct Equal: ComparisonOperator, DimensionOperator, BroadcastingOperator {
  package static let name = "Equal"
  package static let versions = [1, 7, 11, 13, 19]
  package static let elementTypes = ElementTypeSet.all
  package let broadcast: BroadcastRule

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool { a == b }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let operands = try operands(inputs)
    guard operands[0].elementType == .bool else { return [try compared(operands)] }
    return [try .broadcasting(operands[0], operands[1]) { (a: Bool, b: Bool) in a == b }]
  }

  /// Compares two sizes. Equal symbols are equal, and a symbol never equals a negative number.
  func apply(_ a: Dimension, _ b: Dimension) -> Dimension {
    switch (a, b) {
    case (.fixed(let a), .fixed(let b)): a == b ? 1 : 0
    case (.symbol(let a), .symbol(let b)): a == b ? 1 : .unknown
    case (.symbol, .fixed(let size)), (.fixed(let size), .symbol): size < 0 ? 0 : .unknown
    default: .unknown
    }
  }
}

/// ONNX Greater, opsets 1, 7, 9, 13: whether A > B, element-wise. False if either is NaN.
package struct Greater: ComparisonOperator, BroadcastingOperator {
  package static let name = "Greater"
  package static let versions = [1, 7, 9, 13]
  package let broadcast: BroadcastRule

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool { a > b }
}

/// ONNX GreaterOrEqual, opsets 12, 16: whether A ≥ B, element-wise. False if either is NaN.
package struct GreaterOrEqual: ComparisonOperator, BroadcastingOperator {
  package static let name = "GreaterOrEqual"
  package static let versions = [12, 16]
  package let broadcast: BroadcastRule

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool { a >= b }
}

/// ONNX Less, opsets 1, 7, 9, 13: whether A < B, element-wise. False if either is NaN.
package struct Less: ComparisonOperator, BroadcastingOperator {
  package static let name = "Less"
  package static let versions = [1, 7, 9, 13]
  package let broadcast: BroadcastRule

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool { a < b }
}

/// ONNX LessOrEqual, opsets 12, 16: whether A ≤ B, element-wise. False if either is NaN.
package struct LessOrEqual: ComparisonOperator, BroadcastingOperator {
  package static let name = "LessOrEqual"
  package static let versions = [12, 16]
  package let broadcast: BroadcastRule

  package func apply<Element: NumericElement>(_ a: Element, _ b: Element) -> Bool { a <= b }
}
