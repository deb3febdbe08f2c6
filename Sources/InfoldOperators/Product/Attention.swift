import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Attention, opsets 23, 24, 25: Y = softmax(softcap(Q · Kᵀ · scale) + bias) · V for each
/// head, with the softmax over the keys.
///
/// Q is [B, Hq, M, D], K is [B, Hk, N, D] and V is [B, Hk, N, P]. With rank 3, they are [B, M, Hq ·
/// D], [B, N, Hk · D] and [B, N, Hk · P], and `q_num_heads` and `kv_num_heads` are the numbers of
/// heads. Hq ÷ Hk heads of Q share each head of K and V. The optional past_key [B, Hk, L, D] and
/// past_value [B, Hk, L, P] precede K and V, so that there are S = L + N keys. The outputs are Y,
/// like Q with P in place of D; present_key [B, Hk, S, D] and present_value [B, Hk, S, P]; and
/// qk_matmul_output [B, Hq, M, S]. `qk_matmul_output_mode` selects what the last one is: the scaled
/// products, those after softcap, those with the bias, or the softmax.
///
/// The optional attn_mask is broadcast to [B, Hq, M, S]. It holds booleans, where true selects a
/// key, or numbers to add. Keys beyond the end of the mask are excluded, that is, their bias is −∞.
/// Further keys are excluded by `is_causal`, by the windows (opset 25) and by nonpad_kv_seqlen [B]
/// (opset 24), the number of keys that are not padding. Query i has the position i + L, or i + n −
/// M with nonpad_kv_seqlen n. A query without keys gives zeros.
package struct Attention: ComposedOperator {
  package static let name = "Attention"
  package static let versions = [23, 24, 25]
  package static let compatibleVersions = [24, 25]
  package static let family = OperatorFamily.product
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity {
    Arity(inputs: 3...(version < 24 ? 6 : 7), outputs: 1...4)
  }

  private let version: Int
  private let scale: Float?
  private let softcap: Float
  private let isCausal: Bool
  private let outputMode: Int
  private let softmaxType: ElementType?
  private let queryHeads: Int?
  private let keyHeads: Int?
  /// How many keys before its position a query reads; `nil` for no limit.
  private let reachBefore: Int?
  private let reachAfter: Int?
  private let hasPresentOutputs: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    version = attributes.version
    scale = try attributes.float("scale")
    softcap = try attributes.float("softcap") ?? 0
    isCausal = try attributes.flag("is_causal")
    outputMode = try attributes.int("qk_matmul_output_mode") ?? 0
    softmaxType = try attributes.optionalElementType("softmax_precision")
    queryHeads = try attributes.int("q_num_heads")
    keyHeads = try attributes.int("kv_num_heads")
    reachBefore = version < 25 ? nil : try attributes.reach("left_window_size")
    reachAfter = version < 25 ? nil : try attributes.reach("right_window_size")
    hasPresentOutputs = attributes.hasOutput(1) || attributes.hasOutput(2)
    guard 0...3 ~= outputMode else {
      throw InfoldError(.invalidModel, "qk_matmul_output_mode is \(outputMode) but must be 0, 1, 2 or 3")
    }
    guard softcap >= 0 else {
      throw InfoldError(.invalidModel, "softcap is \(softcap) but must not be negative")
    }
    guard softmaxType?.isFloatingPoint != false else {
      throw InfoldError(.invalidModel, "softmax_precision is \(softmaxType!) but must be a floating-point type")
    }
    for (name, count) in [("q_num_heads", queryHeads), ("kv_num_heads", keyHeads)] {
      if let count, count < 1 {
        throw InfoldError(.invalidModel, "\(name) is \(count) but must be at least 1")
      }
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let types = try openTypes(inputs)
    guard let network = try composition(inputs) else { return types }
    return network.outputs.map { network[$0].type! }
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let query = try inputs.type(0, of: .floatingPoint).elementType
    let value = try inputs.type(2, of: .floatingPoint).elementType
    try inputs.requireSameElementType([0, 1, 4])
    try inputs.requireSameElementType([2, 5])
    if inputs.has(3) { _ = try inputs.type(3, of: ElementTypeSet(ElementTypeSet.floatingPoint.types + [.bool])) }
    if inputs.has(6) { _ = try inputs.type(6, of: .int64) }
    guard inputs.has(4) == inputs.has(5) else {
      throw InfoldError(.invalidModel, "past_key and past_value must be given together")
    }
    guard !inputs.has(6) || !inputs.has(4) && !hasPresentOutputs else {
      throw InfoldError(.invalidModel, "nonpad_kv_seqlen cannot be combined with past or present keys and values")
    }
    for index in 4...5 { try inputs.requireRank(4...4, of: index) }
    try inputs.requireRank(1...1, of: 6)
    guard let shapes = try Shapes(inputs, queryHeads, keyHeads, version) else {
      return [query, query, value, query].map { TensorType($0, nil) }
    }
    let all = shapes.keyCount
    return [
      TensorType(query, shapes.result), TensorType(query, [shapes.batch, shapes.keyHeads, all, shapes.inner]),
      TensorType(value, [shapes.batch, shapes.keyHeads, all, shapes.columns]),
      TensorType(query, [shapes.batch, shapes.queryHeads, shapes.queries, all]),
    ]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    var sizes: [[Int]?] = []
    for index in 0..<7 {
      guard let id = network[index] else {
        sizes.append(nil)
        continue
      }
      guard let known = network.sizes(id) else { return nil }
      sizes.append(known)
    }
    let plan = try AttentionSizes(sizes, queryHeads, keyHeads)
    let type = network.elementType(try network.input(0))
    let query = try heads(0, plan.queryHeads, plan, &network)
    var key = try heads(1, plan.keyHeads, plan, &network), value = try heads(2, plan.keyHeads, plan, &network)
    if let pastKey = network[4], let pastValue = network[5] {
      key = try network.add(Concat.name, [pastKey, key], ["axis": .int(2)])
      value = try network.add(Concat.name, [pastValue, value], ["axis": .int(2)])
    }
    let (presentKey, presentValue) = (key, value)
    value = try network.cast(value, to: type)

    // Heads that share a key get an axis of their own, along which keys and values are broadcast.
    let group = plan.queryHeads / plan.keyHeads
    func grouped(_ id: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID {
      guard group > 1 else { return id }
      let sizes = network.sizes(id)!
      return try network.reshape(id, [sizes[0], plan.keyHeads, sizes[1] / plan.keyHeads] + sizes[2...])
    }
    func joined(_ id: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID {
      guard group > 1 else { return id }
      let sizes = network.sizes(id)!
      return try network.reshape(id, [sizes[0], plan.queryHeads] + sizes[3...])
    }
    let rank = group > 1 ? 5 : 4
    let transposed = try network.transpose(
      grouped(key, &network), Array(0..<(rank - 2)) + [rank - 1, rank - 2])
    var scores = try network.add(MatMul.name, [grouped(query, &network), transposed])
    scores = try network.add(Mul.name, [scores, network.number(factor(plan), like: scores)])
    var shown = scores
    if softcap > 0 {
      let cap = try network.number(Double(softcap), like: scores)
      scores = try network.add(
        Mul.name, [network.add(Tanh.name, [network.add(Div.name, [scores, cap])]), cap])
    }
    if outputMode == 1 { shown = scores }
    var empty: ValueID?
    if let bias = try AttentionBias(self.limits, plan, type).compose(&network) {
      let placed = try place(bias.value, plan, group, &network)
      scores = try network.add(Add.name, [scores, placed])
      if bias.mayBeEmpty {
        let most = try network.add(ReduceMax.name, [placed, network.list([-1])])
        empty = try network.add(Equal.name, [most, network.number(-.infinity, like: most)])
      }
    }
    if outputMode == 2 { shown = scores }
    let shares = try softmax(scores, &network)
    var result = try network.add(MatMul.name, [shares, grouped(value, &network)])
    if let empty {
      result = try network.add(Where.name, [empty, network.number(0, like: result), result])
    }
    if outputMode == 3 {
      shown = shares
      if let empty { shown = try network.add(Where.name, [empty, network.number(0, like: shown), shown]) }
    }
    result = try joined(result, &network)
    if plan.isJoined {
      let columns = plan.queryHeads * plan.columns
      result = try network.reshape(network.transpose(result, [0, 2, 1, 3]), [plan.batch, plan.queries, columns])
    }
    return [result, presentKey, presentValue, try joined(shown, &network)]
  }

  private var limits: AttentionBias.Limits {
    AttentionBias.Limits(isCausal: isCausal, reachBefore: reachBefore, reachAfter: reachAfter)
  }

  /// Returns the scale of the products.
  private func factor(_ sizes: AttentionSizes) -> Double {
    scale.map(Double.init) ?? 1 / Double(sizes.inner).squareRoot()
  }

  /// Returns Q, K or V as [B, H, rows, columns].
  private func heads(
    _ index: Int, _ count: Int, _ sizes: AttentionSizes, _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    let id = try network.input(index)
    guard sizes.isJoined else { return id }
    let shape = network.sizes(id)!
    let split = try network.reshape(id, [shape[0], shape[1], count, shape[2] / count])
    return try network.transpose(split, [0, 2, 1, 3])
  }

  /// Returns a bias with its heads grouped like those of the queries.
  private func place(
    _ bias: ValueID, _ sizes: AttentionSizes, _ group: Int, _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    let shape = network.sizes(bias)!
    guard group > 1, shape.count > 2 else { return bias }
    let heads = shape[shape.count - 3]
    let split = heads == 1 ? [1, 1] : [sizes.keyHeads, group]
    return try network.reshape(bias, shape.dropLast(3) + split + shape.suffix(2))
  }

  /// Adds the softmax over the last axis, in the requested precision.
  private func softmax(_ scores: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID {
    let type = network.elementType(scores)
    guard let softmaxType, softmaxType != type else { return try network.add(Softmax.name, [scores]) }
    // In a narrow type, numbers are rounded before and after it, as for every operator.
    let computed = softmaxType.bitWidth! < type.bitWidth! ? type : softmaxType
    func rounded(_ id: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID {
      try network.cast(network.cast(id, to: softmaxType), to: computed)
    }
    let shares = try network.add(Softmax.name, [rounded(scores, &network)])
    return try network.cast(rounded(shares, &network), to: type)
  }
}

extension AttributeReader {
  /// Returns the attribute `name`, a number of positions, or `nil` for −1, which means no limit.
  fileprivate mutating func reach(_ name: String) throws(InfoldError) -> Int? {
    let reach = try int(name) ?? -1
    guard reach >= -1 else { throw InfoldError(.invalidModel, "\(name) is \(reach) but must be at least −1") }
    return reach < 0 ? nil : reach
  }
}

/// The dimensions of an attention, as far as they are known.
private struct Shapes {
  var batch, queries, inner, columns, keyCount, queryHeads, keyHeads: Dimension
  /// The shape of Y.
  var result: Shape

  /// Returns `nil` if the shape of Q, K or V is unknown.
  init?(
    _ inputs: OperatorInputs, _ givenQueryHeads: Int?, _ givenKeyHeads: Int?, _ version: Int
  ) throws(InfoldError) {
    for index in 0...2 { try inputs.requireRank(3...4, of: index) }
    guard let q = try inputs.type(0).shape, let k = try inputs.type(1).shape, let v = try inputs.type(2).shape else {
      return nil
    }
    guard q.rank == k.rank, q.rank == v.rank else {
      throw InfoldError(
        .invalidModel, "shape mismatch: Q \(q), K \(k) and V \(v) have different ranks")
    }
    batch = q[0]
    let past = inputs.has(4) ? try inputs.type(4).shape?[2] ?? .unknown : .fixed(0)
    if q.rank == 4 {
      (queryHeads, keyHeads, queries, inner, columns) = (q[1], k[1], q[2], q[3], v[3])
      keyCount = past.sum(k[2])
      for (given, heads) in [(givenQueryHeads, queryHeads), (givenKeyHeads, keyHeads)] {
        guard let given else { continue }
        guard version < 25 else {
          throw InfoldError(.invalidModel, "q_num_heads and kv_num_heads require inputs with 3 dimensions")
        }
        guard heads.merged(with: .fixed(given)) != nil else {
          throw InfoldError(.invalidModel, "the input has \(counted(heads, "head")), but the attribute says \(given)")
        }
      }
      result = [batch, queryHeads, queries, columns]
    } else {
      guard let givenQueryHeads, let givenKeyHeads else {
        throw InfoldError(
          .invalidModel, "missing attributes q_num_heads and kv_num_heads, which inputs with 3 dimensions require")
      }
      (queryHeads, keyHeads) = (.fixed(givenQueryHeads), .fixed(givenKeyHeads))
      queries = q[1]
      keyCount = past.sum(k[1])
      inner = q[2].size.map { .fixed($0 / givenQueryHeads) } ?? .unknown
      columns = v[2].size.map { .fixed($0 / givenKeyHeads) } ?? .unknown
      let width = columns.size.flatMap { checkedProduct([$0, givenQueryHeads]) }
      result = [batch, queries, width.map { .fixed($0) } ?? .unknown]
    }
  }
}

extension Dimension {
  /// Returns the sum of two dimensions, if it is known.
  fileprivate func sum(_ other: Dimension) -> Dimension {
    if size == 0 { return other }
    guard let a = size, let b = other.size else { return .unknown }
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .unknown : .fixed(sum)
  }
}
