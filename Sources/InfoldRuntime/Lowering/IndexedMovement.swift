import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

// Operators that gather or scatter elements by indices. The indices may be computed at run time;
// the steps check them.

extension Gather {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    // For constant indices, offsets are constant as well.
    if try plan.emitMovement(fused.node, self, keepsLayout: true) { return true }
    guard let operands = plan.indexed(fused), let axis = try? normalizedAxis(axis, rank: operands.sizes.count) else {
      return false
    }
    let blocks = operands.sizes[..<axis].reduce(1, *)
    try plan.emitGather(operands, fused, axes: [axis], blocks: blocks, sharesIndices: true)
    return true
  }
}

extension GatherND: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let operands = plan.indexed(fused) else { return false }
    let blocks = operands.sizes[..<batchRank].reduce(1, *)
    let axes = Array(batchRank..<batchRank + operands.indexSizes.last!)
    try plan.emitGather(operands, fused, axes: axes, blocks: blocks, sharesIndices: false)
    return true
  }
}

extension GatherElements: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let operands = plan.indexed(fused), let axis = try? normalizedAxis(axis, rank: operands.sizes.count) else {
      return false
    }
    let source = try plan.location(of: operands.data, .rowMajor)
    let indices = try plan.indices(operands, [axis])
    let elements = IndexedElements(indices, sizes: operands.indexSizes)
    let target = plan.define(operands.result, .rowMajor)
    let step = RangeStep(units: elements.rows, cost: 4 * indices.count) { rows, state, _ in
      let (x, y) = (state.address(source), state.address(target))
      switch source.format.width {
      case .one: elements.gather(rows, in: state, x, y, as: UInt8.self)
      case .two: elements.gather(rows, in: state, x, y, as: UInt16.self)
      case .four: elements.gather(rows, in: state, x, y, as: UInt32.self)
      case .eight: elements.gather(rows, in: state, x, y, as: UInt64.self)
      }
    }
    plan.emit(
      CheckedStep(label: fused.label, check: indices.check, passes: [step]), "indexed copy",
      reads: [source, indices.place], writes: [target])
    return true
  }
}

extension ScatterND: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    if try plan.emitNoUpdates(fused) { return true }
    guard let operands = plan.indexed(fused), let depth = operands.indexSizes.last else { return false }
    return try plan.emitScatter(operands, fused, reduction, axes: Array(0..<depth)) { indices in
      let slices = IndexedSlices(indices, blocks: 1, sharesIndices: false)
      let length = slices.length
      return (
        length,
        { state, merge in slices.forEach(0..<slices.count, in: state) { merge($1, $0 &* length) } }
      )
    }
  }
}

extension ScatterElements: LoweredOperator {
  func movesIntegers(ofInput index: Int) -> Bool { true }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    if try plan.emitNoUpdates(fused) { return true }
    guard let operands = plan.indexed(fused), let axis = try? normalizedAxis(axis, rank: operands.sizes.count) else {
      return false
    }
    return try plan.emitScatter(operands, fused, reduction, axes: [axis]) { indices in
      let elements = IndexedElements(indices, sizes: operands.indexSizes)
      return (1, { state, merge in elements.forEach(0..<elements.rows, in: state) { merge($1, $0) } })
    }
  }
}

/// The operands of an indexed copy: data, indices and result.
private struct IndexedOperands {
  var data: ValueID
  var sizes: [Int]
  var index: ValueID
  var indexSizes: [Int]
  var result: ValueID
}

extension PlanBuilder {
  /// Returns `nil` if plans cannot store the operands.
  fileprivate func indexed(_ fused: FusedNode) -> IndexedOperands? {
    guard let data = fused.node.inputs[0], let index = fused.node.inputs[1], let result = fused.output,
      let sizes = plannedSizes(data), let indexSizes = plannedSizes(index), plannedSizes(result) != nil,
      format(of: data) == format(of: result)
    else { return nil }
    return IndexedOperands(data: data, sizes: sizes, index: index, indexSizes: indexSizes, result: result)
  }

  /// Uses the data as the result if there are no updates.
  fileprivate mutating func emitNoUpdates(_ fused: FusedNode) throws(InfoldError) -> Bool {
    guard let data = fused.node.inputs[0], let index = fused.node.inputs[1], let updates = fused.node.inputs[2],
      let result = fused.output, plannedSizes(data) != nil, format(of: data) == format(of: result),
      let indices = graph[index].type?.shape?.sizes, indices.contains(0),
      graph[updates].type?.shape?.sizes?.contains(0) == true
    else { return false }
    setLocation(result, try location(of: data, .rowMajor))
    return true
  }

  fileprivate mutating func indices(_ operands: IndexedOperands, _ axes: [Int]) throws(InfoldError) -> RunIndices {
    RunIndices(
      place: try location(of: operands.index, .rowMajor), count: operands.indexSizes.reduce(1, *),
      shape: operands.sizes, axes: axes)
  }

  /// Adds a step that gathers slices.
  fileprivate mutating func emitGather(
    _ operands: IndexedOperands, _ fused: FusedNode, axes: [Int], blocks: Int, sharesIndices: Bool
  ) throws(InfoldError) {
    let source = try location(of: operands.data, .rowMajor)
    let indices = try indices(operands, axes)
    let slices = IndexedSlices(indices, blocks: blocks, sharesIndices: sharesIndices)
    let target = define(operands.result, .rowMajor)
    let step = RangeStep(units: slices.count, cost: 2 * slices.count * slices.length) { range, state, _ in
      let (x, y) = (state.address(source), state.address(target))
      switch source.format.width {
      case .one: slices.gather(range, in: state, x, y, as: UInt8.self)
      case .two: slices.gather(range, in: state, x, y, as: UInt16.self)
      case .four: slices.gather(range, in: state, x, y, as: UInt32.self)
      case .eight: slices.gather(range, in: state, x, y, as: UInt64.self)
      }
    }
    emit(
      CheckedStep(label: fused.label, check: indices.check, passes: [step]), "indexed copy",
      reads: [source, indices.place], writes: [target])
  }

  /// Adds a step that applies updates one after the other.
  ///
  /// - Parameter scatter: Receives the indices, and returns the number of elements per update and a
  ///   function that calls `merge` for every update with its offsets in the result and among the
  ///   updates.
  fileprivate mutating func emitScatter(
    _ operands: IndexedOperands, _ fused: FusedNode, _ reduction: ScatterND.Reduction, axes: [Int],
    _ scatter: (RunIndices) -> (
      length: Int, forEach: @Sendable (_ state: RunState, _ merge: (_ start: Int, _ update: Int) -> Void) -> Void
    )
  ) throws(InfoldError) -> Bool {
    guard let updates = fused.node.inputs[2], plannedSizes(updates) != nil,
      format(of: updates) == format(of: operands.data), let type = graph[operands.data].type?.elementType,
      let merge = ElementMerge(reduction, type)
    else { return false }
    let source = try location(of: operands.data, .rowMajor)
    let indices = try indices(operands, axes)
    let updated = try location(of: updates, .rowMajor)
    let target = define(operands.result, .rowMajor, inPlaceOf: operands.data)
    let (length, forEach) = scatter(indices)
    var passes: [RangeStep] = []
    if source != target { passes.append(.copy(from: source, to: target, count: operands.sizes.reduce(1, *))) }
    passes.append(
      RangeStep(units: 1, cost: 0) { _, state, _ in
        merge.run(state.address(updated), into: state.address(target), length) { forEach(state, $0) }
      })
    emit(
      CheckedStep(label: fused.label, check: indices.check, passes: passes), "indexed copy",
      reads: [source, indices.place, updated],
      writes: [target])
    return true
  }
}

extension IndexedSlices {
  fileprivate func gather<Element: BitPattern>(
    _ slices: Range<Int>, in state: RunState, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    as _: Element.Type
  ) {
    let x = source.assumingMemoryBound(to: Element.self), y = target.assumingMemoryBound(to: Element.self)
    let length = length
    if length == 1 {
      forEach(slices, in: state) { y[$0] = x[$1] }
    } else {
      forEach(slices, in: state) { (y + $0 &* length).update(from: x + $1, count: length) }
    }
  }
}

extension IndexedElements {
  fileprivate func gather<Element: BitPattern>(
    _ rows: Range<Int>, in state: RunState, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    as _: Element.Type
  ) {
    let x = source.assumingMemoryBound(to: Element.self), y = target.assumingMemoryBound(to: Element.self)
    forEach(rows, in: state) { y[$0] = x[$1] }
  }
}
