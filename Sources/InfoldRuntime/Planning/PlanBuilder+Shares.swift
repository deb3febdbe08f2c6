// The division of steps between threads.
extension PlanBuilder {
  /// Divides steps along the same axis as the step whose result they read, if they support both
  /// axes. Each thread then finds in its cache what it wrote there.
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
