import InfoldGraph
import InfoldOperators

/// A formula that a value may be computed by, with captures as its variables. Patterns are written
/// like the formula.
///
/// The search tries both operand orders of sums and products, and all associations of the factors
/// of a product. Its time for one value depends only on the pattern.
package indirect enum Pattern: Sendable {
  /// Any value.
  case value(Capture<ValueID>)
  /// A constant that is this single number.
  case number(Double)
  /// A product of one to three values and a number close to `Double`, multiplied in any order. The
  /// number may be split into several, and may also be a divisor.
  case product(Double, [Pattern])
  /// A value multiplied by a constant number.
  case scaled(Pattern, by: Capture<Double>)
  /// A value plus this number.
  case shifted(Pattern, by: Double)
  /// A value plus a constant number.
  case raised(Pattern, by: Capture<Double>)
  /// A function of two values, in either order if it is commutative.
  case pair(ElementCombination.Function, Pattern, Pattern)
  /// The output of a node whose first inputs match, and that satisfies a condition.
  case node([Pattern], @Sendable (Node, MatchContext, inout Match) -> Bool)
  /// A constant that satisfies a condition.
  case constant(Capture<ValueID>, @Sendable (ValueID, MatchContext, Match) -> Bool)
  /// A value with exactly one consumer.
  case once(Pattern)
  /// A value that is also captured.
  case named(Capture<ValueID>, Pattern)
  /// The first alternative that matches.
  case either([Pattern])

  /// The maximum number of factors into which the number of a product may be split.
  static let mostNumbers = 4

  /// Returns whether a factor equals the expected one, allowing for differences in rounding.
  static func isClose(_ a: Double, _ b: Double) -> Bool { (a - b).magnitude <= 1e-5 * b.magnitude }
}

extension Pattern {
  /// Matches the pattern against a value.
  /// - Parameter match: The bindings so far. On success, the new bindings are added. On failure, it
  ///   is unchanged.
  /// - Returns: Whether the value matches.
  func isFound(at value: ValueID, _ context: MatchContext, _ match: inout Match) -> Bool {
    let before = match
    if isHere(value, context, &match) { return true }
    match = before
    return false
  }

  private func isHere(_ value: ValueID, _ context: MatchContext, _ match: inout Match) -> Bool {
    switch self {
    case .value(let capture): return match.bind(capture, value)
    case .number(let number): return context.number(value) == number
    case .constant(let capture, let condition):
      return context.graph.isConstant(value) && condition(value, context, match) && match.bind(capture, value)
    case .once(let pattern): return context.isReadOnce(value) && pattern.isFound(at: value, context, &match)
    case .named(let capture, let pattern):
      return match.bind(capture, value) && pattern.isFound(at: value, context, &match)
    case .either(let patterns):
      for pattern in patterns where pattern.isFound(at: value, context, &match) { return true }
      return false
    case .product(let number, let factors): return Self.isProduct(value, number, factors, context, &match)
    case .scaled, .shifted, .raised, .pair, .node:
      guard let node = context.producer(value) else { return false }
      return isMade(by: node, context, &match)
    }
  }

  private func isMade(by node: Node, _ context: MatchContext, _ match: inout Match) -> Bool {
    switch self {
    case .scaled(let pattern, let capture):
      guard let (x, number) = context.factor(node) else { return false }
      return match.bind(capture, number) && pattern.isFound(at: x, context, &match)
    case .shifted(let pattern, let wanted):
      guard let (x, number) = context.summand(node), number == wanted else { return false }
      return pattern.isFound(at: x, context, &match)
    case .raised(let pattern, let capture):
      guard let (x, number) = context.summand(node) else { return false }
      return match.bind(capture, number) && pattern.isFound(at: x, context, &match)
    case .pair(let function, let a, let b):
      guard context.combination(node) == function else { return false }
      return Self.isPair(node, [a, b], context, &match)
        || function.isCommutative && Self.isPair(node, [b, a], context, &match)
    case .node(let inputs, let condition):
      guard node.inputs.count >= inputs.count else { return false }
      for (input, pattern) in zip(node.inputs, inputs) {
        guard let input, pattern.isFound(at: input, context, &match) else { return false }
      }
      return condition(node, context, &match)
    default: return false
    }
  }

  /// Matches both inputs of a node. Non-constant inputs come first, because conditions on constants
  /// may depend on them.
  private static func isPair(
    _ node: Node, _ operands: [Pattern], _ context: MatchContext, _ match: inout Match
  ) -> Bool {
    let before = match
    let order = node.inputs[0].map(context.graph.isConstant) == true ? [1, 0] : [0, 1]
    let isFound = order.allSatisfy { index in
      guard let input = node.inputs[index] else { return false }
      if case .number(let number) = operands[index] { return context.number(node, index) == number }
      return operands[index].isFound(at: input, context, &match)
    }
    if !isFound { match = before }
    return isFound
  }

  private static func isProduct(
    _ value: ValueID, _ number: Double, _ factors: [Pattern], _ context: MatchContext, _ match: inout Match
  ) -> Bool {
    let before = match
    for (outer, values) in context.products(value, of: factors.count) {
      for order in values.indices.permutations {
        var total = outer
        let areFound = zip(order, factors).enumerated().allSatisfy { place, pair in
          let isLast = place == factors.count - 1
          let found = pair.1.multiple(at: values[pair.0], context, &match) { !isLast || isClose(total * $0, number) }
          total *= found ?? 0
          return found != nil
        }
        if areFound { return true }
        match = before
      }
    }
    return false
  }

  /// Matches the pattern times a number against a value. Splits off constant factors one by one
  /// until their product is allowed and the remaining value matches, and returns the product.
  private func multiple(
    at value: ValueID, _ context: MatchContext, _ match: inout Match, where isAllowed: (Double) -> Bool
  ) -> Double? {
    var (value, total) = (value, 1.0)
    for _ in 0...Self.mostNumbers {
      if isAllowed(total), isFound(at: value, context, &match) { return total }
      guard let (x, number) = context.producer(value).flatMap(context.factor) else { return nil }
      (value, total) = (x, total * number)
    }
    return nil
  }
}

extension ElementCombination.Function {
  fileprivate var isCommutative: Bool {
    switch self {
    case .sum, .product, .maximum, .minimum: true
    case .difference, .quotient, .parametricRelu: false
    }
  }
}

extension Range<Int> {
  /// All permutations of the numbers.
  fileprivate var permutations: [[Int]] {
    reduce([[]]) { orders, number in
      orders.flatMap { order in
        (0...order.count).reversed().map { Array(order[..<$0]) + [number] + order[$0...] }
      }
    }
  }
}
