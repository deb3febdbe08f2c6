import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// An operator that moves elements of its first input, or returns a view of it.
protocol MovementLowering: LoweredOperator, MappedOperator {}

extension Slice: MovementLowering {}
extension Split: MovementLowering {}
extension Gather: MovementLowering {}
extension Expand: MovementLowering {}
extension Tile: MovementLowering {}
extension DepthToSpace: MovementLowering {}
extension SpaceToDepth: MovementLowering {}
extension Pad: MovementLowering {}

extension MovementLowering {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitMovement(fused.node, self, keepsLayout: true)
  }
}

extension PlanBuilder {
  /// - Parameter keepsLayout: Whether results that are images keep the layout of the input.
  ///   Otherwise they are row-major, unless they are views of the input.
  mutating func emitMovement(
    _ node: Node, _ mapped: any MappedOperator, keepsLayout: Bool
  ) throws(InfoldError) -> Bool {
    let known = OperatorInputs(
      types: node.inputs.map { $0.flatMap { graph[$0].type } },
      constants: node.inputs.enumerated().map { index, id in index == 0 ? nil : id.flatMap(graph.constant) },
      outputCount: node.outputs.count)
    // Parameters that are computed at run time are checked only by the operator, even if the
    // result's shape is known without them.
    guard node.inputs.dropFirst().allSatisfy({ $0.map { graph.constant($0) != nil } ?? true }),
      let x = node.inputs[0], let sizes = plannedSizes(x), let format = format(of: x),
      node.definitions.allSatisfy({ plannedSizes($0) != nil && self.format(of: $0) == format }),
      (try? mapped.inferOutputs(known)) != nil, let maps = try? mapped.indexMaps(known)
    else { return false }
    let fill = try (mapped.fill(known)?.firstBits ?? 0) ^ UInt64(format.offset)
    let layout: Layout = layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try location(of: x, layout)
    for (output, map) in zip(node.outputs, maps) {
      guard let output else { continue }
      try emitCopy(map, fill: fill, of: (sizes, source), x, to: output, keepsLayout: keepsLayout)
    }
    return true
  }

  /// Adds a step that copies `x` to `y` according to a map, or makes `y` a view of `x`.
  mutating func emitCopy(
    _ map: IndexMap, fill: UInt64 = 0, of source: (sizes: [Int], place: Location), _ x: ValueID, to y: ValueID,
    keepsLayout: Bool
  ) throws(InfoldError) {
    let result = plannedSizes(y)!
    var layouts: [Layout] = [.rowMajor]
    if source.place.layout == .channelsLast, ImageShape(result) != nil { layouts.insert(.channelsLast, at: 0) }
    for layout in layouts {
      var view = source.place
      view.layout = layout
      if layout == .rowMajor { view.pixelStride = result.last ?? 1 }
      if let copy = CopyLoops(map, from: source, to: (result, view)), copy.isView {
        view.offset += copy.start
        setLocation(y, view)
        return
      }
    }
    for layout in layouts where keepsLayout || layout == .rowMajor {
      let dense = Location(0, source.place.format, result, layout)
      guard CopyLoops(map, from: source, to: (result, dense)) != nil else { continue }
      let target = define(y, layout)
      emitCopy(CopyLoops(map, from: source, to: (result, target))!, fill: fill, from: source.place, to: target)
      return
    }
    // In row-major layout, offsets between elements are always additive.
    let rowMajor = try location(of: x, .rowMajor)
    let target = define(y, .rowMajor)
    emitCopy(
      CopyLoops(map, from: (source.sizes, rowMajor), to: (result, target))!, fill: fill, from: rowMajor, to: target)
  }

  /// Adds a step that copies elements, and writes `fill` where there is no source.
  mutating func emitCopy(_ loops: CopyLoops, fill: UInt64 = 0, from source: Location, to target: Location) {
    let copy = CopyStep(loops, byteCount: source.format.byteCount, fill: fill, kernels)
    emit(
      RangeStep(units: copy.units, cost: 2 * copy.count) { units, state, _ in
        copy.run(units, from: state.address(source), to: state.address(target))
      }, "copy", reads: [source], writes: [target])
  }
}

extension Tensor {
  /// The bit pattern of the first element.
  var firstBits: UInt64 {
    switch elementType.bitWidth {
    case 8: withBitPatterns { (bits: Span<UInt8>) in UInt64(bits[0]) }
    case 16: withBitPatterns { (bits: Span<UInt16>) in UInt64(bits[0]) }
    case 32: withBitPatterns { (bits: Span<UInt32>) in UInt64(bits[0]) }
    default: withBitPatterns { (bits: Span<UInt64>) in bits[0] }
    }
  }
}
