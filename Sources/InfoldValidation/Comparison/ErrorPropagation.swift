import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Bounds on the errors of a node's outputs, caused by errors of its inputs and by its own
/// roundings.
///
/// This is a first-order error analysis that runs along with the numbers (N. J. Higham, Accuracy
/// and Stability of Numerical Algorithms, second edition, section 3.3). Linear operators are
/// evaluated again with magnitudes and with errors. All other operators are evaluated with their
/// inputs moved by the errors: all upward, all downward, and with random signs.
struct ErrorPropagation {
  let node: Node
  /// The declared element types of the operands.
  let types: [ElementType?]
  let rounding: RoundingModel
  /// The relative error of a product of two factors that are rounded to narrower numbers before they
  /// are multiplied.
  var products = 0.0

  /// Returns the outputs for these inputs, each with error bounds.
  /// - Throws: The error of the operator.
  func outputs(_ inputs: [ErrorEstimate?]) throws(InfoldError) -> [ErrorEstimate?] {
    if products > 0, let graph = try composition(inputs) { return try outputs(of: graph, inputs) }
    let values = try node.evaluate(inputs.map { $0?.value }, precision: .double)
    if inputs.contains(where: { $0?.isOpen == true }) { return try opened(inputs, values) }
    let count = zip(node.outputs, values).count { $0 != nil && $1 != nil }
    guard count == 1, let value = values.first ?? nil, value.elementType.isFloatingPoint,
      !(node.typed is any BodyOperator)
    else {
      let errors = try sampled(inputs, values), own = try observed(inputs, values)
      var outputs: [ErrorEstimate?] = []
      for (index, value) in values.enumerated() {
        let error = try errors[index].map { (error) throws(InfoldError) in try error.adding(own[index]) }
        outputs.append(value.map { ErrorEstimate($0, error: error ?? own[index]) })
      }
      return outputs
    }
    var error = try carried(inputs, value)
    if rounding.results > 0, rounds { error = try rounded(inputs, value).adding(error) }
    if products > 0, node.typed?.linearForm == nil, node.typed?.isSumOfProducts == true {
      let factors = try inputs.map { (input) throws(InfoldError) in try input?.largest() }
      error = try evaluate(factors).absolute().times(Double(inputs.count - 1) * products).adding(error)
    }
    return [ErrorEstimate(value, error: error)]
  }

  /// Returns the outputs if integers or Booleans among the inputs may differ. Elements that depend on
  /// one of those have no finite bound. Unless the operator is element-wise, these are all elements.
  private func opened(_ inputs: [ErrorEstimate?], _ values: [Tensor?]) throws(InfoldError) -> [ErrorEstimate?] {
    guard values.count == 1, let value = values[0], node.isElementwise(inputs.map { $0?.value }, output: value) else {
      return try values.map { value throws(InfoldError) in
        try value.map { (value) throws(InfoldError) in
          ErrorEstimate(value, error: try Tensor(repeating: Double.infinity, shape: value.shape))
        }
      }
    }
    var closed = inputs
    for index in inputs.indices where inputs[index]?.isOpen == true {
      closed[index] = ErrorEstimate(exactly: inputs[index]!.value)
    }
    guard let estimate = try outputs(closed)[0] else { return [nil] }
    var error = try estimate.dense()
    for case let input? in inputs where input.isOpen { error = try error.adding(input.error) }
    return [ErrorEstimate(estimate.value, error: error)]
  }

  private func carried(_ inputs: [ErrorEstimate?], _ value: Tensor) throws(InfoldError) -> Tensor? {
    guard let typed = node.typed else { return try sampled(inputs, [value])[0] }
    if let form = typed.linearForm { return try product(inputs, form) }
    if case .normalization(_, nil)? = typed.affineForm, node.outputs.count == 1 { return try normalized(inputs) }
    if inputs.count == 2 {
      switch typed.elementCombination?.function {
      case .sum: return try sum(inputs, [1, 1])
      case .difference: return try sum(inputs, [1, -1])
      case .product: return try multiplied(inputs, value)
      default: break
      }
    }
    // Errors move with the elements and do not grow.
    if typed.averagesInput {
      let errors = try moved(inputs, 0...0)
      guard rounds else { return errors }
      // The weights of an average are constants that the other network may have rounded.
      let average = try evaluate([inputs[0]!.value.absolute()] + inputs.dropFirst().map { $0?.value }).absolute()
      return try average.times(rounding.constants).adding(errors)
    }
    if let sources = type(of: typed).elementSources { return try moved(inputs, sources) }
    return try sampled(inputs, [value])[0]
  }

  private var rounds: Bool { node.typed.map { type(of: $0).rounds } ?? true }

  private func evaluate(_ operands: [Tensor?]) throws(InfoldError) -> Tensor {
    try node.evaluate(operands, precision: .double)[0]!
  }
}

// MARK: Linear operators

extension ErrorPropagation {
  /// Returns the errors of a sum of products of the first two operands, plus the third.
  ///
  /// The errors of n roundings are assumed to add up to at most 8·√n roundings. A larger sum is
  /// practically impossible (N. J. Higham and T. Mary, A New Approach to Probabilistic Rounding
  /// Error Analysis, 2019).
  private func product(_ inputs: [ErrorEstimate?], _ form: LinearForm) throws(InfoldError) -> Tensor? {
    let x = inputs[0]!, weight = inputs[1]!, addend = inputs.count > 2 ? inputs[2] : nil
    let (largeX, largeWeight) = (try x.value.absolute(), try weight.value.absolute())
    let nothing = try addend?.value.times(0)
    func evaluate(_ x: Tensor, _ weight: Tensor, _ addend: Tensor?) throws(InfoldError) -> Tensor {
      try self.evaluate(Array([x, weight, addend].prefix(inputs.count))).absolute()
    }
    let magnitude = try evaluate(largeX, largeWeight, addend?.value.absolute())
    let length = Double(dotLength(form, x.value, weight.value))
    let relative =
      x.relative + weight.relative + (addend?.relative ?? 0) + length * ErrorBounds.doubleUnit
      + (min(length, 8 * length.squareRoot()) + 1) * rounding.arithmetic
    var error = try magnitude.times(relative)
    if products > 0 {
      // What is rounded are the factors with their errors.
      error = try evaluate(x.largest(), weight.largest(), nothing).times(products).adding(error)
    }
    if let moved = x.error { error = try error.adding(evaluate(moved, largeWeight, nothing)) }
    if let moved = weight.error {
      error = try error.adding(evaluate(largeX.adding(x.error), moved, nothing))
    }
    if let moved = addend?.error {
      error = try error.adding(evaluate(largeX.times(0), largeWeight, moved))
    }
    return error
  }

  private func dotLength(_ form: LinearForm, _ x: Tensor, _ weight: Tensor) -> Int {
    if form.hasWindow { return LinearLayer(node, weight: weight.shape)?.length ?? weight.count }
    if case .transposed? = form.reading { return x.shape.first ?? 1 }
    return x.shape.last ?? 1
  }

  private func normalized(_ inputs: [ErrorEstimate?]) throws(InfoldError) -> Tensor? {
    let x = inputs[0]!, scale = inputs[1]!, shift = inputs[2]!, mean = inputs[3]!, variance = inputs[4]!
    guard [scale, shift, mean, variance].allSatisfy({ $0.error == nil }) else {
      return try sampled(inputs, [evaluate(inputs.map { $0?.value })])[0]
    }
    let relative = [scale, shift, mean, variance].reduce(x.relative) { max($0, $1.relative) }
    let large = try scale.value.absolute(), none = try shift.value.times(0)
    let magnitude = try evaluate([
      x.value.absolute(), large, shift.value.absolute(), mean.value.absolute().times(-1), variance.value,
    ]).absolute()
    let own = try magnitude.times(2.5 * relative)
    guard let moved = x.error else { return own }
    return try own.adding(evaluate([moved, large, none, none, variance.value]).absolute())
  }

  private func sum(_ inputs: [ErrorEstimate?], _ signs: [Double]) throws(InfoldError) -> Tensor? {
    var parts: [Tensor] = []
    for (input, sign) in zip(inputs, signs) {
      let floor = 2 * ErrorBounds.doubleUnit
      let own = try input!.value.mapped { (x: Double) in x.isFinite ? floor * x.magnitude : 0 }
      parts.append(try input!.dense().adding(own).times(sign))
    }
    return try evaluate(parts).absolute()
  }

  private func multiplied(_ inputs: [ErrorEstimate?], _ value: Tensor) throws(InfoldError) -> Tensor? {
    let a = inputs[0]!, b = inputs[1]!
    guard a.isUncertain || b.isUncertain else { return nil }
    var error = try value.absolute().times(a.relative + b.relative)
    if let moved = a.error { error = try error.adding(evaluate([moved, b.value.absolute()])) }
    if let moved = b.error {
      error = try error.adding(evaluate([a.value.absolute().adding(a.error), moved]))
    }
    return error
  }

  private func moved(_ inputs: [ErrorEstimate?], _ places: ClosedRange<Int>) throws(InfoldError) -> Tensor? {
    let isUncertain = inputs.enumerated().contains { places.contains($0.offset) && $0.element?.isUncertain == true }
    guard isUncertain else { return nil }
    var operands: [Tensor?] = []
    for (index, input) in inputs.enumerated() {
      guard places.contains(index), let input, input.value.elementType.isFloatingPoint else {
        operands.append(input?.value)
        continue
      }
      operands.append(try input.dense())
    }
    return try evaluate(operands).absolute()
  }
}

// MARK: Other operators

extension ErrorPropagation {
  /// Returns the errors of the outputs, from evaluations with inputs that are moved by their
  /// errors. An integer is unknown if one of these evaluations changes it. Constants that are whole
  /// numbers, such as exponents and limits, are exact.
  private func sampled(_ inputs: [ErrorEstimate?], _ values: [Tensor?]) throws(InfoldError) -> [Tensor?] {
    var errors = [Tensor?](repeating: nil, count: values.count)
    let moves = try inputs.enumerated().map { (index, input) throws(InfoldError) -> Tensor? in
      guard isMovable(index), let input, input.error != nil || !input.value.isWhole,
        let error = try input.total(), !error.isZero
      else { return nil }
      return error
    }
    let movable = moves.count { $0 != nil }
    guard movable > 0 else { return try withOwnConstants(errors, inputs, values) }
    for pattern in SignPattern.allCases where movable > 1 || pattern.movesInputsAlike {
      let operands = try inputs.enumerated().map { (index, input) throws(InfoldError) -> Tensor? in
        guard let input, let error = moves[index] else { return input?.value }
        return try pattern.moving(input.value, by: error, input: index)
      }
      // The operator may reject a moved input, such as a size. Such an evaluation is skipped.
      guard let moved = try? node.evaluate(operands, precision: .double) else { continue }
      for (index, value) in values.enumerated() {
        guard let value, index < moved.count, let other = moved[index], other.shape == value.shape else { continue }
        let change = try Self.change(value, other)
        errors[index] =
          try errors[index].map { (most) throws(InfoldError) in
            try .broadcasting(most, change) { (a: Double, b: Double) in max(a, b) }
          } ?? change
      }
    }
    if let value = values.count == 1 ? values[0] : nil, let error = errors[0],
      node.isElementwise(inputs.map { $0?.value }, output: value)
    {
      errors[0] = try unknown(moves, movable > 1 ? error.times(2) : error)
    } else {
      let isUnknown = moves.contains { $0?.isFinite == false }
      for index in errors.indices {
        guard let error = errors[index] else { continue }
        // Untried signs may move an element as far as the tried ones moved others. Selected elements
        // move no farther than with all signs alike.
        let spread = isUnknown ? .infinity : rounds ? error.largestMagnitude / 2 : 0
        let factor = rounds ? 4.0 : 1
        errors[index] = try error.mapped { (x: Double) in factor * x + spread }
      }
    }
    return try withOwnConstants(errors, inputs, values)
  }

  /// Returns the errors of an element-wise operator, infinite for elements that depend on an element
  /// without a finite bound.
  private func unknown(_ moves: [Tensor?], _ errors: Tensor) throws(InfoldError) -> Tensor {
    var errors = errors
    for case let move? in moves where !move.isFinite {
      errors = try errors.adding(move.mapped { (x: Double) in x.isFinite ? 0 : .infinity })
    }
    return errors
  }

  /// Adds the errors that constants of the operator itself cause, such as attributes: the other
  /// network may have them as rounded constants.
  private func withOwnConstants(
    _ errors: [Tensor?], _ inputs: [ErrorEstimate?], _ values: [Tensor?]
  ) throws(InfoldError) -> [Tensor?] {
    let relative = rounding.constants
    guard rounds, relative > 0 else { return errors }
    return try zip(errors, values).map { (error, value) throws(InfoldError) -> Tensor? in
      guard let value, value.elementType == .float64 else { return error }
      let own: Tensor
      if isElementwise(inputs, values), inputs[0]?.value.elementType == .float64 {
        own = try slopes(inputs[0]!.value, value, relative)
      } else if node.isElementwise(inputs.map { $0?.value }, output: value) {
        own = try value.mapped { (y: Double) in y.isFinite ? relative * y.magnitude : 0 }
      } else {
        own = try Tensor(repeating: relative * value.largestMagnitude, shape: value.shape)
      }
      return try own.adding(error)
    }
  }

  /// Returns the errors of a function of single elements that rounded constants cause: relative to
  /// its result, and like an error of its input. Steps of the function do not count.
  private func slopes(_ x: Tensor, _ value: Tensor, _ relative: Double) throws(InfoldError) -> Tensor {
    let above = try evaluate([x.times(1 + relative)] + node.inputs.dropFirst().map { _ in nil })
    let rise = try Self.change(value, above)
    let limits = try Tensor.broadcasting(x, value) { (x: Double, y: Double) in
      16 * relative * max(x.isFinite ? x.magnitude : 0, y.isFinite ? y.magnitude : 0)
    }
    let own = try Tensor.broadcasting(rise, limits) { (rise: Double, limit: Double) in min(rise, limit) }
    return try .broadcasting(own, value) { (own: Double, y: Double) in
      own + (y.isFinite ? relative * y.magnitude : 0)
    }
  }

  /// Whether each output element depends on only one input element. In that case the evaluations
  /// cover all possible errors.
  private func isElementwise(_ inputs: [ErrorEstimate?], _ values: [Tensor?]) -> Bool {
    guard inputs.count == 1, values.count == 1, let input = inputs[0]?.value, let value = values[0],
      input.shape == value.shape, let typed = node.typed
    else { return false }
    let mapping = typed.axisMapping(
      OperatorInputs([input]), outputs: [TensorType(value.elementType, Shape(value.shape))])
    return input.shape.indices.allSatisfy { mapping.independentAxes.contains(IndependentAxis($0)) }
  }

  /// Whether an input holds data, rather than settings such as the scales of a Resize.
  private func isMovable(_ index: Int) -> Bool {
    node.typed.flatMap { type(of: $0).settings }?.contains(index) != true
  }

  private static func change(_ value: Tensor, _ other: Tensor) throws(InfoldError) -> Tensor {
    guard value.elementType.isFloatingPoint else {
      let changes = zip(try value.numbers(), try other.numbers()).map { $0 == $1 ? 0 : Double.infinity }
      return try Tensor(shape: value.shape, changes)
    }
    return try .broadcasting(value, other) { (a: Double, b: Double) in
      a == b || a.isNaN && b.isNaN ? 0 : (a - b).magnitude.isNaN ? .infinity : (a - b).magnitude
    }
  }

  /// Whether a rounding changes each element relative to its own magnitude. This holds for a single
  /// arithmetic operation, and for sums whose roundings are counted already.
  private var isRoundedByElement: Bool {
    guard node.typed?.linearForm == nil else { return true }
    return switch node.typed?.elementCombination?.function {
    case .sum, .difference, .product, .quotient: node.inputs.count <= 2
    default: false
    }
  }

  /// Returns the errors of the node's own roundings if it computes in a narrower type than double
  /// precision.
  private func rounded(_ inputs: [ErrorEstimate?], _ value: Tensor) throws(InfoldError) -> Tensor {
    let stored = 2 * rounding.results
    var fixed = 0.0
    if !isRoundedByElement {
      // Functions are as accurate as runtimes make them. Sums inside an operator have errors
      // relative to their largest summands.
      let operands = inputs.reduce(0.0) { largest, input in
        guard let input, input.value.elementType.isFloatingPoint else { return largest }
        return max(largest, input.value.largestMagnitude)
      }
      fixed = (8 * rounding.arithmetic + stored) * value.largestMagnitude + 2 * rounding.arithmetic * operands
    }
    let underflow = 2 * rounding.underflow
    return try value.mapped { (x: Double) in (x.isFinite ? stored * x.magnitude : 0) + fixed + underflow }
  }
}

// MARK: Nodes that are networks, and integers

extension ErrorPropagation {
  /// Returns the errors of the node's own roundings if it computes in a narrower type than double
  /// precision, from an evaluation in single precision. Quantized integers may be off by one.
  private func observed(_ inputs: [ErrorEstimate?], _ values: [Tensor?]) throws(InfoldError) -> [Tensor?] {
    var errors = [Tensor?](repeating: nil, count: values.count)
    guard rounding.results > 0 else { return errors }
    let operands = try zip(inputs, types).map { (input, type) throws(InfoldError) -> Tensor? in
      guard let input, input.value.elementType == .float64 else { return input?.value }
      return try input.value.converted(to: type.flatMap { $0.isFloatingPoint ? $0 : nil } ?? .float32)
    }
    guard let computed = try? node.evaluate(operands) else { return errors }
    for (index, value) in values.enumerated() {
      guard let value, index < computed.count, let other = try computed[index]?.widened(), other.shape == value.shape
      else { continue }
      guard value.elementType.isFloatingPoint else {
        guard node.quantizationRole != nil else { continue }
        errors[index] = try Tensor(repeating: 1.0, shape: value.shape)
        continue
      }
      // Products of bfloat16 numbers in a body have larger errors than those in single precision.
      let change = try Self.change(value, other).times(max(1, products / ElementType.float32.unitRoundoff))
      let fixed = 4 * change.largestMagnitude + 4 * rounding.results * value.largestMagnitude
      errors[index] = try change.mapped { (x: Double) in 8 * x + fixed }
    }
    return errors
  }
}

/// The direction in which the error of each element moves it.
private enum SignPattern: UInt64, CaseIterable {
  case up, down, mixed, other
  /// Every other input up and the rest down, and the reverse.
  case alternating, reversed

  /// Whether the pattern differs from others for a single input.
  var movesInputsAlike: Bool { self != .alternating && self != .reversed }

  func moving(_ value: Tensor, by error: Tensor, input: Int) throws(InfoldError) -> Tensor {
    switch self {
    case .up: return try value.adding(error)
    case .down: return try .broadcasting(value, error) { (x: Double, e: Double) in x - e }
    case .alternating, .reversed:
      return try ((input % 2 == 0) == (self == .alternating) ? Self.up : .down).moving(value, by: error, input: input)
    case .mixed, .other:
      var generator = SplitMix64(seed: UInt64(input) &* 2 &+ rawValue)
      let signs = try Tensor(
        shape: error.shape, try error.elements(as: Double.self).map { generator.next() & 1 == 0 ? $0 : -$0 })
      return try value.adding(signs)
    }
  }
}
