import InfoldGraph
import InfoldOperators
import InfoldSystem

/// An operator that moves elements of its first input, or hands on a part of it where it lies.
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
  /// - Parameter keepsLayout: Whether results that are images lie as the input does; else they lie in row-major order,
  ///   unless they are a part of the input.
  mutating func emitMovement(
    _ node: Node, _ mapped: any MappedOperator, keepsLayout: Bool
  ) throws(InfoldError) -> Bool {
    let known = OperatorInputs(
      types: node.inputs.map { $0.flatMap { graph[$0].type } },
      constants: node.inputs.enumerated().map { index, id in index == 0 ? nil : id.flatMap(graph.constant) },
      outputCount: node.outputs.count)
    // What a run decides is checked by the operator alone, also where the result's shape is known without it.
    guard node.inputs.dropFirst().allSatisfy({ $0.map { graph.constant($0) != nil } ?? true }),
      let x = node.inputs[0], let sizes = sizes(x), node.definitions.allSatisfy({ self.sizes($0) != nil }),
      (try? mapped.inferOutputs(known)) != nil, let maps = try? mapped.elementMaps(known)
    else { return false }
    let fill = try mapped.fill(known)?.elements(as: Float.self)[0] ?? 0
    let layout: Layout = layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast
    let source = try location(of: x, layout)
    for (output, map) in zip(node.outputs, maps) {
      guard let output else { continue }
      try emitCopy(map, fill, of: (sizes, source), x, to: output, keepsLayout: keepsLayout)
    }
    return true
  }

  private mutating func emitCopy(
    _ map: ElementMap, _ fill: Float, of source: (sizes: [Int], place: Location), _ x: ValueID, to y: ValueID,
    keepsLayout: Bool
  ) throws(InfoldError) {
    let result = sizes(y)!
    var layouts: [Layout] = [.rowMajor]
    if source.place.layout == .channelsLast, ImageShape(result) != nil { layouts.insert(.channelsLast, at: 0) }
    for layout in layouts {
      var view = source.place
      view.layout = layout
      if layout == .rowMajor { view.pixelStride = result.last ?? 1 }
      if let copy = CopyLoops(map, from: source, to: (result, view)), copy.isView {
        view.offset += copy.start
        settle(y, view)
        return
      }
    }
    for layout in layouts where keepsLayout || layout == .rowMajor {
      let dense = Location(
        storage: 0, offset: 0, layout: layout, pixelStride: layout == .channelsLast ? result[1] : result.last ?? 1)
      guard CopyLoops(map, from: source, to: (result, dense)) != nil else { continue }
      let target = define(y, layout)
      emitCopy(CopyLoops(map, from: source, to: (result, target))!, fill: fill, from: source.place, to: target)
      return
    }
    // Distances between elements in row-major order always add up.
    let rowMajor = try location(of: x, .rowMajor)
    let target = define(y, .rowMajor)
    emitCopy(
      CopyLoops(map, from: (source.sizes, rowMajor), to: (result, target))!, fill: fill, from: rowMajor, to: target)
  }

  /// Copies elements, and writes `fill` where there is none to copy.
  mutating func emitCopy(_ loops: CopyLoops, fill: Float = 0, from source: Location, to target: Location) {
    let copy = CopyStep(loops, fill: fill, kernels)
    emit(
      RangeStep(units: copy.units, cost: 2 * copy.count) { units, frame, _ in
        copy.run(units, from: frame.pointer(source), to: frame.pointer(target))
      }, "copy", reads: [source], writes: [target])
  }
}
