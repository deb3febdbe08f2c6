import InfoldSystem
import InfoldTensor
import Synchronization
import Testing

/// Tensors over memory of a caller's.
@Suite struct SharedMemoryTests {
  /// Memory that counts how often it was released.
  private final class Memory: Sendable {
    nonisolated(unsafe) let floats: UnsafeMutableBufferPointer<Float>
    let releases = Mutex(0)

    init(_ numbers: [Float]) {
      floats = .allocate(capacity: numbers.count)
      _ = floats.initialize(from: numbers)
    }

    deinit { floats.deallocate() }

    func tensor(_ shape: [Int]) throws(InfoldError) -> Tensor {
      try Tensor(shape: shape, unsafeSharing: UnsafeBufferPointer(floats)) { [self] in releases.withLock { $0 += 1 } }
    }
  }

  @Test func readsWhereTheNumbersAre() throws {
    let memory = Memory([1, 2, 3, 4, 5, 6])
    let address = UInt(bitPattern: memory.floats.baseAddress)
    do {
      let tensor = try memory.tensor([2, 3])
      #expect(tensor.shape == [2, 3])
      #expect(try tensor.elements() == [1, 2, 3, 4, 5, 6] as [Float])
      let place = tensor.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(place == address)
      let other = try tensor.reshaped(to: [6])
      #expect(try other.element(at: 5) as Float == 6)
      #expect(memory.releases.withLock { $0 } == 0)
    }
    #expect(memory.releases.withLock { $0 } == 1)
  }

  @Test func isCopiedBeforeItIsChanged() throws {
    let memory = Memory([1, 2, 3])
    var tensor = try memory.tensor([3])
    let isUnique = tensor.isUniquelyReferenced()
    #expect(!isUnique)
    try tensor.withMutableSpan(as: Float.self) { $0[0] = 9 }
    #expect(try tensor.elements() == [9, 2, 3] as [Float])
    #expect(Array(memory.floats) == [1, 2, 3])
    #expect(memory.releases.withLock { $0 } == 1)
  }

  @Test func countsInNoBudget() throws {
    let memory = Memory([Float](repeating: 1, count: 1000))
    let budget = MemoryBudget(limit: 100)
    let tensor = try budget.charging { () throws(InfoldError) in try memory.tensor([1000]) }
    #expect(budget.available == 100)
    #expect(tensor.count == 1000)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let memory = Memory([1, 2, 3])
    #expect(throws: InfoldError.self) { try memory.tensor([4]) }
    #expect(throws: InfoldError.self) { try memory.tensor([-3]) }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 16)
    defer { bytes.deallocate() }
    // One byte behind where a Float may lie.
    let floats = UnsafeRawPointer(bytes.baseAddress! + 1).assumingMemoryBound(to: Float.self)
    #expect(throws: InfoldError.self) {
      try Tensor(shape: [2], unsafeSharing: UnsafeBufferPointer(start: floats, count: 2)) {}
    }
    #expect(memory.releases.withLock { $0 } == 0)
  }

  @Test func holdsNothing() throws {
    let empty = UnsafeBufferPointer<Float>(start: nil, count: 0)
    let tensor = try Tensor(shape: [0, 4], unsafeSharing: empty) {}
    #expect(tensor == (try Tensor(zeros: [0, 4], of: .float32)))
  }
}
