import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The estimates of a node's outputs.
///
/// Linear operators are evaluated again with the magnitudes of all operands, and again with their errors, which gives a bound for each
/// element (N. J. Higham, Accuracy and Stability of Numerical Algorithms, second edition, chapters 3 and 5). Each operator is allowed some
/// roundings in addition to its own, because passes fold it into constants.
struct EstimateRules {
  /// Whether convolutions may use Winograd's algorithm, whose error is relative to the largest numbers, not to the element itself.
  let isFast: Bool
  /// The node.
  let node: Node
  /// The roundings of the node's results.
  let roundings: Roundings

  /// If a number may exceed the range of its type, nothing is known about it, or about what is computed from it: the error is infinite.
  /// - Throws: `InfoldError` with `.unsupported` for an operator that the generator does not use.
  func outputs(_ inputs: [Estimate?]) throws(InfoldError) -> [Estimate] {
    let isKnown = inputs.allSatisfy { $0?.isBounded ?? true }
    var outputs = try isKnown ? estimates(inputs) : evaluate(inputs.map { $0?.value }).map(Estimate.init(exactly:))
    for index in outputs.indices where outputs[index].value.elementType.isFloatingPoint {
      try outputs[index].settleInfinities()
      outputs[index].error = try outputs[index].error.combined(with: outputs[index].value) { error, value in
        isKnown && (error + value.magnitude <= roundings.largest || value.isInfinite) ? error : .infinity
      }
    }
    return outputs
  }

  private func estimates(_ inputs: [Estimate?]) throws(InfoldError) -> [Estimate] {
    if let results = try composed(inputs) { return results }
    let values = try evaluate(inputs.map { $0?.value })
    switch node.typed {
    case is QuantizeLinear: return [try quantized(inputs, values[0])]
    case is DequantizeLinear: return [try dequantized(inputs, values[0])]
    case is QLinearConv:
      return [
        Estimate(value: values[0], magnitude: values[0], error: try Tensor(repeating: 1.0, shape: values[0].shape))
      ]
    case is ConvInteger: return [try integerProduct(inputs, values[0])]
    case is Cast where inputs[0]!.magnitude.elementType == .float64:
      return [Estimate(value: try values[0].widened(), magnitude: inputs[0]!.magnitude, error: inputs[0]!.error)]
    case _ where isExact(inputs, values):
      return try values.map { (value) throws(InfoldError) in try Estimate(exactly: value) }
    case let movement?
    where movement is any ElementMovingOperator || movement is Pad || movement is DepthToSpace
      || movement is ReverseSequence || movement is Where:
      return try moved(inputs, values)
    case is Conv, is ConvTranspose, is Gemm, is MatMul: return [try product(inputs, values[0])]
    case is BatchNormalization: return [try normalized(inputs, values[0])]
    case is Add, is Sub, is Sum, is Neg: return [try sum(inputs, values[0])]
    case is Mul: return [try multiplied(inputs, values[0])]
    case is Div: return [try divided(inputs, values[0])]
    case is AveragePool, is GlobalAveragePool, is ReduceMean: return [try averaged(inputs, values[0])]
    case is Resize where isCubic:
      return [try sampled(inputs[0]!, values[0], factor: 8)]
    case let resize as Resize: return [try resized(resize, inputs, values[0])]
    case is RoiAlign: return [try sampled(inputs[0]!, values[0], factor: 1)]
    case is GridSample: return [try sampled(inputs[0]!, values[0], factor: 4, positions: inputs[1]!.error.largest)]
    case is AffineGrid:
      return [try Estimate(value: values[0], error: values[0].mapped { (_: Double) in 256 * roundings.result })]
    case is DeformConv: return [try deformed(inputs, values[0])]
    case is Max, is MaxPool, is GlobalMaxPool, is ReduceMax:
      return [try Estimate(value: values[0], error: evaluate(inputs.map { $0?.error }, keeping: inputs)[0])]
    case is Min:
      let errors = try evaluate(try inputs.map { (x) throws(InfoldError) in try x?.error.scaled(by: -1) })[0]
      return [try Estimate(value: values[0], error: errors.magnitudes)]
    case is Softmax: return [try softmax(inputs[0]!, values[0])]
    case let normalization as InstanceNormalization:
      return [try normalizedPlanes(inputs, values[0], epsilon: Double(normalization.epsilon))]
    case let normalization as LayerNormalization:
      return [try normalizedRows(inputs, values[0], epsilon: Double(normalization.epsilon), isCentered: true)]
    case let normalization as RMSNormalization:
      return [try normalizedRows(inputs, values[0], epsilon: Double(normalization.epsilon), isCentered: false)]
    case is LSTM, is GRU, is RNN: return try recurrent(inputs, values)
    case let function?: return [try applied(function, inputs, values[0])]
    case nil: throw InfoldError(.unsupported, "\(node.opType) has no estimate")
    }
  }

  /// The outputs for these operands. Operands that are parameters, such as a list of sizes, are unchanged.
  func evaluate(_ operands: [Tensor?], keeping inputs: [Estimate?] = []) throws(InfoldError) -> [Tensor] {
    var operands = operands
    for (index, input) in inputs.enumerated() {
      if let value = input?.value, !value.elementType.isFloatingPoint { operands[index] = value }
    }
    return try node.evaluate(operands, precision: .double).compactMap { $0 }
  }
}

// MARK: Linear operators

extension EstimateRules {
  private func moved(_ inputs: [Estimate?], _ values: [Tensor]) throws(InfoldError) -> [Estimate] {
    let magnitudes = try evaluate(inputs.map { $0?.magnitude }, keeping: inputs)
    let errors = try evaluate(inputs.map { $0?.error }, keeping: inputs)
    return values.indices.map { Estimate(value: values[$0], magnitude: magnitudes[$0], error: errors[$0]) }
  }

  /// A sum of products of the first two operands, plus the third.
  private func product(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let x = inputs[0]!, weight = inputs[1]!, addend = inputs.count > 2 ? inputs[2] : nil
    let zero = try addend?.error.scaled(by: 0)
    func evaluate(_ x: Tensor, _ w: Tensor, _ b: Tensor?) throws(InfoldError) -> Tensor {
      try self.evaluate([x, w, b].prefix(inputs.count).map { $0 })[0]
    }
    let magnitude = try evaluate(x.magnitude, weight.magnitude, addend?.magnitude)
    var error = try evaluate(x.error, weight.magnitude, addend?.error)
    error = try error.plus(evaluate(x.magnitude.plus(x.error), weight.error, zero))
    let count =
      switch node.typed {
      case is MatMul, is Gemm: x.value.shape.last!
      case is ConvTranspose: weight.value.count / weight.value.shape[1]
      default: weight.value.count / weight.value.shape[0]
      }
    error = try rounded(error, of: magnitude, count: count)
    // Folded weights may be so small that they are rounded like numbers near 0.
    if roundings.result > roundings.sum {
      let near = Double(count) * roundings.smallest * (x.magnitude.largest + x.error.largest)
      error = try error.mapped { (e: Double) in e + near }
    }
    if isFast, roundings.result == roundings.sum, node.typed is Conv, weight.value.shape.suffix(2) == [3, 3] {
      let rows = weight.value.shape[0]
      let sums = try weight.magnitude.reshaped(to: [rows, weight.value.count / rows]).elements(as: Double.self)
      let largestSum =
        stride(from: 0, to: sums.count, by: max(1, sums.count / rows)).map {
          sums[$0..<($0 + sums.count / rows)].reduce(0, +)
        }.max() ?? 0
      let winograd = 100 * roundings.sum * largestSum * (x.magnitude.largest + x.error.largest)
      error = try error.mapped { (e: Double) in e + winograd }
    }
    return Estimate(value: value, magnitude: magnitude, error: error)
  }

  private func normalized(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let scale = try inputs[1]!.value.magnitudes, shift = try inputs[2]!.value.magnitudes
    let mean = try inputs[3]!.value.magnitudes.scaled(by: -1), variance = inputs[4]!.value
    let none = try shift.scaled(by: 0)
    let magnitude = try evaluate([inputs[0]!.magnitude, scale, shift, mean, variance])[0]
    let error = try evaluate([inputs[0]!.error, scale, none, none, variance])[0]
    return Estimate(value: value, magnitude: magnitude, error: try rounded(error, of: magnitude))
  }

  private func sum(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    // The second operand of Sub, and that of Neg, count with the opposite sign.
    let sign = node.typed is Sub ? -1.0 : 1
    func evaluate(_ part: (Estimate) -> Tensor) throws(InfoldError) -> Tensor {
      var operands: [Tensor?] = []
      for (index, input) in inputs.enumerated() { operands.append(try part(input!).scaled(by: index == 1 ? sign : 1)) }
      return try self.evaluate(operands)[0].magnitudes
    }
    let magnitude = try evaluate { $0.magnitude }
    return Estimate(value: value, magnitude: magnitude, error: try rounded(evaluate { $0.error }, of: magnitude))
  }

  private func multiplied(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let a = inputs[0]!, b = inputs[1]!
    let magnitude = try evaluate([a.magnitude, b.magnitude])[0]
    let error = try evaluate([a.error, b.magnitude.plus(b.error)])[0].plus(evaluate([a.magnitude, b.error])[0])
    return Estimate(value: value, magnitude: magnitude, error: try rounded(error, of: magnitude))
  }

  /// A quotient whose divisor is a constant, or computed from constants, and not zero.
  private func divided(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let a = inputs[0]!, divisor = try inputs[1]!.value.magnitudes
    let magnitude = try evaluate([a.magnitude, divisor])[0]
    let relative = try inputs[1]!.error.combined(with: divisor) { $0 / $1 }.largest
    let error = try evaluate([a.error, divisor])[0].plus(magnitude.scaled(by: 2 * relative))
    return Estimate(value: value, magnitude: magnitude, error: try rounded(error, of: magnitude))
  }

  private func averaged(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let others = inputs.dropFirst().map { $0?.value }
    let magnitude = try evaluate([inputs[0]!.magnitude] + others)[0]
    let count = inputs[0]!.value.shape[1...].reduce(1, *)
    let error = try rounded(evaluate([inputs[0]!.error] + others)[0], of: magnitude, count: count)
    return Estimate(value: value, magnitude: magnitude, error: error)
  }

  /// Weights are differences of coordinates, whose rounding error is proportional to the coordinates.
  private func resized(
    _ resize: Resize, _ inputs: [Estimate?], _ value: Tensor
  ) throws(InfoldError) -> Estimate {
    let others = inputs.dropFirst().map { $0?.value }
    let magnitude = try evaluate([inputs[0]!.magnitude] + others)[0]
    let coordinates = 64 * roundings.sum * inputs[0]!.magnitude.largest
    let error = try rounded(evaluate([inputs[0]!.error] + others)[0], of: magnitude)
    return Estimate(value: value, magnitude: magnitude, error: try error.mapped { (e: Double) in e + coordinates })
  }
}

// MARK: Positions and grids

extension EstimateRules {
  private var isCubic: Bool {
    if case .string(let mode)? = node.attributes["mode"] { mode == Array("cubic".utf8) } else { false }
  }

  /// Whether every number is an integer, or is computed only from integers.
  private func isExact(_ inputs: [Estimate?], _ values: [Tensor]) -> Bool {
    let operands = inputs.compactMap { $0?.value }
    return values.allSatisfy { !$0.elementType.isFloatingPoint }
      || operands.allSatisfy { !$0.elementType.isFloatingPoint }
  }

  /// A weighted mean of numbers, with weights whose magnitudes have a sum of at most `factor`, at positions that are rounded.
  /// - Parameter error: The error of the positions, where an image extends from -1 to 1.
  private func sampled(
    _ x: Estimate, _ value: Tensor, factor: Double, positions error: Double = 0
  ) throws(InfoldError) -> Estimate {
    let largest = x.magnitude.largest, side = Double(x.value.shape.max() ?? 1)
    let positions = try (64 * roundings.sum + error) * side * x.value.magnitudes.largest
    let bound = factor * (1.01 * x.error.largest + positions + roundings.allowance * largest) + roundings.smallest
    return Estimate(
      value: value, magnitude: try value.mapped { (_: Double) in factor * largest },
      error: try value.mapped { (_: Double) in bound })
  }

  /// A convolution of numbers at constant positions, which are rounded.
  private func deformed(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let x = inputs[0]!, weight = inputs[1]!, addend = inputs.count > 3 ? inputs[3] : nil
    let mask = inputs.count > 4 ? inputs[4] : nil, zero = try addend?.error.scaled(by: 0)
    func evaluate(_ x: Tensor, _ addend: Tensor?) throws(InfoldError) -> Tensor {
      let operands = [x, try weight.value.magnitudes, inputs[2]!.value, addend, try mask?.value.magnitudes]
      return try self.evaluate(Array(operands.prefix(inputs.count)))[0]
    }
    let magnitude = try evaluate(x.magnitude, addend?.magnitude)
    let count = weight.value.count / weight.value.shape[0]
    let side = Double(x.value.shape.max() ?? 1)
    let positions =
      try 64 * roundings.sum * side * x.value.magnitudes.largest * Double(count) * weight.value.magnitudes.largest
    let error = try rounded(evaluate(x.error, zero), of: magnitude, count: count)
    return Estimate(value: value, magnitude: magnitude, error: try error.mapped { (e: Double) in e + positions })
  }

  /// Exact integers. A session may convert the sums to floats together with a factor that a later node applies.
  private func integerProduct(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let weights = inputs[1]!.value, largest = Double(255 * 255 * (weights.count / weights.shape[0]))
    return Estimate(
      value: value, magnitude: try Tensor(repeating: largest, shape: value.shape),
      error: try Tensor(zeros: value.shape, of: .float64))
  }

  /// Integers, which may differ by one because of a rounding error.
  private func quantized(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let scale = inputs[1]!.value.largest
    return Estimate(value: value, magnitude: value, error: try inputs[0]!.error.mapped { (e: Double) in e / scale + 1 })
  }

  private func dequantized(_ inputs: [Estimate?], _ value: Tensor) throws(InfoldError) -> Estimate {
    let magnitude = try value.magnitudes, scale = inputs[1]!.value.largest
    return Estimate(
      value: value, magnitude: magnitude, error: try rounded(inputs[0]!.error.scaled(by: scale), of: magnitude))
  }
}

// MARK: Functions

extension EstimateRules {
  private func softmax(_ x: Estimate, _ value: Tensor) throws(InfoldError) -> Estimate {
    // The logarithm of a softmax changes by at most twice the largest error.
    let largest = try x.value.mapped { (x: Double) in x.isFinite ? x.magnitude : 0 }.largest
    let change = 4 * x.error.largest + 8 * roundings.sum * (largest + Double(x.value.count))
    let part = change + 8 * roundings.result, near = 8 * roundings.sum + roundings.smallest
    return try Estimate(value: value, error: value.mapped { (y: Double) in change < 1 ? part * y + near : 1 })
  }

  private func normalizedPlanes(
    _ inputs: [Estimate?], _ value: Tensor, epsilon: Double
  ) throws(InfoldError) -> Estimate {
    let shape = value.shape
    let scales = try inputs[1]!.value.elements(as: Double.self), shifts = try inputs[2]!.value.elements(as: Double.self)
    return try normalized(
      inputs[0]!, value, count: shape[2...].reduce(1, *), epsilon: epsilon, isCentered: true
    ) { plane, _ in (scales[plane % shape[1]], shifts[plane % shape[1]]) }
  }

  /// A normalization over the last dimension, with a scale for each element.
  private func normalizedRows(
    _ inputs: [Estimate?], _ value: Tensor, epsilon: Double, isCentered: Bool
  ) throws(InfoldError) -> Estimate {
    let scales = try inputs[1]!.value.elements(as: Double.self)
    let shifts = try inputs.count > 2 ? inputs[2]?.value.elements(as: Double.self) : nil
    return try normalized(
      inputs[0]!, value, count: value.shape.last!, epsilon: epsilon, isCentered: isCentered
    ) { _, place in (scales[place], shifts?[place] ?? 0) }
  }

  /// The errors of mean and deviation of `count` numbers follow from the largest error of the numbers, to first order. If that is not small
  /// compared with the deviation, nothing is known.
  /// - Parameter factors: Scale and shift of a number, by its group and its index in the group.
  private func normalized(
    _ x: Estimate, _ value: Tensor, count: Int, epsilon: Double, isCentered: Bool,
    factors: (_ group: Int, _ place: Int) -> (scale: Double, shift: Double)
  ) throws(InfoldError) -> Estimate {
    let numbers = try x.value.elements(as: Double.self), errors = try x.error.elements(as: Double.self)
    var result: [Double] = []
    for group in 0..<(numbers.count / max(count, 1)) {
      let own = numbers[(group * count)..<((group + 1) * count)]
      let mean = isCentered ? own.reduce(0, +) / Double(count) : 0
      let deviation = (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count) + epsilon).squareRoot()
      let rounding = Double(count + 16) * roundings.sum * own.reduce(0) { max($0, $1.magnitude) }
      let moved = errors[own.indices].reduce(0, max) + rounding
      for (place, number) in own.enumerated() {
        let (scale, shift) = factors(group, place)
        let normal = (number - mean).magnitude / deviation
        let rounded = roundings.allowance * (scale.magnitude * normal + shift.magnitude) + roundings.smallest
        result.append(
          moved < deviation / 4 ? scale.magnitude * moved / deviation * (4 + 4 * normal) + rounded : .infinity)
      }
    }
    return try Estimate(value: value, error: Tensor(shape: value.shape, result))
  }

  private func applied(
    _ function: any Operator, _ inputs: [Estimate?], _ value: Tensor
  ) throws(InfoldError) -> Estimate {
    let x = inputs[0]!
    let slope: Double
    switch function {
    case is Relu, is Clip, is Abs:
      return try Estimate(value: value, error: x.error)
    case is Identity, is Tanh, is Softsign, is Softplus: slope = 1
    case is Sigmoid: slope = 0.25
    case is HardSwish: slope = 1.5
    case is Erf: slope = 1.13
    case is Selu: slope = 1.76
    case is Gelu, is Swish: slope = 1.2
    case let hard as HardSigmoid: slope = Double(hard.alpha.magnitude)
    case let leaky as LeakyRelu: slope = max(1, Double(leaky.alpha.magnitude))
    case is PRelu: slope = max(1, try inputs[1]!.value.magnitudes.largest)
    case let elu as Elu: slope = max(1, Double(elu.alpha.magnitude))
    case is Sqrt:
      let error = try x.error.combined(with: value) { $0 / $1 }
      return try Estimate(value: value, error: rounded(error, of: value))
    default: throw InfoldError(.unsupported, "\(node.opType) has no estimate")
    }
    let error = try x.error.combined(with: x.value) { error, x in
      slope * error + (8 * roundings.sum + 2 * roundings.result) * (x.magnitude + 1) + roundings.smallest
    }
    return try Estimate(value: value, error: error)
  }
}

extension Estimate {
  /// A −∞ that comes from a mask is exact.
  fileprivate mutating func settleInfinities() throws(InfoldError) {
    guard value.largestMagnitude == .infinity else { return }
    magnitude = try magnitude.combined(with: value) { $1.isInfinite ? 0 : $0 }
    error = try error.combined(with: value) { $1.isInfinite ? 0 : $0 }
  }

  /// The result of a nonlinear operator.
  init(value: Tensor, error: Tensor) throws(InfoldError) {
    self.init(value: value, magnitude: try value.magnitudes, error: error)
  }
}

extension EstimateRules {
  /// An error plus that of `count` roundings, and some more, of sums with this magnitude.
  func rounded(_ error: Tensor, of magnitude: Tensor, count: Int = 0) throws(InfoldError) -> Tensor {
    let part = Double(count) * roundings.sum + roundings.allowance
    return try error.combined(with: magnitude) { error, magnitude in
      1.01 * error + part * magnitude + roundings.smallest
    }
  }
}
