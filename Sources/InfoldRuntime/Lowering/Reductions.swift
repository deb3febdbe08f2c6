import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// An operator that reduces axes by a function that kernels have.
protocol ReductionLowering: LoweredOperator, ReductionOperator {
  var reduction: Reduction { get }
}

extension ReduceSum: ReductionLowering {
  var reduction: Reduction { .sum }
}
extension ReduceMean: ReductionLowering {
  var reduction: Reduction { .mean }
}
extension ReduceMax: ReductionLowering {
  var reduction: Reduction { .maximum }
}

extension ReduceMin: ReductionLowering {
  var reduction: Reduction { .minimum }
}

extension ReduceL1: ReductionLowering {
  var reduction: Reduction { .magnitudes }
}

extension ReduceL2: ReductionLowering {
  var reduction: Reduction { .norm }
}

extension ReduceSumSquare: ReductionLowering {
  var reduction: Reduction { .squares }
}

extension ReduceProd: ReductionLowering {
  var reduction: Reduction { .product }
}

extension Reduction {
  /// The reduction that combines partial results.
  fileprivate var ofParts: Reduction { self == .squares || self == .magnitudes ? .sum : self }
}

extension ReductionLowering {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), plan.sizes(y) != nil else {
      return try plan.emitIntegerReduction(fused, axes, reduction)
    }
    guard let isReduced = plan.reducedAxes(fused.node, axes, rank: sizes.count) else { return false }
    let layouts: [Layout] = plan.layouts(of: x).contains(.rowMajor) ? [.rowMajor] : [.channelsLast, .rowMajor]
    for layout in layouts {
      // Any location serves for the check of row-major layout. Asking for the real one could add a
      // conversion that is not needed.
      let place =
        layout == .rowMajor
        ? Location(0, .float32, sizes) : try plan.location(of: x, layout)
      guard let block = ReducedBlock(sizes, isReduced, place), let target = resultLayout(y, isReduced, layout, plan),
        // In a slice of a concatenation, there are gaps between pixels. Kernels leave gaps nowhere
        // else.
        target == .rowMajor || plan.concatenations.part(y) == nil || block.isRows || block.inner.count == sizes[1]
      else { continue }
      plan.emitReduction(reduction, block, from: try plan.location(of: x, layout), to: plan.define(y, target))
      return true
    }
    let source = try plan.location(of: x, .rowMajor)
    plan.emitReduction(reduction, sizes, isReduced, from: source, to: plan.define(y, .rowMajor))
    return true
  }

  /// Returns the layout in which the result's elements keep the order of the input's.
  private func resultLayout(_ y: ValueID, _ isReduced: [Bool], _ layout: Layout, _ plan: PlanBuilder) -> Layout? {
    guard layout == .channelsLast else { return .rowMajor }
    if axes.keepsDimensions { return .channelsLast }
    if isReduced[1] || isReduced[2...].allSatisfy({ $0 }) { return .rowMajor }
    return isReduced.count >= 4 && !isReduced[0] ? .channelsLast : nil
  }
}

/// The axes of a value in memory order, in three groups: outside the reduced axes, the reduced
/// axes, and inside them.
private struct ReducedBlock {
  /// Axes that form one contiguous range: the number of elements and their distance.
  struct Group {
    var count = 1
    var stride: Int?
  }

  var outer: Group
  var reduced: Group
  var inner: Group

  /// - Returns: `nil` if the axes do not form these groups, or if kernels do not support the gaps
  ///   between them.
  init?(_ sizes: [Int], _ isReduced: [Bool], _ place: Location) {
    let strides = place.strides(sizes: sizes)
    let order = sizes.indices.filter { sizes[$0] > 1 }.sorted { strides[$0] > strides[$1] }
    let first = order.firstIndex { isReduced[$0] } ?? 0, end = (order.lastIndex { isReduced[$0] } ?? -1) + 1
    func group(_ axes: ArraySlice<Int>, areReduced: Bool) -> Group? {
      var group = Group()
      for axis in axes.reversed() {
        guard isReduced[axis] == areReduced, group.stride.map({ strides[axis] == $0 * group.count }) ?? true else {
          return nil
        }
        group.count *= sizes[axis]
        group.stride = group.stride ?? strides[axis]
      }
      return group
    }
    guard let outer = group(order[..<first], areReduced: false),
      let reduced = group(order[first..<end], areReduced: true),
      let inner = group(order[end...], areReduced: false), inner.stride ?? 1 == 1
    else { return nil }
    (self.outer, self.reduced, self.inner) = (outer, reduced, inner)
    guard isRows || outer.stride == nil || outer.stride == reduced.count * pixelStride else { return nil }
  }

  /// Whether contiguous elements are reduced to one.
  var isRows: Bool { inner.count == 1 && reduced.stride ?? 1 == 1 }
  var pixelStride: Int { reduced.stride ?? inner.count }
  var count: Int { outer.count * reduced.count * inner.count }
}

extension PlanBuilder {
  /// Returns, for each axis of the input, whether it is reduced; `nil` if that is not known.
  func reducedAxes(_ node: Node, _ axes: ReductionAxes, rank: Int) -> [Bool]? {
    guard node.inputs.count > 1, let id = node.inputs[1] else { return try? axes.reduced(nil, rank: rank) }
    return graph.constant(id).flatMap { try? axes.reduced($0, rank: rank) }
  }

  /// Adds a reduction of integers.
  ///
  /// - Returns: Whether the operands are supported integers.
  fileprivate mutating func emitIntegerReduction(
    _ fused: FusedNode, _ axes: ReductionAxes, _ reduction: Reduction
  ) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plannedSizes(x), plannedSizes(y) != nil,
      let type = graph[x].type?.elementType, IntegerReduction.has(reduction, type),
      let isReduced = reducedAxes(fused.node, axes, rank: sizes.count)
    else { return false }
    let source = try location(of: x, .rowMajor)
    emitReduction(reduction, sizes, isReduced, of: type, from: source, to: define(y, .rowMajor))
    return true
  }

  /// Adds a reduction of axes that need not be adjacent in row-major order. It reduces one run of
  /// adjacent axes after the other, from the last to the first.
  mutating func emitReduction(
    _ reduction: Reduction, _ sizes: [Int], _ isReduced: [Bool], of type: ElementType = .float32,
    from source: Location, to target: Location
  ) {
    if let block = ReducedBlock(sizes, isReduced, source) {
      return emitReduction(reduction, block, of: type, from: source, to: target)
    }
    var (sizes, source, reduction) = (sizes, source, reduction)
    var reduced = isReduced.indices.filter { isReduced[$0] && sizes[$0] > 1 }
    while !reduced.isEmpty {
      var run = [reduced.removeLast()]
      // Axes of size 1 between them are no gap.
      while let next = reduced.last, sizes[(next + 1)..<run[0]].allSatisfy({ $0 == 1 }) {
        run.insert(reduced.removeLast(), at: 0)
      }
      let block = ReducedBlock(sizes, sizes.indices.map(run.contains), source)!
      for axis in run { sizes[axis] = 1 }
      let result = reduced.isEmpty ? target : temporary(sizes, source.format)
      emitReduction(reduction, block, of: type, from: source, to: result)
      source = result.reshaped(sizes, .rowMajor)
      reduction = reduction.ofParts
    }
  }

  fileprivate mutating func emitReduction(
    _ reduction: Reduction, _ block: ReducedBlock, of type: ElementType = .float32, from source: Location,
    to target: Location
  ) {
    if type != .float32 {
      let integers = IntegerReduction(
        reduction: reduction, type: type, matrices: block.outer.count, rows: block.reduced.count,
        columns: block.inner.count)
      let step = RangeStep(units: integers.units, cost: block.count) { units, state, _ in
        integers.run(units, from: state.address(source), to: state.address(target))
      }
      return emit(step, "integers", reads: [source], writes: [target])
    }
    let kernels = kernels
    let gappedStride = target.layout == .channelsLast ? target.pixelStride : 1
    if block.isRows {
      let step = RangeStep(units: block.outer.count, cost: block.count) { rows, state, _ in
        kernels.reduceRows(
          RowReductionArguments(
            input: state.pointer(source), inputStride: block.outer.stride ?? block.reduced.count,
            output: state.pointer(target), outputStride: gappedStride, rows: block.outer.count,
            columns: block.reduced.count,
            reduction: reduction),
          rows: rows)
      }
      emit(step, "rows", reads: [source], writes: [target])
      return
    }
    @Sendable func arguments(
      _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
    ) -> GlobalPoolArguments {
      GlobalPoolArguments(
        input: InputImages(
          base: input, count: block.outer.count, height: 1, width: block.reduced.count, channels: block.inner.count,
          pixelStride: block.pixelStride),
        output: output, outputStride: max(gappedStride, block.inner.count), reduction: reduction)
    }
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    let step = RangeStep(units: arguments(nowhere, nowhere).unitCount, cost: block.count) { units, state, _ in
      kernels.globalPool(arguments(state.pointer(source), state.pointer(target)), units: units)
    }
    emit(step, "columns", reads: [source], writes: [target])
  }
}
