import InfoldSystem
import InfoldTensor
import Testing

/// A block of memory that contains several tensors. Memory that they release may be reused.
@Suite struct PageBlockTests {
  private static let size = 1 << 16

  /// A block of tensors with these sizes in bytes, aligned for tensors and filled with ones.
  private static func tensors(_ counts: [Int]) throws -> (block: PageBlock, tensors: [Tensor?]) {
    let block = try #require(PageBlock(byteCount: size))
    block.bytes.initializeMemory(as: UInt8.self, repeating: 1)
    var tensors: [Tensor?] = []
    var start = 0
    for count in counts {
      let part = UnsafeMutableRawBufferPointer(rebasing: block.bytes[start..<start + count])
      tensors.append(try Tensor([count], of: .uint8, adopting: part, of: block))
      start += (count + 63) & ~63
    }
    return (block, tensors)
  }

  private static func offset(_ part: UnsafeMutableRawBufferPointer?, in block: PageBlock) -> Int? {
    part.map { $0.baseAddress! - block.bytes.baseAddress! }
  }

  @Test func whatIsLeftIsTakenAgain() throws {
    var (block, tensors) = try Self.tensors([100, 200, 64, 1000])
    #expect(tensors.allSatisfy { $0?.pageBlock === block })
    block.keepParts()
    #expect(block.take(byteCount: 1) == nil)
    tensors[1] = nil
    #expect(block.take(byteCount: 257) == nil)
    #expect(Self.offset(block.take(byteCount: 60), in: block) == 128)
    #expect(Self.offset(block.take(byteCount: 192), in: block) == 192)
    #expect(block.take(byteCount: 1) == nil)
    // Adjacent released ranges are merged, in whatever order they are released.
    (tensors[0], tensors[3]) = (nil, nil)
    #expect(block.take(byteCount: 1025) == nil)
    block.release(UnsafeRawBufferPointer(rebasing: block.bytes[192..<384]))
    block.release(UnsafeRawBufferPointer(rebasing: block.bytes[128..<188]))
    #expect(Self.offset(block.take(byteCount: 384), in: block) == 0)
    tensors[2] = nil
    #expect(Self.offset(block.take(byteCount: 1088), in: block) == 384)
    block.stopKeepingParts()
  }

  /// Unused memory is returned to the system, which provides zeros in its place.
  @Test func whatNobodyKeepsIsGivenBack() throws {
    var (block, tensors) = try Self.tensors([1 << 13, 1 << 13, 1 << 13])
    tensors[0] = nil
    #expect(block.bytes[..<(1 << 13)].allSatisfy { $0 == 0 })
    #expect(block.take(byteCount: 1) == nil)
    block.keepParts()
    block.keepParts()
    tensors[1] = nil
    block.stopKeepingParts()
    #expect(block.bytes[(1 << 13)..<(2 << 13)].allSatisfy { $0 == 1 })
    block.stopKeepingParts()
    #expect(block.bytes[(1 << 13)..<(2 << 13)].allSatisfy { $0 == 0 })
    #expect(block.take(byteCount: 1) == nil)
    #expect(tensors[2]?.pageBlock === block)
    #expect(block.bytes[(2 << 13)..<(3 << 13)].allSatisfy { $0 == 1 })
  }
}
