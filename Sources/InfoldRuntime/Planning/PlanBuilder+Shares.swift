// What threads share of each step.
extension PlanBuilder {
  /// Has threads share the axis of a step's result that they share in the step whose result it reads, where it may be either, so that each
  /// finds in its cache what it wrote there.
  mutating func alignShares() {
    var byChannels = [Bool](repeating: false, count: buffers.count)
    for index in steps.indices {
      if var step = steps[index].step as? any ChannelwiseStep, let input = steps[index].reads.first {
        step.sharesChannels = byChannels[input.buffer]
        steps[index].step = step
      }
      for result in steps[index].writes { byChannels[result.buffer] = steps[index].step.sharesChannels }
    }
  }
}
