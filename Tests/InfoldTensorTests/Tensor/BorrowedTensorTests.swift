import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// Tensors that borrow the caller's memory.
@Suite struct BorrowedTensorTests {
  /// Memory that is freed on request, and reports whether it was.
  private final class Buffer: Sendable {
    nonisolated(unsafe) let elements: UnsafeMutableBufferPointer<Float>
    let releases = Mutex(0)

    init(_ numbers: [Float]) {
      elements = .allocate(capacity: numbers.count)
      _ = elements.initialize(from: numbers)
    }

    deinit { elements.deallocate() }

    func tensor(_ shape: [Int], from first: Int = 0) throws(InfoldError) -> Tensor {
      try Tensor(
        unsafeNoCopy: UnsafeBufferPointer(rebasing: elements[first...]), shape: shape,
        deallocator: { self.releases.withLock { $0 += 1 } })
    }
  }

  @Test func readsWhereItLies() throws {
    let buffer = Buffer([1, 2, 3, 4, 5, 6])
    do {
      let tensor = try buffer.tensor([2, 3])
      let address = tensor.withUnsafeBytes { $0.baseAddress }
      #expect(address == UnsafeRawPointer(buffer.elements.baseAddress))
      #expect(try tensor.elements() == [1, 2, 3, 4, 5, 6] as [Float])
      let turned = try tensor.reshaped(to: [3, 2])
      #expect(turned.withUnsafeBytes { $0.baseAddress } == address)
      #expect(buffer.releases.withLock { $0 } == 0)
    }
    #expect(buffer.releases.withLock { $0 } == 1)
  }

  /// The caller's memory is never written to.
  @Test func changesACopy() throws {
    let buffer = Buffer([1, 2, 3])
    var tensor = try buffer.tensor([3])
    let isWritable = tensor.isUniquelyReferenced()
    #expect(!isWritable)
    try tensor.withMutableSpan(as: Float.self) { $0[0] = 9 }
    #expect(try tensor.elements() == [9, 2, 3] as [Float])
    #expect(Array(buffer.elements) == [1, 2, 3])
    #expect(buffer.releases.withLock { $0 } == 1)
  }

  @Test func refusals() throws {
    let buffer = Buffer([1, 2, 3])
    #expect(try errorCode { _ = try buffer.tensor([4]) } == .invalidArgument)
    #expect(try errorCode { _ = try buffer.tensor([-3]) } == .invalidArgument)
    #expect(try errorCode { _ = try buffer.tensor([.max, 2]) } == .limitExceeded)
    let bytes = UnsafeRawPointer(buffer.elements.baseAddress!)
    let shifted = UnsafeBufferPointer(start: (bytes + 2).assumingMemoryBound(to: Float.self), count: 2)
    #expect(
      try errorCode { _ = try Tensor(unsafeNoCopy: shifted, shape: [2], deallocator: { Issue.record() }) }
        == .invalidArgument)
    #expect(buffer.releases.withLock { $0 } == 0)
  }

  @Test func empty() throws {
    let released = Mutex(0)
    let none = UnsafeBufferPointer<Float>(start: nil, count: 0)
    let tensor = try Tensor(unsafeNoCopy: none, shape: [0, 3]) { released.withLock { $0 += 1 } }
    #expect(try tensor.elements() == [] as [Float])
    #expect(released.withLock { $0 } == 1)
  }

  /// Only the alignment of the elements is required.
  @Test func anyElement() throws {
    let buffer = Buffer([1, 2, 3])
    #expect(try buffer.tensor([2], from: 1).elements() == [2, 3] as [Float])
  }
}
