import InfoldKernelInterface

/// A normalization of groups of adjacent channels in channels-last layout. The first phase sums
/// over parts of the pixels. The second computes the moments of groups from these sums. The third
/// normalizes the parts.
struct GroupNormalizationStep: Step {
  let kernels: any KernelSet.Type
  /// The arguments without addresses.
  let arguments: GroupNormalizationArguments
  let input: Location
  let output: Location
  let scale: Location
  let shift: Location
  let moments: Location

  let phases = 3

  private func units(_ phase: Int) -> Int { phase == 1 ? arguments.groupCount : arguments.partCount }

  func tasks(phase: Int, workers: Int) -> Int {
    let pixels = arguments.input.count * arguments.input.height * arguments.input.width
    let cost = arguments.input.channels * (phase == 1 ? 8 * arguments.partCount : 3 * pixels)
    return RangeStep.tasks(units: units(phase), cost: cost, workers: workers)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    (0..<units(phase)).part(task, of: count).count * (phase == 1 ? 1 : arguments.partPixels)
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    var arguments = arguments
    arguments.input.base = UnsafePointer(state.pointer(input))
    arguments.output.base = state.pointer(output)
    arguments.scale = UnsafePointer(state.pointer(scale))
    arguments.shift = UnsafePointer(state.pointer(shift))
    arguments.moments = state.address(moments).assumingMemoryBound(to: Double.self)
    let units = (0..<units(phase)).part(task, of: count)
    switch phase {
    case 0: kernels.partMoments(arguments, parts: units)
    case 1: kernels.groupMoments(arguments, groups: units)
    default: kernels.groupNormalization(arguments, parts: units)
    }
  }
}
