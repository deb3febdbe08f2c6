import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// Runs that read the caller's memory.
@Suite struct BorrowedInputTests {
  private static func model() throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, 9, 7])
    let y = try network.node("Conv", [x, network.weights([8, 3, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
    return try network.finished(network.node("Relu", [y]), x).model
  }

  /// At any address that is aligned for floats, results have the same bits. The memory is released when the tensor, and any output that is
  /// the input, are gone.
  @Test(arguments: [0, 1, 7], [1, 3]) func givesWhatACopyGives(offset: Int, batch: Int) throws {
    var random = SplitMix64(seed: 5)
    let copy = try random.tensor([batch, 3, 9, 7])
    let numbers: [Float] = try copy.elements()
    let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: offset + numbers.count)
    defer { memory.deallocate() }
    memory.initialize(repeating: .nan)
    for (index, number) in numbers.enumerated() { memory[offset + index] = number }
    let releases = Mutex(0)
    let session = try Session(Self.model(), options: SessionOptions(threads: 2))
    do {
      let borrowed = try Tensor(
        unsafeNoCopy: UnsafeBufferPointer(rebasing: memory[offset...]), shape: copy.shape,
        deallocator: { releases.withLock { $0 += 1 } })
      let results = try session.run(["x": borrowed])
      #expect(try results == session.run(["x": copy]))
      // Outputs that borrow the caller's memory are not written to.
      var outputs = [borrowed, borrowed]
      try session.run([copy], into: &outputs)
      #expect(outputs == session.outputs.map { results[$0.name]! })
      #expect(releases.withLock { $0 } == 0)
    }
    #expect(releases.withLock { $0 } == 1)
    #expect(Array(memory[offset...]) == numbers)
  }
}
