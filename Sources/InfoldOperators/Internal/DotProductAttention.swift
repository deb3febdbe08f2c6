import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Y = softmax(Q · K · scale + mask) · V, with the softmax over the last axis.
///
/// Q is […, M, D], K is […, D, N], V is […, N, P], and the optional mask broadcasts to […, M, N]; Y
/// is […, M, P]. The leading axes of Q, K and V are equal, or 1 in K or V, which then apply to all
/// of Q. The axes of each tensor may be permuted: Transpose with `query_axes`, `key_axes` and
/// `value_axes` brings the inputs into the order given here, and Transpose with `result_axes`
/// produces the output from […, M, P].
package struct DotProductAttention: StandardFloatingPointOperator {
  package static let name = "DotProductAttention"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...4) }

  /// The scale of the scores.
  package let scale: Float
  /// The permutations of the query, the key and the value; `nil` for those in the order of the
  /// definition.
  private let operandAxes: [[Int]?]
  private let givenResultAxes: [Int]?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    scale = try attributes.float("scale") ?? 1
    operandAxes = [
      try attributes.ints("query_axes"), try attributes.ints("key_axes"), try attributes.ints("value_axes"),
    ]
    givenResultAxes = try attributes.ints("result_axes")
    for axes in operandAxes + [givenResultAxes] {
      if let axes, axes.sorted() != Array(axes.indices) {
        throw InfoldError(.invalidModel, "\(axes) is not a permutation of axes")
      }
    }
  }

  /// Returns, for each axis of Q (0), K (1) or V (2) in the definition, the axis of the input.
  package func axes(ofOperand index: Int, rank: Int) -> [Int] { operandAxes[index] ?? Array(0..<rank) }

  /// Returns, for each axis of the output, the axis of Y in the definition.
  package func resultAxes(rank: Int) -> [Int] { givenResultAxes ?? Array(0..<rank) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let type = try inputs.type(0, of: .floatingPoint).elementType
    try inputs.requireSameElementType(Array(0..<(inputs.has(3) ? 4 : 3)))
    var shapes: [Shape] = []
    for index in 0...2 {
      try inputs.requireRank(2...Int.max, of: index)
      guard let shape = try inputs.type(index).shape else { return [TensorType(type, nil)] }
      guard shape.rank == operandAxes[index]?.count ?? shape.rank else {
        throw InfoldError(
          .invalidModel, "input \(index) has the shape \(shape), which does not match its axes \(operandAxes[index]!)")
      }
      shapes.append(Shape(axes(ofOperand: index, rank: shape.rank).map { shape[$0] }))
    }
    guard Set(shapes.map(\.rank)).count == 1, givenResultAxes?.count ?? shapes[0].rank == shapes[0].rank else {
      throw InfoldError(.invalidModel, "the inputs have different ranks")
    }
    for axis in 0..<(shapes[0].rank - 2) {
      for shape in shapes where shape[axis] != 1 && shapes[0][axis].merged(with: shape[axis]) == nil {
        throw InfoldError(.invalidModel, "shape mismatch: the leading axes of \(shapes[0]) and \(shape) differ")
      }
    }
    let scores = try MatMul.productShape(shapes[0], shapes[1])
    if inputs.has(3) {
      _ = try BroadcastRule.unidirectional.resultShape(scores, try inputs.type(3, of: .floatingPoint).shape)
    }
    let result = try MatMul.productShape(scores, shapes[2])
    return [TensorType(type, Shape(resultAxes(rank: result.rank).map { result[$0] }))]
  }

  /// Counts the scores, each a sum over the inner size, and the elements of Y, each a sum over the
  /// scores of a row.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let q = inputs[0]?.shape?.sizes, let k = inputs[1]?.shape?.sizes, let v = inputs[2]?.shape?.sizes,
      let columns = axes(ofOperand: 1, rank: k.count).last, let last = axes(ofOperand: 2, rank: v.count).last,
      let scores = checkedProduct(q + [k[columns]]), let inner = axes(ofOperand: 0, rank: q.count).last,
      let result = checkedProduct(q + [k[columns], v[last]])
    else { return nil }
    return q[inner] == 0 ? 0 : scores + result / q[inner]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let q = inputs.sizes(0), let k = inputs.sizes(1), let v = inputs.sizes(2), q.count > 1,
      !inputs.has(3) || inputs.sizes(3) != nil
    else { return .unknown }
    let rank = q.count, order = resultAxes(rank: q.count)
    let (query, key) = (axes(ofOperand: 0, rank: rank), axes(ofOperand: 1, rank: rank))
    let value = axes(ofOperand: 2, rank: rank)
    let mask = inputs.sizes(3) ?? []
    /// Returns the axis of the mask that varies along `axis` of the scores, or `nil` if the mask is
    /// broadcast along it.
    func maskAxis(_ axis: Int) -> Int? {
      let own = axis - (rank - mask.count)
      return own >= 0 && mask[own] == q[query[axis]] ? own : nil
    }
    var axes = (0..<(rank - 2)).map { axis in
      let length = q[query[axis]]
      return IndependentAxis(
        inputs: [
          query[axis], k[key[axis]] == length ? key[axis] : nil, v[value[axis]] == length ? value[axis] : nil,
          maskAxis(axis),
        ], outputs: [order.firstIndex(of: axis)])
    }
    axes.append(
      IndependentAxis(
        inputs: [query[rank - 2], nil, nil, maskAxis(rank - 2)], outputs: [order.firstIndex(of: rank - 2)]))
    axes.append(IndependentAxis(inputs: [nil, nil, value[rank - 1]], outputs: [order.firstIndex(of: rank - 1)]))
    return AxisMapping(axes)
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    var operands: [Tensor] = []
    for index in 0...2 {
      let x = inputs[index]!
      operands.append(try x.reordered(axes(ofOperand: index, rank: x.shape.count)))
    }
    let factor = Element(scale)
    var scores = try MatMul.product(operands[0], operands[1], as: Element.self).mapped { (x: Element) in x * factor }
    if inputs.count > 3, let mask = inputs[3] {
      scores = try .broadcasting(scores, mask) { (score: Element, mask: Element) in score + mask }
    }
    let shares = try Softmax(axis: .last).evaluate([scores], context, in: Element.self)[0]!
    let y = try MatMul.product(shares, operands[2], as: Element.self)
    return [try y.reordered(resultAxes(rank: y.shape.count))]
  }
}

extension Tensor {
  /// Returns the tensor whose axis i is this tensor's axis `axes[i]`.
  fileprivate func reordered(_ axes: [Int]) throws(InfoldError) -> Tensor {
    var map = IndexMap(identityOf: shape)
    map.axes = axes.map { map.axes[$0] }
    return try map.apply(to: self)
  }
}
