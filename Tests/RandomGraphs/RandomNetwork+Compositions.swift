import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Composed operators: ONNX's Attention and RotaryEmbedding, and those that ONNX Runtime writes.
extension RandomNetwork {
  private static let contributed = "com.microsoft"

  // MARK: Attention

  /// ONNX's Attention with queries `x`, or RotaryEmbedding of its rows.
  mutating func addAttention(_ given: Operand) throws(InfoldError) {
    guard opset >= 23, (3...4).contains(given.rank), !given.sizes.contains(0), given.sizes.reduce(1, *) <= 2000 else {
      return try addFused(given)
    }
    let x = random.oneIn(2) ? try rotated(given) : given
    let isJoined = x.rank == 3, batch = x.sizes[0], queries = x.sizes[isJoined ? 1 : 2]
    var heads = isJoined ? 1 : x.sizes[1], inner = x.sizes.last!
    if isJoined {
      heads = random.pick((1...min(inner, 4)).filter { inner % $0 == 0 })
      inner /= heads
    }
    let keyHeads = random.pick((1...heads).filter { heads % $0 == 0 })
    let keys = random.pick([1, 2, 3, queries, 9]), columns = random.pick([1, 2, inner, 8])
    func operand(_ width: Int) throws(InfoldError) -> ValueID {
      let sizes = isJoined ? [batch, keys, keyHeads * width] : [batch, keyHeads, keys, width]
      let same = values.filter { $0.sizes == sizes }
      return try same.isEmpty || random.oneIn(4) ? weights(sizes) : random.pick(same).id
    }
    var inputs: [ValueID?] = [x.id, try operand(inner), try operand(columns)]
    let past = random.oneIn(4) ? random.int(0...3) : nil, all = keys + (past ?? 0)
    let masks = [
      [queries, all], [1, all], [batch, 1, queries, all], [batch, heads, queries, all], [1, heads, 1, all],
    ]
    switch random.int(0...3) {
    case 0: inputs.append(try weights(random.pick(masks), in: -3...3))
    case 1:
      let shape = random.pick(masks), count = shape.reduce(1, *)
      let mask = try Tensor(shape: shape, (0..<count).map { _ in !random.oneIn(4) })
      inputs.append(
        random.oneIn(2)
          ? try builder.constant(mask)
          : try decide(mask, or: Tensor(shape: shape, (0..<count).map { _ in random.oneIn(2) })))
    default: inputs.append(nil)
    }
    if let past {
      inputs.append(try weights([batch, keyHeads, past, inner]))
      inputs.append(try weights([batch, keyHeads, past, columns]))
    }
    while inputs.last! == nil { inputs.removeLast() }
    var attributes: AttributeList = ["is_causal": .int(random.oneIn(3) ? 1 : 0)]
    if isJoined {
      attributes["q_num_heads"] = .int(Int64(heads))
      attributes["kv_num_heads"] = .int(Int64(keyHeads))
    }
    if random.oneIn(3) { attributes["softcap"] = .float(2) }
    if random.oneIn(3) { attributes["scale"] = .float(0.3) }
    let hasPresent = past != nil && random.oneIn(2)
    let made = try builder.nodes("Attention", inputs, attributes: attributes, outputCount: hasPresent ? 3 : 1)
    add(made[0], isJoined ? [batch, queries, heads * columns] : [batch, heads, queries, columns])
    if hasPresent {
      add(made[1], [batch, keyHeads, all, inner])
      add(made[2], [batch, keyHeads, all, columns])
    }
  }

  private mutating func rotated(_ x: Operand) throws(InfoldError) -> Operand {
    var attributes: AttributeList = ["interleaved": .int(Int64(random.int(0...1)))]
    var inner = x.sizes.last!, positions = x.sizes[x.rank - 2]
    if x.rank == 3 {
      let heads = random.pick((1...min(inner, 4)).filter { inner % $0 == 0 })
      attributes["num_heads"] = .int(Int64(heads))
      inner /= heads
      positions = x.sizes[1]
    }
    guard inner >= 2 else { return x }
    let width = 2 * random.int(1...(inner / 2))
    if width != inner || random.oneIn(2) { attributes["rotary_embedding_dim"] = .int(Int64(width)) }
    var inputs: [ValueID?]
    if random.oneIn(2) {
      let table = [positions + 2, width / 2]
      let places = (0..<(x.sizes[0] * positions)).map { _ in Int64(random.int(0...(positions + 1))) }
      inputs = [
        x.id, try weights(table), try weights(table),
        try builder.constant(Tensor(shape: [x.sizes[0], positions], places)),
      ]
    } else {
      let table = [x.sizes[0], positions, width / 2]
      inputs = [x.id, try weights(table), try weights(table)]
    }
    add(try builder.node("RotaryEmbedding", inputs, attributes: attributes), x.sizes)
    return values.last!
  }

  // MARK: Fused operators

  /// Operators that ONNX Runtime's optimizer writes. Its FusedConv is generated with the convolutions.
  mutating func addFused(_ x: Operand) throws(InfoldError) {
    let columns = x.sizes.last!
    guard columns > 0 else { return try addActivation(x) }
    switch random.int(0...7) {
    case 0: try addContributed("Gelu", [x.id], x.sizes)
    case 1: try addContributed("BiasGelu", [x.id, weights([columns])], x.sizes)
    case 2: try addContributed("FastGelu", random.oneIn(2) ? [x.id] : [x.id, weights([columns])], x.sizes)
    case 3: try addContributed("QuickGelu", [x.id], x.sizes, random.oneIn(2) ? [:] : ["alpha": .float(1)])
    case 4, 5: try addFusedProduct(x)
    case 6:
      var inputs: [ValueID?] = [x.id, random.pick(like(x)).id, try weights([columns], in: 0.5...2)]
      if random.oneIn(2) { inputs.append(try weights([columns])) }
      if random.oneIn(3) {
        if inputs.count == 3 { inputs.append(nil) }
        inputs.append(try weights([columns]))
      }
      try addContributed("SkipLayerNormalization", inputs, x.sizes, ["epsilon": .float(1e-2)])
    default:
      var inputs: [ValueID?] = [x.id, random.pick(like(x)).id, try weights([columns], in: 0.5...2)]
      if random.oneIn(2) { inputs.append(try weights([columns])) }
      try addContributed("SkipSimplifiedLayerNormalization", inputs, x.sizes, ["epsilon": .float(1e-2)])
    }
  }

  private mutating func addContributed(
    _ name: String, _ inputs: [ValueID?], _ sizes: [Int], _ attributes: AttributeList = [:]
  ) throws(InfoldError) {
    add(try builder.node(name, inputs, attributes: attributes, domain: Self.contributed), sizes)
  }

  /// FusedMatMul with weights, whose batch and last two axes may be in a different order.
  private mutating func addFusedProduct(_ x: Operand) throws(InfoldError) {
    let swaps = random.oneIn(2), movesBatch = x.rank > 2 && random.oneIn(3), swapsWeight = random.oneIn(2)
    // The axes of A as it is multiplied.
    var sizes = x.sizes
    if movesBatch { sizes.insert(sizes.removeFirst(), at: x.rank - 2) }
    if swaps { sizes.swapAt(x.rank - 2, x.rank - 1) }
    let inner = sizes[x.rank - 1], columns = random.pick([1, 3, 8, 16])
    guard inner > 0 else { return try addActivation(x) }
    let limit = 2 / Float(inner).squareRoot()
    let weight = try weights(swapsWeight ? [columns, inner] : [inner, columns], in: -limit...limit)
    sizes[x.rank - 1] = columns
    var attributes: AttributeList = ["transA": .int(swaps ? 1 : 0), "transB": .int(swapsWeight ? 1 : 0)]
    if movesBatch { attributes["transBatchA"] = .int(1) }
    if random.oneIn(2) { attributes["alpha"] = .float(0.5) }
    try addContributed("FusedMatMul", [x.id, weight], sizes, attributes)
  }

  // MARK: Quantized numbers

  /// Quantized operators that ONNX Runtime's quantizer writes, between QuantizeLinear and DequantizeLinear.
  mutating func addQuantizedArithmetic(_ x: Operand) throws(InfoldError) {
    mayBeNarrow = false
    let type = random.pick([ElementType.uint8, .int8])
    func quantized(_ id: ValueID) throws(InfoldError) -> [ValueID] {
      let grid = try grid(type)
      return [try builder.node("QuantizeLinear", [id] + grid)] + grid
    }
    let first = try quantized(x.id), result = try grid(type)
    let y: ValueID
    var sizes = x.sizes
    switch random.int(0...7) {
    case 0...2:
      let shape = random.pick([x.sizes, [x.sizes.last!], []])
      let other = random.oneIn(2) ? random.pick(like(x)).id : try weights(shape)
      let second = try quantized(other), name = random.pick(["QLinearAdd", "QLinearMul"])
      let operands = random.oneIn(2) ? first + second : second + first
      y = try builder.node(name, operands + result, domain: Self.contributed)
    case 3: y = try builder.node("QLinearSigmoid", first + result, domain: Self.contributed)
    case 4:
      y = try builder.node(
        "QLinearLeakyRelu", first + result, attributes: ["alpha": .float(0.3)], domain: Self.contributed)
    case 5:
      let axis = random.int(1...(x.rank - 1))
      let others = values.filter { other in
        other.rank == x.rank && x.sizes.indices.allSatisfy { $0 == axis || x.sizes[$0] == other.sizes[$0] }
      }
      let other = random.pick(others)
      y = try builder.node(
        "QLinearConcat", try result + first + quantized(other.id), attributes: ["axis": .int(Int64(axis))],
        domain: Self.contributed)
      sizes[axis] += other.sizes[axis]
    case 6 where x.rank > 2 && !x.sizes.contains(0):
      y = try builder.node("QLinearGlobalAveragePool", first + result, domain: Self.contributed)
      sizes = Array(x.sizes[..<2]) + x.sizes[2...].map { _ in 1 }
    default:
      y = try builder.node(
        "QLinearSoftmax", first + result, attributes: ["axis": .int(-1), "opset": .int(13)], domain: Self.contributed)
    }
    add(try builder.node("DequantizeLinear", [y] + result), sizes)
  }

  /// A scale and a zero point.
  private mutating func grid(_ type: ElementType) throws(InfoldError) -> [ValueID] {
    let zero = try Tensor(scalar: Int32(type == .int8 ? random.int(-20...20) : random.int(100...150))).cast(to: type)
    return [
      try builder.constant(Tensor(scalar: random.pick([0.01, 0.02, 0.05] as [Float]))), try builder.constant(zero),
    ]
  }
}
