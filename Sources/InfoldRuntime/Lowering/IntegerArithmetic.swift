import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Mod: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    if try plan.emitIntegers(.remainder(truncates: truncates), fused, broadcast) { return true }
    return try plan.emitRemainders(self, fused)
  }
}

/// An operator on the bits of integers.
protocol BitwiseLowering: LoweredOperator, BinaryOperator {
  var function: IntegerFunction { get }
}

extension BitwiseAnd: BitwiseLowering { var function: IntegerFunction { .conjunction } }
extension BitwiseOr: BitwiseLowering { var function: IntegerFunction { .disjunction } }
extension BitwiseXor: BitwiseLowering { var function: IntegerFunction { .exclusion } }
extension BitShift: BitwiseLowering { var function: IntegerFunction { .shift(toLeft: movesLeft) } }

extension BitwiseLowering {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitIntegers(function, fused, broadcast)
  }
}

extension IntegerFunction {
  /// Returns `nil` for a function that is not supported for integers.
  init?(_ function: ElementCombination.Function) {
    switch function {
    case .sum: self = .sum
    case .difference: self = .difference
    case .product: self = .product
    case .quotient: self = .quotient
    case .maximum: self = .maximum
    case .minimum: self = .minimum
    case .parametricRelu: return nil
    }
  }
}

extension PlanBuilder {
  /// Adds a remainder of float32 numbers.
  ///
  /// - Returns: Whether the operands are float32.
  fileprivate mutating func emitRemainders(_ mod: Mod, _ fused: FusedNode) throws(InfoldError) -> Bool {
    guard let a = fused.node.inputs[0], let b = fused.node.inputs[1], let y = fused.output, let first = sizes(a),
      let second = sizes(b), sizes(y) != nil
    else { return false }
    try emitBroadcast([(a, first), (b, second)], to: y) { loops, units, address, result in
      loops.combine(
        units, address(0).assumingMemoryBound(to: Float.self), address(1).assumingMemoryBound(to: Float.self),
        result.assumingMemoryBound(to: Float.self)
      ) { a, b in mod.remainder(a, b) }
    }
    return true
  }

  /// Adds a function of the integers of two operands.
  ///
  /// - Returns: Whether the operands are supported integers.
  mutating func emitIntegers(
    _ function: IntegerFunction, _ fused: FusedNode, _ broadcast: BroadcastRule
  ) throws(InfoldError) -> Bool {
    let inputs = fused.node.inputs
    guard inputs.count == 2, let a = inputs[0], let b = inputs[1], let y = fused.output,
      let first = plannedSizes(a), let second = plannedSizes(b), plannedSizes(y) != nil,
      let aligned = try? broadcast.aligned(Shape(second), to: Shape(first)).sizes,
      let type = graph[a].type?.elementType, IntegerFunction.has(type),
      [b, y].allSatisfy({ graph[$0].type?.elementType == type })
    else { return false }
    var check: (@Sendable (UnsafeRawPointer, Int) throws(InfoldError) -> Void)?
    if function.divides {
      check = { divisors, count throws(InfoldError) in
        if IntegerFunction.hasZero(count, of: type, divisors) { throw divisionByZero }
      }
    }
    try emitBroadcast([(a, first), (b, aligned)], to: y, checkingSecond: check) { loops, units, address, result in
      function.run(units, loops, of: type, address(0), address(1), to: result)
    }
    return true
  }
}
