import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension ConstantOfShape: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let shape = fused.node.inputs[0], plan.graph.constant(shape) != nil, let y = fused.output,
      let sizes = plan.plannedSizes(y)
    else { return false }
    let target = plan.define(y, .rowMajor), count = sizes.reduce(1, *)
    let bits = value.firstBits ^ UInt64(target.format.offset)
    let step = RangeStep(units: count, cost: count) { elements, state, _ in
      func fill<Bits: BitPattern>(_: Bits.Type) {
        (state.address(target).assumingMemoryBound(to: Bits.self) + elements.lowerBound)
          .update(repeating: Bits(truncatingIfNeeded: bits), count: elements.count)
      }
      switch target.format.width {
      case .one: fill(UInt8.self)
      case .two: fill(UInt16.self)
      case .four: fill(UInt32.self)
      case .eight: fill(UInt64.self)
      }
    }
    plan.emit(step, "fill", reads: [], writes: [target])
    return true
  }
}

extension RangeOperator: LoweredOperator {
  /// Lowers a range of constants. It is long, because constant folding computes short ones.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let y = fused.output, let sizes = plan.plannedSizes(y), let type = plan.graph[y].type?.elementType,
      let start = fused.node.inputs[0].flatMap(plan.graph.constant),
      let delta = fused.node.inputs[2].flatMap(plan.graph.constant), start.elementType == type,
      delta.elementType == type
    else { return false }
    switch type {
    case .float32:
      let (first, step) = (try start.elements(as: Float.self)[0], try delta.elements(as: Float.self)[0])
      plan.emitList(y, sizes[0]) { first + Float($0) * step }
    case .int64:
      let (first, step) = (try start.elements(as: Int64.self)[0], try delta.elements(as: Int64.self)[0])
      plan.emitList(y, sizes[0]) { first &+ Int64($0) &* step }
    case .int32:
      let (first, step) = (try start.elements(as: Int32.self)[0], try delta.elements(as: Int32.self)[0])
      plan.emitList(y, sizes[0]) { first &+ Int32(truncatingIfNeeded: $0) &* step }
    default: return false
    }
    return true
  }
}

extension PlanBuilder {
  /// Adds a step that writes a list. Each element is a function of its index.
  fileprivate mutating func emitList<Element: BitwiseCopyable>(
    _ y: ValueID, _ count: Int, _ element: @escaping @Sendable (Int) -> Element
  ) {
    let target = define(y, .rowMajor)
    let step = RangeStep(units: count, cost: 2 * count) { places, state, _ in
      let list = state.address(target).assumingMemoryBound(to: Element.self)
      for place in places { list[place] = element(place) }
    }
    emit(step, "fill", reads: [], writes: [target])
  }
}
