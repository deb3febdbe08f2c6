// Results that only pass between convolutions with rounded factors.
extension PlanBuilder {
  /// Stores such results as bfloat16 numbers, in half of the memory. The convolutions that read them
  /// would round them to the same numbers, so no bit of their results changes.
  ///
  /// Split factors take as much memory as float32 numbers, and hardly ever follow each other:
  /// between them are layers that are computed in float32. So they are not stored.
  mutating func narrowActivations() {
    guard matrixUnit?.factors == .rounded else { return }
    for (buffer, users) in usersOfArena() where users.allSatisfy({ canNarrow(buffer, in: steps[$0]) }) {
      for index in users { steps[index].narrow(buffer) }
      buffers[buffer].byteCount /= ElementFormat.float32.byteCount / ElementFormat.bfloat16.byteCount
    }
  }

  /// Returns the steps that use each buffer of the arena.
  private func usersOfArena() -> [Int: Set<Int>] {
    var users: [Int: Set<Int>] = [:]
    for (index, step) in steps.enumerated() {
      for place in step.reads + step.writes {
        if case .arena = buffers[place.buffer].source { users[place.buffer, default: []].insert(index) }
      }
    }
    return users
  }

  /// Returns whether a step uses a buffer only as the input or the output of a convolution with
  /// rounded factors.
  private func canNarrow(_ buffer: Int, in step: PlannedStep) -> Bool {
    guard let convolution = step.step as? ConvolutionStep, case .bfloat16 = convolution.kernel else { return false }
    let uses = (step.reads + step.writes).count { $0.buffer == buffer }
    return uses == [convolution.input, convolution.output].count { $0.buffer == buffer }
  }
}

extension PlannedStep {
  /// Changes the format of a buffer that is the input or the output of a convolution.
  fileprivate mutating func narrow(_ buffer: Int) {
    guard var convolution = step as? ConvolutionStep else { return }
    if convolution.input.buffer == buffer { convolution.input.format = .bfloat16 }
    if convolution.output.buffer == buffer {
      convolution.output.format = .bfloat16
      fused.append("to bfloat16")
    }
    step = convolution
    for index in reads.indices where reads[index].buffer == buffer { reads[index].format = .bfloat16 }
    for index in writes.indices where writes[index].buffer == buffer { writes[index].format = .bfloat16 }
  }
}
