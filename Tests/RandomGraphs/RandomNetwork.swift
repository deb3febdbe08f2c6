import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A network that grows node by node. Values are [N, C, H, W], [N, C, L] or [N, C, D, H, W], and matrices after a Flatten.
///
/// Sizes of 1 and 2 are frequent: windows then reach the border on both sides, and sizes with different meanings are equal.
struct RandomNetwork {
  /// A value with its sizes.
  struct Operand {
    var id: ValueID
    var sizes: [Int]
    var rank: Int { sizes.count }
  }

  var builder: ModelBuilder
  var random: SplitMix64
  let opset: Int
  private(set) var values: [Operand] = []
  /// The inputs whose values are generated with the network.
  var decisions: [ValueID: Decision] = [:]
  /// Integer values that are additional outputs.
  var otherOutputs: [ValueID] = []
  /// Whether all float32 values may be converted to float16.
  var mayBeNarrow = true
  /// Whether some sizes cannot be inferred, because branches differ or the number of iterations is unknown.
  var hasOpenSizes = false
  /// Whether some sizes depend on numbers that are known only at run time.
  let computesSizes: Bool
  /// The number of enclosing bodies of If and Loop.
  let depth: Int

  /// A network with only its inputs.
  init(random: SplitMix64) throws(InfoldError) {
    self.random = random
    opset = self.random.pick([14, 17, 20, 22, 23, 24])
    depth = 0
    computesSizes = self.random.oneIn(3)
    builder = ModelBuilder("random", opset: opset)
    builder.keepsOpaqueNodes = true
    let batch = self.random.pick([1, 1, 1, 2, 3]), rank = self.random.pick([1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3])
    let sides = rank == 3 ? [1, 2, 3, 4] : [1, 1, 2, 2, 3, 4, 7, 9, 12]
    var spatial = (0..<rank).map { _ in self.random.pick(sides) }
    if self.random.oneIn(3) { spatial = spatial.map { [side = spatial[0]] _ in side } }
    for index in 0..<self.random.pick([1, 1, 2]) {
      let sizes = [batch, self.random.pick([1, 2, 3, 4, 6, 8, 16, 17, 20])] + spatial
      values.append(Operand(id: try builder.input("x\(index)", shape: Shape(sizes)), sizes: sizes))
    }
  }

  /// An empty body of a node of `outer`.
  init(bodyIn outer: inout RandomNetwork) {
    random = SplitMix64(seed: outer.random.next())
    (opset, computesSizes, depth) = (outer.opset, outer.computesSizes, outer.depth + 1)
    hasOpenSizes = outer.hasOpenSizes
    builder = ModelBuilder("body", opset: opset)
    builder.namePrefix = String(random.next(), radix: 36) + "/"
    builder.keepsOpaqueNodes = true
  }

  /// The model. Its outputs are the last values, values without consumers, and sometimes others.
  mutating func finished() throws(InfoldError) -> Model {
    let consumers = builder.graph.consumers(), inputs = Set(builder.graph.inputs)
    var outputs = [values.last!.id]
    for value in values where consumers[value.id.index].isEmpty && !inputs.contains(value.id) {
      outputs.append(value.id)
    }
    if random.oneIn(3) { outputs.append(random.pick(values).id) }
    var seen: Set<ValueID> = inputs
    for id in outputs + otherOutputs where seen.insert(id).inserted { try builder.output(id) }
    if builder.graph.outputs.isEmpty { try builder.output(builder.node("Relu", [values[0].id])) }
    return try builder.model()
  }

  /// Adds a few nodes after a value, usually one of the last.
  mutating func grow() throws(InfoldError) {
    let x = random.oneIn(3) ? random.pick(values) : random.pick(values.suffix(3))
    if computesSizes, random.oneIn(3) { return try addComputedSize(x) }
    if random.oneIn(8) { return try addComposite(x) }
    guard x.rank > 2 else { return try growMatrix(x) }
    switch random.int(0...29) {
    case 0...5: try addConvolution(x)
    case 6, 7: try addTransposedConvolution(x)
    case 8...11: try addNormalization(x)
    case 12...14: try addActivation(x)
    case 15, 16: try addPool(x)
    case 17, 18: try addConcat(x)
    case 19...21: try addArithmetic(x)
    case 22: try addMovement(x)
    case 23: try addResize(x)
    case 24: try addPart(x)
    case 25: try addLinearNormalization(x)
    case 26...28: try addSampling(x)
    default: try addReduction(x)
    }
  }

  /// Nodes that are composed of other operators, or have bodies, states or sequences.
  private mutating func addComposite(_ x: Operand) throws(InfoldError) {
    switch random.int(0...9) {
    case 0, 1: try addConditional(x)
    case 2, 3: try addLoop(x)
    case 4: try addRecurrent(x)
    case 5: try addAttention(x)
    case 6: try addFused(x)
    case 7: try addQuantizedArithmetic(x)
    default: try addSequence(x)
    }
  }

  // MARK: Helpers

  mutating func add(_ id: ValueID, _ sizes: [Int]) { values.append(Operand(id: id, sizes: sizes)) }

  mutating func weights(_ sizes: [Int], in range: ClosedRange<Float> = -1...1) throws(InfoldError) -> ValueID {
    let tensor = try random.tensor(sizes, in: range)
    return try builder.constant(tensor)
  }

  mutating func list(_ numbers: [Int]) throws(InfoldError) -> ValueID {
    try builder.constant(Tensor(shape: [numbers.count], numbers.map(Int64.init)))
  }

  mutating func scalar(_ number: Float) throws(InfoldError) -> ValueID {
    try builder.constant(random.oneIn(2) ? Tensor(scalar: number) : Tensor(shape: [1], [number]))
  }

  /// Values of the same sizes, including `x` itself.
  func like(_ x: Operand) -> [Operand] { values.filter { $0.sizes == x.sizes } }
}

extension Attribute {
  static func list(_ numbers: [Int]) -> Attribute { .ints(numbers.map(Int64.init)) }
  static func text(_ text: String) -> Attribute { .string(Array(text.utf8)) }
}
