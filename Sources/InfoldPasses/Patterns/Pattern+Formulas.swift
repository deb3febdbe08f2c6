import InfoldGraph
import InfoldOperators

extension Pattern: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  package init(floatLiteral number: Double) { self = .number(number) }

  package init(integerLiteral number: Int) { self = .number(Double(number)) }
}

extension Pattern {
  package static func + (a: Pattern, b: Pattern) -> Pattern {
    switch (a, b) {
    case (.number(let number), let x), (let x, .number(let number)): .shifted(x, by: number)
    default: .pair(.sum, a, b)
    }
  }

  package static func + (a: Pattern, number: Capture<Double>) -> Pattern { .raised(a, by: number) }

  package static func - (a: Pattern, b: Pattern) -> Pattern {
    if case .number(let number) = b { return .shifted(a, by: -number) }
    return .pair(.difference, a, b)
  }

  package static prefix func - (a: Pattern) -> Pattern { .number(-1) * a }

  package static func * (a: Pattern, b: Pattern) -> Pattern {
    let (first, second) = (a.asProduct, b.asProduct)
    let factors = first.factors + second.factors
    // Patterns that match any value come last, because the other factors may bind their captures.
    return .product(first.number * second.number, factors.filter { !$0.isValue } + factors.filter(\.isValue))
  }

  package static func * (number: Capture<Double>, a: Pattern) -> Pattern { .scaled(a, by: number) }

  package static func / (a: Pattern, b: Pattern) -> Pattern {
    if case .number(let number) = b { return .number(1 / number) * a }
    return .pair(.quotient, a, b)
  }

  private var asProduct: (number: Double, factors: [Pattern]) {
    switch self {
    case .number(let number): (number, [])
    case .product(let number, let factors): (number, factors)
    default: (1, [self])
    }
  }

  private var isValue: Bool {
    if case .value = self { true } else { false }
  }
}

extension Pattern {
  /// Matches an element-wise function.
  package static func function(_ function: ElementFunction, _ x: Pattern) -> Pattern {
    .function(x) { $0 == function }
  }

  /// Matches an element-wise function that satisfies a condition.
  package static func function(
    _ x: Pattern, where condition: @escaping @Sendable (ElementFunction) -> Bool
  ) -> Pattern {
    .node([x]) { node, context, _ in context.graph.elementFunction(of: node).map(condition) ?? false }
  }

  /// Matches 1 ÷ x.
  package static func reciprocal(_ x: Pattern) -> Pattern {
    .either([.function(.reciprocal, x), .pair(.quotient, 1, x), .power(x, -1)])
  }

  /// Matches √x.
  package static func squareRoot(_ x: Pattern) -> Pattern { .either([.function(.squareRoot, x), .power(x, 0.5)]) }

  /// Matches 1 ÷ √x.
  package static func inverseRoot(_ x: Pattern) -> Pattern {
    .either([.reciprocal(.squareRoot(x)), .power(x, -0.5)])
  }

  /// Matches x².
  package static func square(_ x: Pattern) -> Pattern { .either([.pair(.product, x, x), .power(x, 2)]) }

  /// Matches x³.
  package static func cube(_ x: Pattern) -> Pattern { .either([x * x * x, .power(x, 3)]) }

  /// Matches eˣ.
  package static func exponential(_ x: Pattern) -> Pattern { .function(.exponential, x) }

  /// Matches 1 ÷ (1 + e⁻ˣ).
  package static func sigmoid(_ x: Pattern) -> Pattern {
    .either([.function(.sigmoid, x), .reciprocal(1 + .exponential(-x))])
  }

  /// Matches x clipped to the range from `lower` to `upper`.
  package static func clip(_ x: Pattern, _ lower: Float, _ upper: Float) -> Pattern {
    let (low, high) = (Pattern.number(Double(lower)), Pattern.number(Double(upper)))
    let floor = Pattern.either([.function(.clip(lower: lower, upper: .infinity), x), .pair(.maximum, x, low)])
    return .either([
      .function(.clip(lower: lower, upper: upper), x), .pair(.minimum, floor, high),
      .pair(.maximum, .pair(.minimum, x, high), low),
    ])
  }

  /// Matches x to the power of a constant number.
  package static func power(_ x: Pattern, _ exponent: Double) -> Pattern {
    .node([x, .number(exponent)]) { node, context, _ in node.typed is Pow && context.number(node, 1) != nil }
  }

  /// Matches the mean of x over its last dimensions. Their sizes must be known, and they must
  /// remain as dimensions of size 1.
  package static func mean(_ x: Pattern, _ sizes: Capture<[Int]>) -> Pattern {
    .node([x]) { node, context, match in
      guard let reduction = node.typed as? ReduceMean, reduction.axes.keepsDimensions,
        let shape = context.type(node.inputs[0])?.shape, let isReduced = context.reducedAxes(node, reduction.axes),
        let first = isReduced.firstIndex(of: true), isReduced[first...].allSatisfy({ $0 })
      else { return false }
      let known = shape[first...].compactMap(\.size)
      return known.count == shape.rank - first && match.bind(sizes, known)
    }
  }

  /// Matches a constant of these sizes, with optional leading dimensions of size 1, that has the
  /// element type of x.
  package static func parameter(
    _ capture: Capture<ValueID>, _ sizes: Capture<[Int]>, of x: Capture<ValueID>
  ) -> Pattern {
    .constant(capture) { id, context, match in
      guard let tensor = context.graph.constant(id), let sizes = match[sizes], let type = context.type(match[x])
      else { return false }
      return tensor.elementType == type.elementType && tensor.shape.count <= type.shape?.rank ?? 0
        && tensor.shape.drop { $0 == 1 }.elementsEqual(sizes.drop { $0 == 1 })
    }
  }

  /// Matches x in another shape.
  package static func reshape(_ x: Pattern) -> Pattern {
    .node([x]) { node, _, _ in node.typed is Reshape }
  }

  /// Matches x with transposed dimensions. The permutation is captured and must satisfy a
  /// condition.
  package static func transpose(
    _ x: Pattern, _ permutation: Capture<[Int]>, where condition: @escaping @Sendable ([Int]) -> Bool = { _ in true }
  ) -> Pattern {
    .node([x]) { node, context, match in
      guard let transpose = node.typed as? Transpose, let rank = context.type(node.inputs[0])?.shape?.rank else {
        return false
      }
      let axes = transpose.permutation ?? (0..<rank).reversed()
      return condition(axes) && match.bind(permutation, axes)
    }
  }

  /// Matches a product of matrices.
  package static func matrixProduct(_ a: Pattern, _ b: Pattern) -> Pattern {
    .node([a, b]) { node, _, _ in node.typed is MatMul }
  }

  /// Matches eˣ ÷ Σ eˣ along the last axis.
  package static func softmax(_ x: Pattern) -> Pattern {
    .node([x]) { node, context, _ in
      guard let softmax = node.typed as? Softmax, let rank = context.type(node.inputs[0])?.shape?.rank else {
        return false
      }
      return (try? softmax.axis.position(rank: rank)) == rank - 1
    }
  }
}

extension Pattern {
  /// Matches x · scale + shift, or x with only one or neither of them, if intermediate values have
  /// no other consumers.
  package static func scaledAndShifted(_ x: Pattern, _ scale: Pattern, _ shift: Pattern) -> Pattern {
    let scaled = Pattern.pair(.product, .once(x), scale)
    return .either([.pair(.sum, .once(scaled), shift), .pair(.sum, .once(x), shift), scaled, x])
  }
}
