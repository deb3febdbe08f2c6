import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// An operator that evaluates a predicate on pairs of elements of its two operands.
protocol PredicateLowering: LoweredOperator, BinaryOperator {
  /// The predicate, and whether the operands are swapped.
  static var predicate: (function: Predicate, isMirrored: Bool) { get }
}

extension Equal: PredicateLowering { static var predicate: (function: Predicate, isMirrored: Bool) { (.equal, false) } }
extension Less: PredicateLowering { static var predicate: (function: Predicate, isMirrored: Bool) { (.less, false) } }
extension LessOrEqual: PredicateLowering {
  static var predicate: (function: Predicate, isMirrored: Bool) { (.lessOrEqual, false) }
}
extension Greater: PredicateLowering { static var predicate: (function: Predicate, isMirrored: Bool) { (.less, true) } }
extension GreaterOrEqual: PredicateLowering {
  static var predicate: (function: Predicate, isMirrored: Bool) { (.lessOrEqual, true) }
}
extension And: PredicateLowering { static var predicate: (function: Predicate, isMirrored: Bool) { (.both, false) } }
extension Or: PredicateLowering { static var predicate: (function: Predicate, isMirrored: Bool) { (.either, false) } }
extension Xor: PredicateLowering { static var predicate: (function: Predicate, isMirrored: Bool) { (.oneOnly, false) } }

extension PredicateLowering {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let a = fused.node.inputs[0], let b = fused.node.inputs[1], let y = fused.output,
      let first = plan.plannedSizes(a), let second = plan.plannedSizes(b), plan.plannedSizes(y) != nil,
      let aligned = try? broadcast.aligned(Shape(second), to: Shape(first)).sizes,
      let type = plan.graph[a].type?.elementType, type == plan.graph[b].type?.elementType, Predicate.compares(type)
    else { return false }
    let (function, isMirrored) = Self.predicate
    let operands = [(a, first), (b, aligned)]
    try plan.emitBroadcast(isMirrored ? operands.reversed() : operands, to: y) { loops, units, address, result in
      function.run(units, loops, of: type, address(0), address(1), to: result.assumingMemoryBound(to: UInt8.self))
    }
    return true
  }
}

extension Where: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    var operands: [(value: ValueID, sizes: [Int])] = []
    for case let input? in fused.node.inputs {
      guard let sizes = plan.plannedSizes(input) else { return false }
      operands.append((input, sizes))
    }
    guard operands.count == 3, let y = fused.output, plan.plannedSizes(y) != nil, let format = plan.format(of: y),
      operands[1...].allSatisfy({ plan.format(of: $0.value) == format })
    else { return false }
    try plan.emitBroadcast(operands, to: y) { loops, units, address, result in
      Selection.run(
        units, loops, format.width, by: address(0), of: (address(1), address(2)), to: result)
    }
    return true
  }
}

extension PlanBuilder {
  /// Adds a computation over operands that are broadcast to the sizes of the result.
  ///
  /// - Parameters:
  ///   - check: Validates the second operand, given with its number of elements, before anything is
  ///     computed.
  ///   - body: Receives the loops, a range of their units, and the addresses of the operands and
  ///     the result.
  mutating func emitBroadcast(
    _ operands: [(value: ValueID, sizes: [Int])], to y: ValueID,
    checkingSecond check: (@Sendable (UnsafeRawPointer, Int) throws(InfoldError) -> Void)? = nil,
    _ body:
      @escaping @Sendable (
        _ loops: ElementwiseOperands, _ units: Range<Int>, _ operand: (Int) -> UnsafeRawPointer,
        _ result: UnsafeMutableRawPointer
      ) -> Void
  ) throws(InfoldError) {
    let sizes = plannedSizes(y)!
    // Images keep their layout, unless an operand is checked first.
    let isWhole = operands.map { $0.sizes == sizes && plannedSizes($0.value) == sizes }
    let isImage = check == nil && ImageShape(sizes) != nil
    let wantsChannelsLast =
      isImage && zip(operands, isWhole).contains { $1 && !layouts(of: $0.value).contains(.rowMajor) }
    let layout: Layout = wantsChannelsLast ? .channelsLast : .rowMajor
    var expected = Location(0, format(of: y)!, sizes, layout)
    // In a slice of a concatenation, pixels are not contiguous, which may require an additional
    // loop.
    if wantsChannelsLast, concatenations.part(y) != nil { expected.pixelStride += 1 }
    var places: [(sizes: [Int], place: Location)] = []
    for (operand, isWhole) in zip(operands, isWhole) {
      places.append((operand.sizes, try location(of: operand.value, isWhole ? layout : .rowMajor)))
    }
    places = try inThreeLoops(places, to: (sizes, expected))
    let target = define(y, layout)
    let loops = ElementwiseOperands((sizes, target), places)!, sources = places.map(\.place)
    let step = RangeStep(units: loops.shape.unitCount, cost: sizes.reduce(2, *)) { units, state, _ in
      body(loops, units, { UnsafeRawPointer(state.address(sources[$0])) }, state.address(target))
    }
    guard let check else { return emit(step, "element-wise", reads: sources, writes: [target]) }
    let second = places[1].place, count = places[1].sizes.reduce(1, *)
    let checked = CheckedStep(
      label: current!.label, check: { state throws(InfoldError) in try check(state.address(second), count) },
      passes: [step])
    emit(checked, "element-wise", reads: sources, writes: [target])
  }
}
