import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Normalizations, activations and arithmetic.
extension RandomNetwork {
  /// A constant per channel, in one of the shapes that exporters write, or a single number.
  private mutating func perChannel(
    _ x: Operand, in range: ClosedRange<Float>
  ) throws(InfoldError) -> ValueID {
    let channels = x.sizes[1], ones = x.sizes[2...].map { _ in 1 }
    let shape = random.pick([[channels] + ones, [1, channels] + ones, [channels] + ones, [1], []])
    return try weights(shape, in: range)
  }

  /// A batch normalization as an operator, in parts, or as arithmetic with constants.
  mutating func addNormalization(_ x: Operand) throws(InfoldError) {
    switch random.int(0...9) {
    case 0...4: add(try batchNormalization(x), x.sizes)
    case 5:
      add(
        try builder.node(
          "InstanceNormalization", [x.id, try weights([x.sizes[1]]), try weights([x.sizes[1]])],
          attributes: ["epsilon": .float(random.pick([1e-2, 1e-1]))]),
        x.sizes)
    case 6, 7:
      var y = x.id
      for _ in 0..<random.int(1...4) {
        let isFirst = random.oneIn(4)
        let name = random.pick(["Add", "Sub", "Mul", "Div"])
        let isScale = name == "Mul" || name == "Div"
        let constant = try perChannel(x, in: isScale ? (random.oneIn(4) ? -2...(-0.5) : 0.5...2) : -1...1)
        y = try builder.node(name, isFirst && name != "Div" ? [constant, y] : [y, constant])
      }
      add(y, x.sizes)
    default:
      let centered = try builder.node("Sub", [x.id, try perChannel(x, in: -1...1)])
      let variance = try builder.node("Add", [try perChannel(x, in: 0.2...2), try scalar(1e-5)])
      let divided = try builder.node("Div", [centered, try builder.node("Sqrt", [variance])])
      let scaled = try builder.node("Mul", [divided, try perChannel(x, in: -2...2)])
      add(try builder.node("Add", [scaled, try perChannel(x, in: -1...1)]), x.sizes)
    }
  }

  mutating func batchNormalization(_ x: Operand) throws(InfoldError) -> ValueID {
    let channels = x.sizes[1]
    // Dead channels, and channels with almost no variance, occur in trained networks.
    let hasZeros = random.oneIn(5), hasSmall = random.oneIn(5)
    let scale = try random.tensor([channels], in: -2...2).mapped { (s: Float) in hasZeros && s < 0 ? 0 : s }
    let variance = try random.tensor([channels], in: 0.1...2).mapped { (v: Float) in hasSmall && v < 0.7 ? 1e-4 : v }
    var inputs: [ValueID?] = [x.id, try builder.constant(scale), try weights([channels])]
    inputs.append(try weights([channels]))
    inputs.append(try builder.constant(variance))
    return try builder.node("BatchNormalization", inputs, attributes: ["epsilon": .float(random.pick([1e-5, 1e-3]))])
  }

  mutating func addActivation(_ x: Operand) throws(InfoldError) {
    let plain = [
      "Relu", "Sigmoid", "Tanh", "HardSwish", "Softplus", "Softsign", "Abs", "Neg", "Selu", "Identity", "Erf",
    ]
    switch random.int(0...10) {
    case 10: add(try builder.node("PRelu", [x.id, try perChannel(x, in: -0.5...1.5)]), x.sizes)
    case 0...3: add(try builder.node(random.pick(plain), [x.id]), x.sizes)
    case 4:
      add(
        try builder.node("Clip", [x.id, try scalar(random.pick([0, -0.5])), try scalar(random.pick([6, 0.75]))]),
        x.sizes)
    case 5:
      let alpha = random.pick([0.01, 0.3, 1, 1.5, -0.5] as [Float])
      add(try builder.node(random.pick(["LeakyRelu", "Elu"]), [x.id], attributes: ["alpha": .float(alpha)]), x.sizes)
    case 6:
      add(
        try builder.node(
          "HardSigmoid", [x.id], attributes: ["alpha": .float(random.pick([0.2, 1.0 / 6])), "beta": .float(0.5)]),
        x.sizes)
    case 7: add(try builder.node("Mul", [x.id, try builder.node("Sigmoid", [x.id])]), x.sizes)
    case 8:
      let shifted = try builder.node("Add", [x.id, try scalar(3)])
      let clipped = try builder.node("Clip", [shifted, try scalar(0), try scalar(6)])
      let scaled = try builder.node("Mul", random.oneIn(2) ? [x.id, clipped] : [clipped, x.id])
      add(try builder.node("Div", [scaled, try scalar(6)]), x.sizes)
    default:
      let divided = try builder.node("Div", [x.id, try scalar(1.414_213_5)])
      let sum = try builder.node("Add", [try builder.node("Erf", [divided]), try scalar(1)])
      add(try builder.node("Mul", [try builder.node("Mul", [x.id, sum]), try scalar(0.5)]), x.sizes)
    }
  }

  mutating func addArithmetic(_ x: Operand) throws(InfoldError) {
    let other = random.pick(like(x)).id
    switch random.int(0...7) {
    case 0...3: add(try builder.node("Add", random.oneIn(2) ? [x.id, other] : [other, x.id]), x.sizes)
    case 4: add(try builder.node(random.pick(["Sub", "Max", "Min"]), [x.id, other]), x.sizes)
    case 5: add(try builder.node("Sum", [x.id, other, random.pick(like(x)).id]), x.sizes)
    case 6:
      let gate = try builder.node("Sigmoid", [try builder.node("GlobalAveragePool", [other])])
      add(try builder.node("Mul", random.oneIn(2) ? [x.id, gate] : [gate, x.id]), x.sizes)
    default:
      let shape = random.pick([
        x.sizes, Array(x.sizes[1...]), [x.sizes.last!], [x.sizes[1]] + x.sizes[2...].map { _ in 1 },
      ])
      add(try builder.node(random.pick(["Add", "Mul", "Max"]), [x.id, try weights(shape)]), x.sizes)
    }
    if random.oneIn(3) { try addActivation(values.last!) }
  }

  mutating func addReduction(_ x: Operand) throws(InfoldError) {
    if random.oneIn(3) {
      return add(try builder.node("Softmax", [x.id], attributes: ["axis": .int(random.pick([1, -1]))]), x.sizes)
    }
    let axes = random.pick([Array(2..<x.rank), Array(2..<x.rank), [1], [x.rank - 1], Array(1..<x.rank)])
    let name = random.pick(["ReduceMax", "ReduceMean"])
    let y =
      opset < 18
      ? try builder.node(name, [x.id], attributes: ["axes": .list(axes)])
      : try builder.node(name, [x.id, try list(axes)])
    add(y, x.sizes.indices.map { axes.contains($0) ? 1 : x.sizes[$0] })
  }
}
