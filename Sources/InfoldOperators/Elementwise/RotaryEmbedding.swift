import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX RotaryEmbedding, opset 23: pairs of numbers in each head, rotated by angles that depend on
/// the position (Su et al. 2021, arXiv 2104.09864).
///
/// X is [B, H, M, D], or [B, M, H · D] with `num_heads`; Y has the shape of X. The first R numbers
/// of a head are rotated, where R is `rotary_embedding_dim` or D. Numbers i and i + R ÷ 2 form a
/// pair, or 2 · i and 2 · i + 1 if `interleaved` is set. The cosines and sines of the angles are
/// [B, M, R ÷ 2]. With position_ids [B, M], they are rows of [positions, R ÷ 2].
package struct RotaryEmbedding: ComposedOperator {
  package static let name = "RotaryEmbedding"
  package static let versions = [23]
  package static let family = OperatorFamily.arithmetic
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...4) }

  private let isInterleaved: Bool
  private let heads: Int
  private let rotated: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    isInterleaved = try attributes.flag("interleaved")
    heads = try attributes.int("num_heads") ?? 0
    rotated = try attributes.int("rotary_embedding_dim") ?? 0
    for (name, number) in [("num_heads", heads), ("rotary_embedding_dim", rotated)] where number < 0 {
      throw InfoldError(.invalidModel, "\(name) is \(number) but must not be negative")
    }
    guard rotated.isMultiple(of: 2) else {
      throw InfoldError(.invalidModel, "rotary_embedding_dim is \(rotated) but must be even")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let types = try openTypes(inputs)
    // The composition performs the remaining checks.
    _ = try composition(inputs)
    return types
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...2)
    try inputs.requireRank(3...4, of: 0)
    for index in 1...2 { try inputs.requireRank(inputs.has(3) ? 2...2 : 3...3, of: index) }
    if inputs.has(3) { _ = try inputs.type(3, of: .int64) }
    try inputs.requireRank(2...2, of: 3)
    guard x.shape?.rank != 3 || heads > 0 else {
      throw InfoldError(.invalidModel, "missing attribute num_heads, which an input of 3 dimensions requires")
    }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard inputs.sizes(0) != nil else { return .unknown }
    let axes = inputs.has(3) ? [0, nil, nil, 0] : [0, 0, 0]
    return AxisMapping([IndependentAxis(inputs: axes, outputs: [0])])
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    var x = try network.input(0), angles = [try network.input(1), try network.input(2)]
    guard let given = network.sizes(x), angles.allSatisfy({ network.sizes($0) != nil }) else { return nil }
    if let positions = network[3] {
      guard let listed = network.sizes(positions) else { return nil }
      let expected = [given[0], given.count == 4 ? given[2] : given[1]]
      guard listed == expected else {
        throw InfoldError(.invalidModel, "position_ids has the shape \(listed) but must have \(expected)")
      }
      angles = try angles.map { table throws(InfoldError) in try network.add(Gather.name, [table, positions]) }
    }
    if given.count == 3 {
      guard given[2].isMultiple(of: heads) else {
        throw InfoldError(
          .invalidModel, "\(counted(given[2], "column")) cannot be split into \(counted(heads, "head"))")
      }
      x = try network.reshape(x, [given[0], given[1], heads, given[2] / heads])
    } else if heads != 0, heads != given[1] {
      throw InfoldError(.invalidModel, "the input has \(counted(given[1], "head")), but num_heads is \(heads)")
    }
    // All heads use the same angles for a position.
    let sizes = network.sizes(x)!, positionAxis = given.count == 3 ? 1 : 2
    let width = rotated > 0 ? rotated : sizes[3]
    guard width <= sizes[3], width.isMultiple(of: 2) else {
      throw InfoldError(
        .invalidModel,
        "cannot rotate \(counted(width, "number")) of each head in pairs: heads have \(counted(sizes[3], "number"))")
    }
    for angle in angles {
      let expected = [sizes[0], sizes[positionAxis], width / 2]
      guard network.sizes(angle)! == expected else {
        throw InfoldError(
          .invalidModel, "the angles have the shape \(network.sizes(angle)!) but must have \(expected)")
      }
    }
    guard width > 0 else { return [try network.add(Identity.name, [try network.input(0)])] }
    angles = try angles.map { angle throws(InfoldError) in
      try network.unsqueeze(angle, [given.count == 3 ? 2 : 1])
    }
    var result = try turned(x, sizes, width, cosine: angles[0], sine: angles[1], &network)
    if given.count == 3 { result = try network.reshape(result, given) }
    return [result]
  }

  /// Returns `x` with the first numbers of each row rotated and the rest unchanged.
  private func turned(
    _ x: ValueID, _ sizes: [Int], _ width: Int, cosine: ValueID, sine: ValueID, _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    let half = width / 2, rest = sizes[3] - width
    func product(_ a: ValueID, _ b: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID {
      try network.add(Mul.name, [a, b])
    }
    var parts: [ValueID]
    if isInterleaved {
      let split = rest > 0 ? try pieces(x, [width, rest], &network) : [x]
      let pairs = try network.reshape(split[0], sizes.dropLast() + [half, 2])
      parts = try pieces(pairs, [1, 1], &network).map { part throws(InfoldError) in
        try network.reshape(part, sizes.dropLast() + [half])
      }
      parts += split.dropFirst()
    } else {
      parts = try pieces(x, [half, half] + (rest > 0 ? [rest] : []), &network)
    }
    let first = try network.add(
      Sub.name, [product(cosine, parts[0], &network), product(sine, parts[1], &network)])
    let second = try network.add(
      Add.name, [product(sine, parts[0], &network), product(cosine, parts[1], &network)])
    parts[0] = first
    parts[1] = second
    if isInterleaved {
      let pairs = try parts[...1].map { part throws(InfoldError) in try network.unsqueeze(part, [4]) }
      let joined = try network.add(Concat.name, pairs, ["axis": .int(4)])
      parts = [try network.reshape(joined, sizes.dropLast() + [width])] + parts[2...]
    }
    return parts.count == 1 ? parts[0] : try network.add(Concat.name, parts, ["axis": .int(3)])
  }

  /// Splits a value along its last axis.
  private func pieces(
    _ id: ValueID, _ sizes: [Int], _ network: inout Composition
  ) throws(InfoldError) -> [ValueID] {
    try network.add(
      Split.name, [id, network.list(sizes)], ["axis": .int(-1)], outputs: sizes.count)
  }
}
