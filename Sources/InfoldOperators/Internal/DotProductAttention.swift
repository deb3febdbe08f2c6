import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Y = softmax(Q · K · scale + mask) · V, with the softmax over the last axis.
///
/// Q […, M, D], K […, D, N], V […, N, P], and an optional mask that broadcasts to […, M, N]; Y […, M, P]. The leading axes of Q, K and V
/// are the same, or 1 in K or V, which are then the same for all of Q. Each of them, and Y, may lie in another order of its axes: the attributes `query_axes`, `key_axes` and `value_axes` are the
/// permutations that Transpose would make these orders with, and by `result_axes` it would make Y of […, M, P].
package struct DotProductAttention: StandardFloatingPointOperator {
  package static let name = "DotProductAttention"
  package static let domain = OperatorRegistry.internalDomain
  package static let versions = [1]
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...4) }

  /// The factor of the products.
  package let scale: Float
  /// The axes of the query, the key and the value in the order of the definition; `nil` for those that are.
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
        throw InfoldError(.invalidModel, "\(axes) is no order of axes from 0 on")
      }
    }
  }

  /// For each axis of Q (0), K (1) or V (2) as the definition has it, the axis of the input.
  package func axes(ofOperand index: Int, rank: Int) -> [Int] { operandAxes[index] ?? Array(0..<rank) }

  /// For each axis of the output, the axis of Y as the definition has it.
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
          .invalidModel, "input \(index) has the shape \(shape), and its axes are ordered by \(operandAxes[index]!)")
      }
      shapes.append(Shape(axes(ofOperand: index, rank: shape.rank).map { shape[$0] }))
    }
    guard Set(shapes.map(\.rank)).count == 1, givenResultAxes?.count ?? shapes[0].rank == shapes[0].rank else {
      throw InfoldError(.invalidModel, "the inputs have different numbers of dimensions")
    }
    for axis in 0..<(shapes[0].rank - 2) {
      for shape in shapes where shape[axis] != 1 && shapes[0][axis].merged(with: shape[axis]) == nil {
        throw InfoldError(.invalidModel, "the leading axes of \(shapes[0]) and \(shape) differ")
      }
    }
    let scores = try MatMul.productShape(shapes[0], shapes[1])
    if inputs.has(3) {
      _ = try BroadcastRule.unidirectional.resultShape(scores, try inputs.type(3, of: .floatingPoint).shape)
    }
    let result = try MatMul.productShape(scores, shapes[2])
    return [TensorType(type, Shape(resultAxes(rank: result.rank).map { result[$0] }))]
  }

  /// The scores, each a sum over the inner size, and Y's elements, each a sum over the scores of a row.
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
    /// The axis of the mask along which it has a number for each position, where it has one.
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
  /// The tensor whose axis i is this one's axis `axes[i]`.
  fileprivate func reordered(_ axes: [Int]) throws(InfoldError) -> Tensor {
    var map = IndexMap(identityOf: shape)
    map.axes = axes.map { map.axes[$0] }
    return try map.apply(to: self)
  }
}
