import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// How kernels compute an operator that combines the numbers in the same place of its operands.
struct BinaryLowering: Lowering {
  let combination: ElementCombination

  /// Integers are computed with as well.
  func movesIntegers(ofInput index: Int) -> Bool { true }

  /// The operands with their sizes, a second's such that NumPy's rule brings them together.
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
    // Only where both layouts can be had without another operand in the way.
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
  /// A function of the first two operands, of their result with the next one and so on, whose sizes NumPy's rule brings together.
  /// - Returns: Whether there are kernels.
  mutating func emitCombination(
    _ function: BinaryFunction, of given: [(value: ValueID, sizes: [Int])], _ fused: FusedNode
  ) throws(InfoldError) -> Bool {
    guard let y = fused.output, let sizes = self.sizes(y) else { return false }
    var operands = given
    let whole = operands.firstIndex { $0.sizes == sizes }
    if operands.count != 2 {
      // Each further operand is combined with the result so far, which the first must fill.
      guard operands.count > 2, let whole else { return false }
      operands.swapAt(0, whole)
    }
    // The layout in which the large operands lie already.
    let isImage = ImageShape(sizes) != nil
    let wantsChannelsLast =
      isImage
      && operands.contains {
        $0.sizes.count == sizes.count && !layouts(of: $0.value).contains(.rowMajor)
      }
    let layout: Layout = wantsChannelsLast ? .channelsLast : .rowMajor
    // A slice of a concatenation lies apart from pixel to pixel, which may take a loop more.
    let gap = concatenations.part(y) == nil ? 0 : 1
    var expected = Location(0, .float32, sizes, layout)
    if layout == .channelsLast { expected.pixelStride += gap }
    var places: [(sizes: [Int], place: Location)] = []
    for operand in operands {
      // An operand of fewer dimensions has no channels of its own to put last: it must lie the same either way.
      let hasLayout = operand.sizes.count == sizes.count && self.sizes(operand.value) == operand.sizes
      let place = try location(of: operand.value, hasLayout ? layout : .rowMajor)
      let liesTheSame = layout == .rowMajor || hasLayout || operand.sizes.isOneRun
      places.append((operand.sizes, liesTheSame ? place : try expanded(operand.sizes, place, to: sizes, layout)))
      if !liesTheSame { places[places.count - 1].sizes = sizes }
    }
    places = try inThreeLoops(places, to: (sizes, expected))
    // What the chain has written itself may have no memory but for a block, if the result lies somewhere else.
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

  /// A function of two operands that are broadcast to the sizes of the result, in at most three loops.
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

  /// Operands that lie such that three loops go over them and the result: those that are smaller are repeated where it would take more.
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

  /// A copy of an operand, repeated to the sizes of the result.
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
  /// Whether at most one of the sizes is more than 1.
  fileprivate var isOneRun: Bool { filter { $0 > 1 }.count <= 1 }
}
