import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Sizes that are known only at run time, because they depend on the values of inputs.
extension RandomNetwork {
  /// An input whose values determine sizes of the network.
  struct Decision: Sendable {
    /// The values for which the network was generated.
    let tensor: Tensor
    /// The values for an earlier run, with which sizes may not fit each other.
    let other: Tensor
  }

  /// Adds an input with the given values.
  mutating func decide(_ tensor: Tensor, or other: Tensor) throws(InfoldError) -> ValueID {
    // The enclosing network adopts the input of a body under the same name.
    let name = "decision\(depth == 0 ? "\(decisions.count)" : String(random.next(), radix: 36))"
    let id = try builder.input(name, shape: Shape(tensor.shape), of: tensor.elementType)
    decisions[id] = Decision(tensor: tensor, other: other)
    return id
  }

  private mutating func decideList(_ numbers: [Int], or other: [Int]) throws(InfoldError) -> ValueID {
    try decide(
      Tensor(shape: [numbers.count], numbers.map(Int64.init)), or: Tensor(shape: [other.count], other.map(Int64.init)))
  }

  /// A mask with `count` true elements.
  private mutating func decideMask(_ size: Int, count: Int) throws(InfoldError) -> ValueID {
    var mask = (0..<size).map { $0 < count }
    mask.shuffle(using: &random)
    let other = random.oneIn(2) ? mask.shuffled(using: &random) : mask.map { _ in random.oneIn(2) }
    return try decide(Tensor(shape: [size], mask), or: Tensor(shape: [size], other))
  }

  /// Changes the number of positions of a value along an axis to a number that is computed at run time.
  mutating func addComputedSize(_ x: Operand) throws(InfoldError) {
    let axis = random.pick([0, 0, 0, 0, 1, x.rank - 1]), size = x.sizes[axis]
    guard size > 0 else { return try addActivation(x) }
    switch random.int(0...13) {
    case 0...5: try addSelection(x, axis)
    case 6:
      let count = random.int(1...size)
      let ends = try decideList([count], or: [random.int(0...size)])
      add(try builder.node("Slice", [x.id, try list([0]), ends, try list([axis])]), x.sizes, axis, count)
    case 7: try addRow(x, axis)
    case 8: try addReversed(x, axis)
    case 9 where size <= 12:
      let factor = random.int(1...3)
      var repeats = x.sizes.map { _ in 1 }, others = repeats
      (repeats[axis], others[axis]) = (factor, random.int(0...2))
      add(try builder.node("Tile", [x.id, try decideList(repeats, or: others)]), x.sizes, axis, factor * size)
    case 10 where size <= 12:
      var pads = (x.sizes + x.sizes).map { _ in 0 }, others = pads
      pads[axis] = random.int(0...2)
      pads[axis + x.rank] = random.int(0...2)
      others[axis] = random.int(0...2)
      let y = try builder.node(
        "Pad", [x.id, try decideList(pads, or: others)],
        attributes: ["mode": .text(random.pick(["constant", "edge"]))])
      add(y, x.sizes, axis, size + pads[axis] + pads[axis + x.rank])
    case 11 where x.rank > 2 && x.sizes[0] > 0 && x.sizes[2...].allSatisfy({ $0 <= 9 }):
      let sizes = x.sizes.indices.map { $0 < 2 ? x.sizes[$0] : x.sizes[$0] * random.int(1...2) }
      let other = x.sizes.indices.map { $0 < 2 ? x.sizes[$0] : random.int(1...4) }
      let y = try builder.node(
        "Resize", [x.id, nil, nil, try decideList(sizes, or: other)],
        attributes: ["mode": .text("linear"), "coordinate_transformation_mode": .text("asymmetric")])
      add(y, sizes)
    case 12: try addMatrix(x)
    default:
      let mask = try decideMask(size, count: random.int(1...size))
      let ones = x.sizes.indices.map { $0 == axis ? size : 1 }
      let condition = try builder.node("Reshape", [mask, try list(ones)])
      add(try builder.node("Where", [condition, x.id, random.pick(like(x)).id]), x.sizes)
    }
    if random.oneIn(2), let last = values.last, last.rank > 2 { try addConvolution(last) }
  }

  private mutating func add(_ id: ValueID, _ sizes: [Int], _ axis: Int, _ size: Int) {
    var sizes = sizes
    sizes[axis] = size
    add(id, sizes)
  }

  /// Positions along an axis that a mask, boxes or scores select; along the first axis, possibly none.
  private mutating func addSelection(_ x: Operand, _ axis: Int) throws(InfoldError) {
    let size = x.sizes[axis], count = axis == 0 && random.oneIn(8) ? 0 : random.int(1...size)
    let indices: ValueID
    switch random.int(0...6) {
    case 0:
      let mask = try decideMask(size, count: count)
      let y = try builder.node("Compress", [x.id, mask], attributes: ["axis": .int(Int64(axis))])
      return add(y, x.sizes, axis, count)
    case 1: indices = try suppressed(size, count)
    case 2 where count > 0:
      let scores = (0..<size).map { 10 * $0 }
      let scored = try decideList(scores.shuffled(using: &random), or: scores.shuffled(using: &random))
      let k = try decideList([count], or: [random.int(0...size)])
      indices = try builder.nodes("TopK", [scored, k], outputCount: 2)[1]
    case 3:
      let mask = try builder.node("Cast", [try decideMask(size, count: count)], attributes: ["to": .int(7)])
      let number = try builder.node("ReduceSum", [mask], attributes: ["keepdims": .int(0)])
      let zero = try builder.constant(Tensor(scalar: Int64(0))), one = try builder.constant(Tensor(scalar: Int64(1)))
      indices = try builder.node("Range", [zero, number, one])
    default:
      let found = try builder.node("NonZero", [try decideMask(size, count: count)])
      switch random.int(0...2) {
      case 0: indices = try builder.node("Squeeze", [found, try list([0])])
      case 1: indices = try builder.node("Reshape", [found, try list([-1])])
      default: indices = try builder.node("Gather", [found, try builder.constant(Tensor(scalar: Int64(0)))])
      }
    }
    if random.oneIn(4) { otherOutputs.append(indices) }
    let y = try builder.node("Gather", [x.id, indices], attributes: ["axis": .int(Int64(axis))])
    add(y, x.sizes, axis, count)
    if random.oneIn(4), axis == 0 {
      // The same positions of another value.
      let others = values.filter { $0.sizes[0] == size }
      let other = random.pick(others)
      add(try builder.node("Gather", [other.id, indices]), other.sizes, 0, count)
    }
  }

  /// The indices of disjoint boxes whose scores are high enough.
  private mutating func suppressed(_ size: Int, _ count: Int) throws(InfoldError) -> ValueID {
    var corners: [Float] = []
    for place in 0..<size { corners += [0, Float(2 * place), 1, Float(2 * place + 1)] }
    mayBeNarrow = false
    let boxes = try Tensor(shape: [1, size, 4], corners)
    var scores = (0..<size).map { Float($0 < count ? 100 + $0 : $0 - size) }
    scores.shuffle(using: &random)
    let others = scores.map { _ in Float(random.int(-50...50)) }
    let found = try builder.node(
      "NonMaxSuppression",
      [
        try builder.constant(boxes),
        try decide(Tensor(shape: [1, 1, size], scores), or: Tensor(shape: [1, 1, size], others)),
        try list([size]), try builder.constant(Tensor(scalar: Float(0.5))),
        try builder.constant(Tensor(scalar: Float(0))),
      ])
    return try builder.node(
      "Gather", [found, try builder.constant(Tensor(scalar: Int64(2)))], attributes: ["axis": .int(1)])
  }

  /// Appends a few rows of one number to a value.
  private mutating func addRow(_ x: Operand, _ axis: Int) throws(InfoldError) {
    let count = random.int(0...3)
    var sizes = x.sizes
    sizes[axis] = count
    let other = sizes.indices.map { $0 == axis ? random.int(0...3) : sizes[$0] }
    let shape = try decideList(sizes, or: other)
    let number = try Tensor(shape: [1], [Float(0.5)])
    mayBeNarrow = false
    let row =
      random.oneIn(2)
      ? try builder.node("ConstantOfShape", [shape], attributes: ["value": .tensor(number)])
      : try builder.node("Expand", [try builder.constant(number), shape])
    let parts = random.oneIn(2) ? [x.id, row] : [row, x.id]
    add(
      try builder.node("Concat", parts, attributes: ["axis": .int(Int64(axis))]), x.sizes, axis,
      x.sizes[axis] + count)
  }

  /// The positions along an axis in reverse order. Their number is computed.
  private mutating func addReversed(_ x: Operand, _ axis: Int) throws(InfoldError) {
    let one = try builder.constant(Tensor(scalar: Int64(1))), minusOne = try builder.constant(Tensor(scalar: Int64(-1)))
    let size = try builder.node(
      "Gather", [try builder.node("Shape", [x.id]), try builder.constant(Tensor(scalar: Int64(axis)))])
    let indices = try builder.node("Range", [try builder.node("Sub", [size, one]), minusOne, minusOne])
    if random.oneIn(4) { otherOutputs.append(indices) }
    add(try builder.node("Gather", [x.id, indices], attributes: ["axis": .int(Int64(axis))]), x.sizes)
  }

  /// A matrix with a row for each position of the first axis, in a computed shape.
  private mutating func addMatrix(_ x: Operand) throws(InfoldError) {
    let rest = x.sizes[1...].reduce(1, *)
    guard rest <= 400 else { return }
    let rows = try builder.node("Gather", [try builder.node("Shape", [x.id]), try list([0])])
    let shape = try builder.node(
      "Concat", [rows, try list([x.sizes[0] == 0 ? rest : random.pick([-1, rest])])], attributes: ["axis": .int(0)])
    add(
      try builder.node("Reshape", [x.id, shape], attributes: x.sizes[0] == 0 ? ["allowzero": .int(1)] : [:]),
      [x.sizes[0], rest])
  }
}
