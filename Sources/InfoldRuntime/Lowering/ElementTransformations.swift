import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// An operator that transforms each element separately.
protocol TransformationLowering: LoweredOperator {
  /// The transformation of elements that are not float32.
  var transformation: ElementTransformation { get }
}

extension Not: TransformationLowering { var transformation: ElementTransformation { .opposite } }
extension BitwiseNot: TransformationLowering { var transformation: ElementTransformation { .inverted } }
extension IsNaN: TransformationLowering { var transformation: ElementTransformation { .isNaN } }
extension IsInf: TransformationLowering {
  var transformation: ElementTransformation { .isInfinite(negative: detectsNegative, positive: detectsPositive) }
}
extension Abs: TransformationLowering { var transformation: ElementTransformation { .magnitude } }
extension Neg: TransformationLowering { var transformation: ElementTransformation { .negative } }
extension Relu: TransformationLowering { var transformation: ElementTransformation { .positivePart } }
extension Sign: TransformationLowering { var transformation: ElementTransformation { .sign } }

extension TransformationLowering {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let type = plan.graph[x].type?.elementType,
      let sizes = plan.plannedSizes(x), plan.plannedSizes(y) == sizes
    else { return false }
    guard let target = transformation.result(of: type), plan.graph[y].type?.elementType == target else {
      return try plan.lowerFunction(of: fused)
    }
    let transformation = transformation
    try plan.emitPixelwise([x], to: y, "element-wise") { loops, operands, result, units, state in
      transformation.run(units, loops, of: type, state.address(operands[0]), to: state.address(result))
    }
    return true
  }
}

/// Lowers an operator that has its own loop over float32 numbers.
struct RowFunctionLowering: Lowering {
  let function: any RowFunction

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(y), plan.sizes(x) == sizes else {
      return false
    }
    let layout: Layout = plan.layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try plan.location(of: x, layout), target = plan.define(y, layout, inPlaceOf: x)
    let loops = ElementwiseOperands((sizes, target), [(sizes, source)])!
    plan.emitElementwise(loops, "element-wise", reads: [source], write: target, cost: sizes.reduce(16, *)) {
      [function] units, places in
      let (x, y) = (places.source(source), places.target(target))
      loops.forEachRun(units) { count, place, stride in
        func map(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
          var target = UnsafeMutableBufferPointer(start: y, count: count).mutableSpan
          function.map(UnsafeBufferPointer(start: x, count: count).span, to: &target)
        }
        if stride(0) == 1, stride(1) == 1 {
          map(x + place(1), y + place(0), count)
        } else {
          for index in 0..<count { map(x + place(1) + index * stride(1), y + place(0) + index * stride(0), 1) }
        }
      }
    }
    return true
  }
}

extension PlanBuilder {
  /// Lowers a node that applies one function to each float32 number.
  fileprivate mutating func lowerFunction(of fused: FusedNode) throws(InfoldError) -> Bool {
    if let function = graph.elementFunction(of: fused.node) {
      return try UnaryLowering(function: function).lower(fused, into: &self)
    }
    guard let function = fused.node.typed as? any RowFunction else { return false }
    return try RowFunctionLowering(function: function).lower(fused, into: &self)
  }
}

extension Clip: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  /// Uses a kernel if the bounds are constants. Otherwise the bounds are scalars that may be
  /// computed at run time.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    if try plan.lowerFunction(of: fused) { return true }
    let inputs = fused.node.inputs
    guard min == nil, max == nil, let x = inputs[0], let y = fused.output, let sizes = plan.plannedSizes(x),
      plan.plannedSizes(y) == sizes, let type = plan.graph[x].type?.elementType, Bounding.has(type)
    else { return false }
    var operands = [(value: x, sizes: sizes)]
    var kinds: [Bool] = []
    for (index, isLower) in [(1, true), (2, false)] where index < inputs.count {
      guard let bound = inputs[index] else { continue }
      guard plan.plannedSizes(bound)?.reduce(1, *) == 1, plan.graph[bound].type?.elementType == type else {
        return false
      }
      operands.append((bound, []))
      kinds.append(isLower)
    }
    let bounding = Bounding(
      lower: kinds.firstIndex(of: true).map { $0 + 1 }, upper: kinds.firstIndex(of: false).map { $0 + 1 })
    try plan.emitBroadcast(operands, to: y) { loops, units, address, result in
      bounding.run(units, loops, of: type, address, to: result)
    }
    return true
  }
}

/// Limits elements to a lower and an upper bound. If the bounds contradict each other, the upper
/// one wins.
private struct Bounding: Sendable {
  /// The indices of the bounds among the operands.
  let lower: Int?
  let upper: Int?

  static func has(_ type: ElementType) -> Bool {
    switch type {
    case .float32, .float64, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  func run(
    _ units: Range<Int>, _ loops: ElementwiseOperands, of type: ElementType, _ operand: (Int) -> UnsafeRawPointer,
    to y: UnsafeMutableRawPointer
  ) {
    switch type {
    case .float32: run(units, loops, operand, y, as: Float.self)
    case .float64: run(units, loops, operand, y, as: Double.self)
    case .int16: run(units, loops, operand, y, as: Int16.self)
    case .int32: run(units, loops, operand, y, as: Int32.self)
    case .int64: run(units, loops, operand, y, as: Int64.self)
    case .uint16: run(units, loops, operand, y, as: UInt16.self)
    case .uint32: run(units, loops, operand, y, as: UInt32.self)
    case .uint64: run(units, loops, operand, y, as: UInt64.self)
    // In planned memory, all bytes are unsigned, in the same order.
    default: run(units, loops, operand, y, as: UInt8.self)
    }
  }

  private func run<Number: Comparable>(
    _ units: Range<Int>, _ loops: ElementwiseOperands, _ operand: (Int) -> UnsafeRawPointer,
    _ y: UnsafeMutableRawPointer, as _: Number.Type
  ) {
    let x = operand(0).assumingMemoryBound(to: Number.self), y = y.assumingMemoryBound(to: Number.self)
    func bound(_ index: Int?) -> Number? { index.map { operand($0).assumingMemoryBound(to: Number.self)[0] } }
    let (lower, upper) = (bound(lower), bound(upper))
    loops.forEachRun(units) { count, place, stride in
      let (x, y) = (x + place(1), y + place(0))
      for index in 0..<count {
        var number = x[index &* stride(1)]
        if let lower, number < lower { number = lower }
        if let upper, number > upper { number = upper }
        y[index &* stride(0)] = number
      }
    }
  }
}
