import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Operators that move elements, and matrices.
extension RandomNetwork {
  mutating func addConcat(_ x: Operand) throws(InfoldError) {
    let axis = random.pick([1, 1, 1, x.rank - 1])
    let candidates = values.filter { other in
      other.rank == x.rank && zip(other.sizes, x.sizes).enumerated().allSatisfy { $0 == axis || $1.0 == $1.1 }
    }
    var parts = [x]
    for _ in 0..<random.int(1...2) { parts.append(random.pick(candidates)) }
    parts.shuffle(using: &random)
    var sizes = x.sizes
    sizes[axis] = parts.reduce(0) { $0 + $1.sizes[axis] }
    guard sizes[axis] <= 48 else { return }
    add(try builder.node("Concat", parts.map(\.id), attributes: ["axis": .int(Int64(axis))]), sizes)
  }

  mutating func addMovement(_ x: Operand) throws(InfoldError) {
    let count = x.sizes.reduce(1, *)
    switch random.int(0...5) {
    case 0 where x.sizes[0] > 0: add(try builder.node("Flatten", [x.id]), [x.sizes[0], count / x.sizes[0]])
    case 1 where x.rank == 4:
      let target = random.pick([
        [x.sizes[0], x.sizes[1], x.sizes[3], x.sizes[2]], [x.sizes[0], x.sizes[1] * x.sizes[2], 1, x.sizes[3]],
        [x.sizes[0], x.sizes[1], x.sizes[2] * x.sizes[3]],
      ])
      add(try builder.node("Reshape", [x.id, try list(target)]), target)
    case 2 where x.rank == 4:
      let axes = random.pick([[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2]])
      add(try builder.node("Transpose", [x.id], attributes: ["perm": .list(axes)]), axes.map { x.sizes[$0] })
    case 3 where x.rank == 4:
      let group = random.pick((1...x.sizes[1]).filter { x.sizes[1] % $0 == 0 })
      let apart = [x.sizes[0], group, x.sizes[1] / group, x.sizes[2], x.sizes[3]]
      let split = try builder.node("Reshape", [x.id, try list(apart)])
      let turned = try builder.node("Transpose", [split], attributes: ["perm": .list([0, 2, 1, 3, 4])])
      add(try builder.node("Reshape", [turned, try list(x.sizes)]), x.sizes)
    case 4 where x.rank == 4 && x.sizes[1] % 4 == 0:
      let mode = random.pick(["DCR", "CRD"])
      add(
        try builder.node("DepthToSpace", [x.id], attributes: ["blocksize": .int(2), "mode": .text(mode)]),
        [x.sizes[0], x.sizes[1] / 4, x.sizes[2] * 2, x.sizes[3] * 2])
    case 1 where x.rank == 3:
      let target = random.pick([x.sizes[..<2] + [1, x.sizes[2]], x.sizes + [1]])
      add(try builder.node("Reshape", [x.id, try list(Array(target))]), Array(target))
    case 2 where x.rank == 3:
      add(
        try builder.node("Transpose", [x.id], attributes: ["perm": .list([0, 2, 1])]),
        [x.sizes[0], x.sizes[2], x.sizes[1]])
    default: add(try builder.node("Identity", [x.id]), x.sizes)
    }
  }

  /// A product along the last dimension, with a normalization of its columns in a different order or shape: as rows of a matrix, or as the
  /// second dimension.
  mutating func addLinearNormalization(_ x: Operand) throws(InfoldError) {
    let columns = random.pick([1, 2, 3, 8]), inner = x.sizes.last!
    let limit = 2 / Float(inner).squareRoot()
    var sizes = x.sizes
    sizes[x.rank - 1] = columns
    var product = try builder.node("MatMul", [x.id, try weights([inner, columns], in: -limit...limit)])
    if random.oneIn(3) { product = try builder.node("Add", [product, try weights([columns])]) }
    if random.oneIn(2) {
      let rows = try builder.node("Reshape", [product, try list([-1, columns])])
      let matrix = Operand(id: rows, sizes: [sizes.dropLast().reduce(1, *), columns])
      add(try builder.node("Reshape", [batchNormalization(matrix), try list(sizes)]), sizes)
    } else {
      let axes = [0, x.rank - 1] + Array(1..<(x.rank - 1))
      let turned = try builder.node("Transpose", [product], attributes: ["perm": .list(axes)])
      let result = Operand(id: turned, sizes: axes.map { sizes[$0] })
      add(try batchNormalization(result), result.sizes)
    }
  }

  /// A slice, a part of a split, or the padded value.
  mutating func addPart(_ x: Operand) throws(InfoldError) {
    let axis = random.pick([1, 1, x.rank - 1])
    var sizes = x.sizes
    switch random.int(0...2) {
    case 0:
      let begin = random.int(0...(x.sizes[axis] - 1)), end = random.int((begin + 1)...x.sizes[axis])
      sizes[axis] = end - begin
      add(try builder.node("Slice", [x.id, try list([begin]), try list([end]), try list([axis])]), sizes)
    case 1 where x.sizes[axis] > 1:
      let first = random.int(1...(x.sizes[axis] - 1))
      let parts = try builder.nodes(
        "Split", [x.id, try list([first, x.sizes[axis] - first])], attributes: ["axis": .int(Int64(axis))],
        outputCount: 2)
      for (part, size) in zip(parts, [first, x.sizes[axis] - first]) {
        sizes[axis] = size
        add(part, sizes)
      }
    default:
      guard x.sizes[2...].allSatisfy({ $0 <= 12 }) else { return }
      let before = x.sizes.indices.map { $0 < 2 ? 0 : random.int(0...1) }
      let after = x.sizes.indices.map { $0 < 2 ? 0 : random.int(0...2) }
      sizes = x.sizes.indices.map { x.sizes[$0] + before[$0] + after[$0] }
      add(
        try builder.node(
          "Pad", [x.id, try list(before + after)], attributes: ["mode": .text(random.pick(["constant", "edge"]))]),
        sizes)
    }
  }

  /// Adds a node after a matrix.
  mutating func growMatrix(_ x: Operand) throws(InfoldError) {
    let columns = random.pick([1, 3, 7, 16]), inner = x.sizes[1]
    let limit = 2 / Float(inner).squareRoot()
    switch random.int(0...4) {
    case 0, 1:
      let isTransposed = random.oneIn(2)
      let weight = try weights(isTransposed ? [columns, inner] : [inner, columns], in: -limit...limit)
      var inputs: [ValueID?] = [x.id, weight]
      if random.oneIn(2) { inputs.append(try weights(random.pick([[columns], [1, columns], [1]]))) }
      add(
        try builder.node(
          "Gemm", inputs,
          attributes: ["transB": .int(isTransposed ? 1 : 0), "alpha": .float(random.pick([1, 1, 0.5]))]),
        [x.sizes[0], columns])
    case 2:
      let product = try builder.node("MatMul", [x.id, try weights([inner, columns], in: -limit...limit)])
      add(
        random.oneIn(2) ? product : try builder.node("Add", [product, try weights([columns])]), [x.sizes[0], columns])
    case 3:
      let other = random.pick(values.filter { $0.rank == 2 && $0.sizes[1] == inner })
      let turned = try builder.node("Transpose", [other.id], attributes: ["perm": .list([1, 0])])
      add(try builder.node("MatMul", [x.id, turned]), [x.sizes[0], other.sizes[0]])
    default: try addActivation(x)
    }
  }
}
