import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Range, opsets 11, 27: the list start, start + delta, start + 2 · delta, … up to but
/// excluding `limit`.
///
/// The inputs are scalars of one type: float32, float64, int16, int32, int64 or, since opset 27,
/// float16 or bfloat16. The latter two are computed in the type selected by `stash_type`, float32
/// or float64, and rounded once.
package struct RangeOperator: Operator {
  package static let name = "Range"
  package static let versions = [11, 27]
  package static func elementTypes(since version: Int) -> ElementTypeSet {
    let base: [ElementType] = [.float32, .float64, .int16, .int32, .int64]
    return ElementTypeSet(version < 27 ? base : [.float16, .bfloat16] + base)
  }
  package static func arity(since version: Int) -> Arity { Arity(3) }

  private let elementTypes: ElementTypeSet
  private let stashType: ElementType

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    elementTypes = Self.elementTypes(since: attributes.version)
    let stash = attributes.version < 27 ? nil : try attributes.int("stash_type")
    switch stash ?? 1 {
    case 1: stashType = .float32
    case 11: stashType = .float64
    default:
      throw InfoldError(
        .invalidModel, "stash_type is \(stash ?? 1) but must be 1 (float32) or 11 (float64)")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let start = try inputs.type(0, of: elementTypes)
    try inputs.requireSameElementType(0...2)
    var scalars: [Tensor] = []
    for index in 0..<3 {
      guard let scalar = inputs.constant(index) else { continue }
      guard scalar.count == 1 else {
        throw InfoldError(.invalidModel, "input \(index) has \(counted(scalar.count, "element")) but must be a scalar")
      }
      scalars.append(scalar)
    }
    let count = scalars.count == 3 ? .fixed(try count(scalars)) : symbolicCount(inputs)
    return [TensorType(start.elementType, [count])]
  }

  /// Returns the symbol for a range from 0 to a symbol in steps of 1, which has as many elements.
  private func symbolicCount(_ inputs: OperatorInputs) -> Dimension {
    guard inputs.partial(0)?.elements == [0], inputs.partial(2)?.elements == [1],
      let limit = inputs.partial(1)?.elements.first, limit.size == nil
    else { return .unknown }
    return limit
  }

  /// Returns max(0, ⌈(limit − start) / delta⌉).
  private func count(_ scalars: [Tensor]) throws(InfoldError) -> Int {
    if scalars[0].elementType.isFloatingPoint {
      var values: [Double] = []
      for scalar in scalars { values += try scalar.converted(to: .float64).elements(as: Double.self) }
      guard values.allSatisfy(\.isFinite), values[2] != 0 else { throw invalid(values) }
      let count = ((values[1] - values[0]) / values[2]).rounded(.up)
      guard count <= 0x1p62 else { throw tooLong(values) }
      return Int(max(0, count))
    }
    var values: [Int64] = []
    for scalar in scalars { values += try scalar.cast(to: .int64).elements(as: Int64.self) }
    let (start, limit, delta) = (values[0], values[1], values[2])
    guard delta != 0 else { throw invalid(values) }
    guard delta > 0 ? start < limit : start > limit else { return 0 }
    let distance = UInt64(bitPattern: delta > 0 ? limit &- start : start &- limit)
    guard let count = Int(exactly: (distance - 1) / delta.magnitude + 1) else { throw tooLong(values) }
    return count
  }

  private func invalid(_ values: [some Any]) -> InfoldError {
    InfoldError(.invalidModel, "invalid range from \(values[0]) to \(values[1]) in steps of \(values[2])")
  }

  private func tooLong(_ values: [some Any]) -> InfoldError {
    InfoldError(.limitExceeded, "the range from \(values[0]) to \(values[1]) in steps of \(values[2]) is too long")
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let count = try inferredShape(inputs)[0]
    let start = inputs[0]!, delta = inputs[2]!
    func floats<Element: FloatingPointElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      let first = try start.converted(to: Element.elementType).elements(as: Element.self)[0]
      let step = try delta.converted(to: Element.elementType).elements(as: Element.self)[0]
      return try list(count) { first + Element($0) * step }.converted(to: start.elementType)
    }
    func integers<Element: IntegerElement>(_: Element.Type) throws(InfoldError) -> Tensor {
      let first = try start.elements(as: Element.self)[0], step = try delta.elements(as: Element.self)[0]
      return try list(count) { first &+ Element(truncatingIfNeeded: $0) &* step }
    }
    switch start.elementType {
    case .float32: return [try floats(Float.self)]
    case .float64: return [try floats(Double.self)]
    case .float16, .bfloat16: return [stashType == .float32 ? try floats(Float.self) : try floats(Double.self)]
    case .int16: return [try integers(Int16.self)]
    case .int32: return [try integers(Int32.self)]
    default: return [try integers(Int64.self)]
    }
  }

  private func list<Element: TensorElement>(
    _ count: Int, _ element: (Int) -> Element
  ) throws(InfoldError) -> Tensor {
    var list = try Tensor(zeros: [count], of: Element.elementType)
    try list.withMutableSpan(as: Element.self) { list in
      for index in list.indices { list[index] = element(index) }
    }
    return list
  }
}
