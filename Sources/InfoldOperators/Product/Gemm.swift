import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Gemm, opsets 1, 6, 7, 9, 11, 13: Y = alpha · A′ · B′ + beta · C.
///
/// A is [M, K], or [K, M] with `transA`; B is [K, N], or [N, K] with `transB`; C, optional since
/// opset 11, broadcasts to [M, N]; Y is [M, N]. C is not read if beta is 0. Integers wrap around.
/// If alpha or beta is not 1, integers are scaled in `Double`, and the result is truncated toward
/// zero and clamped to the range of the type.
package struct Gemm: StandardFloatingPointOperator {
  package static let name = "Gemm"
  package static let versions = [1, 6, 7, 9, 11, 13]
  package static let compatibleVersions = [9, 11, 13]
  package static let family = OperatorFamily.product
  package static func elementTypes(since version: Int) -> ElementTypeSet { .matrices(since: version) }
  package static func arity(since version: Int) -> Arity { Arity(inputs: (version < 11 ? 3 : 2)...3) }

  /// The factor of the product.
  package let alpha: Float
  /// The factor of C.
  package let beta: Float
  /// Whether A is [K, M].
  package let transA: Bool
  /// Whether B is [N, K].
  package let transB: Bool
  private let broadcast: BroadcastRule
  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
    beta = try attributes.float("beta") ?? 1
    transA = try attributes.flag("transA")
    transB = try attributes.flag("transB")
    let broadcasts = attributes.version < 7 ? try attributes.flag("broadcast") : true
    broadcast = broadcasts ? .unidirectional : .equalShapes
    elementTypes = Self.elementTypes(since: attributes.version)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let a = try inputs.type(0, of: elementTypes)
    try inputs.requireSameElementType(0...2)
    try inputs.requireRank(2...2, of: 0)
    try inputs.requireRank(2...2, of: 1)
    let left = a.shape ?? [.unknown, .unknown], right = try inputs.type(1).shape ?? [.unknown, .unknown]
    guard left[transA ? 0 : 1].merged(with: right[transB ? 1 : 0]) != nil else {
      throw InfoldError(
        .invalidModel,
        "shape mismatch: A \(left)\(transA ? ", transposed," : "") and B \(right)\(transB ? ", transposed," : "") "
          + "have different inner sizes")
    }
    let output: Shape = [left[transA ? 1 : 0], right[transB ? 0 : 1]]
    guard inputs.has(2), let addend = try inputs.type(2).shape else { return [TensorType(a.elementType, output)] }
    return [TensorType(a.elementType, try broadcast.resultShape(output, addend))]
  }

  /// Counts the elements of Y, each a sum over the inner size.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let output = outputs[0]?.shape?.sizes, let left = inputs[0]?.shape?.sizes, left.count == 2 else { return nil }
    return checkedProduct(output + [left[transA ? 0 : 1]])
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let result = outputs.first??.shape?.sizes, let addend = inputs.has(2) ? inputs.sizes(2) : [] else {
      return .unknown
    }
    func ofAddend(_ axis: Int) -> Int? {
      let own = axis - (2 - addend.count)
      return own >= 0 && addend[own] == result[axis] ? own : nil
    }
    return AxisMapping([
      IndependentAxis(inputs: [transA ? 1 : 0, nil, ofAddend(0)], outputs: [0]),
      IndependentAxis(inputs: [nil, transB ? 0 : 1, ofAddend(1)], outputs: [1]),
    ])
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    switch inputs[0]!.elementType {
    case .int32: [try evaluate(inputs, in: Int32.self)]
    case .int64: [try evaluate(inputs, in: Int64.self)]
    case .uint32: [try evaluate(inputs, in: UInt32.self)]
    case .uint64: [try evaluate(inputs, in: UInt64.self)]
    default: try evaluateInFloatingPoint(inputs, context)
    }
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in type: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let product = try product(inputs[0]!, inputs[1]!, in: type)
    let alpha = Element(alpha), beta = Element(beta)
    guard let addend = addend(inputs) else { return [try product.mapped { (x: Element) in alpha * x }] }
    return [try Tensor.broadcasting(product, addend) { (x: Element, c: Element) in alpha * x + beta * c }]
  }

  private func evaluate<Element: IntegerElement>(
    _ inputs: [Tensor?], in type: Element.Type
  ) throws(InfoldError) -> Tensor {
    let product = try product(inputs[0]!, inputs[1]!, in: type)
    let alpha = Double(alpha), beta = Double(beta)
    guard let addend = addend(inputs) else {
      return alpha == 1 ? product : try product.mapped { (x: Element) in Element(truncating: alpha * Double(x)) }
    }
    return try .broadcasting(product, addend) { (x: Element, c: Element) in
      alpha == 1 && beta == 1 ? x &+ c : Element(truncating: alpha * Double(x) + beta * Double(c))
    }
  }

  private func product<Element: NumericElement>(
    _ a: Tensor, _ b: Tensor, in type: Element.Type
  ) throws(InfoldError) -> Tensor {
    let left = transA ? try a.transposedMatrix(of: type) : a
    let right = transB ? try b.transposedMatrix(of: type) : b
    var product = try Tensor(zeros: [left.shape[0], right.shape[1]], of: Element.elementType)
    try product.withMutableSpan { product in
      left.withElements(as: type) { left in
        right.withElements(as: type) { right in
          addMatrixProduct(
            left, at: 0, right, at: 0, rows: a.shape[transA ? 1 : 0], inner: a.shape[transA ? 0 : 1],
            columns: b.shape[transB ? 0 : 1], into: &product, at: 0)
        }
      }
    }
    return product
  }

  private func addend(_ inputs: [Tensor?]) -> Tensor? {
    inputs.count > 2 && beta != 0 ? inputs[2] : nil
  }
}

extension FixedWidthInteger {
  /// Creates the integer nearest to `value` without its fraction, clamped to the range of the type;
  /// 0 for NaN.
  fileprivate init(truncating value: Double) {
    if let exact = Self(exactly: value.rounded(.towardZero)) {
      self = exact
    } else {
      self = value.isNaN ? 0 : value < 0 ? .min : .max
    }
  }
}

extension Gemm {
  package var quantizedForm: QuantizedForm? { transA ? nil : .product(outputAxis: transB ? 0 : 1) }

  package var linearForm: LinearForm? {
    var plain: AttributeList = beta == 1 ? [:] : ["beta": .float(1)]
    if broadcast == .equalShapes { plain["broadcast"] = .int(1) }
    return LinearForm(
      outputAxis: transB ? 0 : 1, alpha: alpha, bias: .scaled(beta: beta, plain: plain),
      reading: transA ? .transposed : .numbers)
  }
}
