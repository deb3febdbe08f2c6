import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Lowers an operator that combines the elements of its operands pairwise.
struct BinaryLowering: Lowering {
  let combination: ElementCombination

  /// Integers are supported as well.
  func movesIntegers(ofInput index: Int) -> Bool { true }

  /// Returns the operands with their sizes. Those of a second operand are aligned so that NumPy's
  /// broadcasting rule applies.
  private func operands(_ node: Node, _ plan: PlanBuilder) -> [(value: ValueID, sizes: [Int])]? {
    guard plan.sizes(node.outputs[0]) != nil else { return nil }
    var operands: [(value: ValueID, sizes: [Int])] = []
    for input in node.inputs {
      guard let input, let sizes = plan.sizes(input) else { return nil }
      operands.append((input, sizes))
    }
    if operands.count == 2 {
      let (whole, other) = (Shape(operands[0].sizes), Shape(operands[1].sizes))
      guard let aligned = try? combination.broadcast.aligned(other, to: whole).sizes else { return nil }
      operands[1].sizes = aligned
    }
    return operands
  }

  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    guard let operands = operands(node, plan), operands.count > 1, let sizes = plan.sizes(node.outputs[0]) else {
      return []
    }
    // An activation is fused only if both layouts are possible without converting another operand.
    return operands.allSatisfy({ $0.sizes == sizes || $0.sizes.allSatisfy { $0 == 1 } }) ? .activation : []
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let operands = operands(fused.node, plan), plan.sizes(fused.output) != nil else {
      guard let function = IntegerFunction(combination.function) else { return false }
      return try plan.emitIntegers(function, fused, combination.broadcast)
    }
    return try plan.emitCombination(BinaryFunction(combination.function), of: operands, fused)
  }
}

extension PlanBuilder {
  /// Applies a function to the first two operands, then to the result and the next operand, and so
  /// on. NumPy's broadcasting rule applies to their sizes.
  ///
  /// - Returns: Whether kernels support it.
  mutating func emitCombination(
    _ function: BinaryFunction, of given: [(value: ValueID, sizes: [Int])], _ fused: FusedNode
  ) throws(InfoldError) -> Bool {
    guard let y = fused.output, let sizes = self.sizes(y) else { return false }
    var operands = given
    let whole = operands.firstIndex { $0.sizes == sizes }
    if operands.count != 2 {
      // Each further operand is combined with the result so far, so the first operand must have the
      // full size.
      guard operands.count > 2, let whole else { return false }
      operands.swapAt(0, whole)
    }
    // Use the layout in which the large operands are already stored.
    let isImage = ImageShape(sizes) != nil
    let wantsChannelsLast =
      isImage
      && operands.contains {
        $0.sizes.count == sizes.count && !layouts(of: $0.value).contains(.rowMajor)
      }
    let layout: Layout = wantsChannelsLast ? .channelsLast : .rowMajor
    // In a slice of a concatenation, pixels are not contiguous, which may require an additional
    // loop.
    let gap = concatenations.part(y) == nil ? 0 : 1
    var expected = Location(0, .float32, sizes, layout)
    if layout == .channelsLast { expected.pixelStride += gap }
    var places: [(sizes: [Int], place: Location)] = []
    for operand in operands {
      // An operand of lower rank has no channels of its own to put last, so it must be the same in
      // both layouts.
      let hasLayout = operand.sizes.count == sizes.count && self.sizes(operand.value) == operand.sizes
      let place = try location(of: operand.value, hasLayout ? layout : .rowMajor)
      let hasSameLayout = layout == .rowMajor || hasLayout || operand.sizes.isOneRun
      places.append((operand.sizes, hasSameLayout ? place : try expanded(operand.sizes, place, to: sizes, layout)))
      if !hasSameLayout { places[places.count - 1].sizes = sizes }
    }
    places = try inThreeLoops(places, to: (sizes, expected))
    // Values written by the current chain come last: they may be reduced to a block if the result
    // is stored elsewhere.
    let replaced = operands.prefix(operands.count == 2 ? 2 : 1).filter { $0.sizes == sizes }.map(\.value)
    let output = define(
      y, layout, inPlaceOf: replaced.filter { !isOfChain($0) } + replaced.filter(isOfChain))
    var left = places[0]
    for (index, right) in places.enumerated().dropFirst() {
      emitBinary(
        function, left, right, to: (sizes, output),
        activation: index == places.count - 1 ? fused.activation : .identity)
      left = (sizes, output)
    }
    return true
  }

  /// Adds a function of two operands that are broadcast to the sizes of the result. At most three
  /// loops must suffice.
  mutating func emitBinary(
    _ function: BinaryFunction, _ left: (sizes: [Int], place: Location), _ right: (sizes: [Int], place: Location),
    to result: (sizes: [Int], place: Location), activation: Activation = .identity
  ) {
    let loops = ElementwiseOperands(result, [left, right])!
    let (kernels, a, b, output) = (lanewiseKernels, left.place, right.place, result.place)
    let cost = result.sizes.reduce(function == .power ? 40 : 2, *)
    emitElementwise(loops, "element-wise", reads: [a, b], write: output, cost: cost) { pixels, places in
      kernels.binary(
        BinaryArguments(
          function, activation: activation, shape: loops.shape, left: loops.input(0, places.source(a)),
          right: loops.input(1, places.source(b)), output: loops.output(places.target(output))),
        pixels: pixels)
    }
  }

  /// Returns operands that three loops can process together with the result. Smaller operands are
  /// expanded if they would need more loops.
  mutating func inThreeLoops(
    _ operands: [(sizes: [Int], place: Location)], to result: (sizes: [Int], place: Location)
  ) throws(InfoldError) -> [(sizes: [Int], place: Location)] {
    guard ElementwiseOperands(result, operands) == nil else { return operands }
    var places = operands
    for (index, operand) in operands.enumerated() where operand.sizes != result.sizes {
      places[index] = (
        result.sizes, try expanded(operand.sizes, operand.place, to: result.sizes, result.place.layout)
      )
    }
    return places
  }

  /// Returns a copy of an operand, repeated to the sizes of the result.
  fileprivate mutating func expanded(
    _ sizes: [Int], _ place: Location, to result: [Int], _ layout: Layout
  ) throws(InfoldError) -> Location {
    let added = result.count - sizes.count
    var stride = 1
    var map = IndexMap(axes: [])
    for axis in result.indices.reversed() {
      let isRepeated = axis < added || sizes[axis - added] == 1
      map.axes.insert(.strided(count: result[axis], by: isRepeated ? 0 : stride), at: 0)
      if !isRepeated { stride *= result[axis] }
    }
    let target = temporary(result, place.format, layout)
    emitCopy(CopyLoops(map, from: (sizes, place), to: (result, target))!, from: place, to: target)
    return target
  }
}

extension [Int] {
  /// Whether at most one of the sizes is greater than 1.
  fileprivate var isOneRun: Bool { filter { $0 > 1 }.count <= 1 }
}
