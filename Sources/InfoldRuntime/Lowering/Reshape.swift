import InfoldOperators
import InfoldSystem

/// An operator that keeps the elements and their order, and changes the shape.
protocol ShapeLowering: LoweredOperator {}

extension Reshape: ShapeLowering {}
extension Flatten: ShapeLowering {}
extension Squeeze: ShapeLowering {}
extension Unsqueeze: ShapeLowering {}
extension Identity: ShapeLowering {}
extension Dropout: ShapeLowering {}

extension ShapeLowering {
  /// Needs no step: the result shares the memory of the input.
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    // A Dropout may have a mask that is read, or a training mode that is computed at run time.
    let node = fused.node
    guard node.outputs.dropFirst().allSatisfy({ $0.map { plan.remainingUses[$0.index] == 0 } ?? true }),
      node.inputs.dropFirst(2).allSatisfy({ $0.map { plan.graph.constant($0) != nil } ?? true })
    else { return false }
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.plannedSizes(x),
      let result = plan.plannedSizes(y), sizes.reduce(1, *) == result.reduce(1, *),
      plan.format(of: x) == plan.format(of: y)
    else { return false }
    if !plan.layouts(of: x).contains(.rowMajor), let image = ImageShape(sizes), let target = ImageShape(result),
      image.images == target.images, image.channels == target.channels, image.pixels == target.pixels
    {
      plan.setLocation(y, try plan.location(of: x, .channelsLast))
      return true
    }
    plan.setLocation(y, try plan.location(of: x, .rowMajor).reshaped(result, .rowMajor))
    return true
  }
}
