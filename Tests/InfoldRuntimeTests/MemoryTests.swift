import Foundation
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct MemoryTests {
  /// Blocks that live at the same time never overlap, and all blocks are inside the arena.
  @Test(arguments: 0..<200 as Range<UInt64>) func arenaLayout(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let blocks = (0..<random.int(0...40)).map { _ in
      let begin = random.int(0...20)
      return ArenaLayout.Block(
        byteCount: random.pick([1, 4, 64, 65, random.int(1...5000)]), lifetime: begin...(begin + random.int(0...6)))
    }
    let layout = ArenaLayout(blocks)
    #expect(layout.offsets.count == blocks.count)
    for (index, a) in blocks.enumerated() {
      let offset = layout.offsets[index]
      #expect(offset >= 0 && offset.isMultiple(of: ArenaLayout.alignment))
      #expect(offset + a.byteCount <= layout.byteCount)
      for (other, b) in blocks.enumerated() where other < index && a.lifetime.overlaps(b.lifetime) {
        let otherOffset = layout.offsets[other]
        #expect(offset + a.byteCount <= otherOffset || otherOffset + b.byteCount <= offset)
      }
    }
    #expect(layout.byteCount <= blocks.reduce(0) { $0 + ($1.byteCount + 63) / 64 * 64 })
  }

  /// More blocks than are compared pairwise: none overlap, and memory is reused.
  @Test(arguments: 0..<3 as Range<UInt64>) func manyBlocks(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let blocks = (0..<6000).map { index in
      ArenaLayout.Block(
        byteCount: random.pick([1, 64, 700, random.int(1...5000)]), lifetime: index...(index + random.int(0...30)))
    }
    let layout = ArenaLayout(blocks)
    var live: [(index: Int, end: Int)] = []
    for (index, block) in blocks.enumerated() {
      live.removeAll { $0.end < block.lifetime.lowerBound }
      let offset = layout.offsets[index]
      #expect(offset.isMultiple(of: ArenaLayout.alignment) && offset + block.byteCount <= layout.byteCount)
      for (other, _) in live {
        let otherOffset = layout.offsets[other]
        #expect(offset + block.byteCount <= otherOffset || otherOffset + blocks[other].byteCount <= offset)
      }
      live.append((index, block.lifetime.upperBound))
    }
    // At most 31 are live at a time.
    #expect(layout.byteCount < 31 * 2 * 5000 + 40 * 31 * 700)
  }

  /// A chain of values, each read once, needs two blocks.
  @Test func aChainNeedsTwoBlocks() {
    let layout = ArenaLayout((0..<10).map { ArenaLayout.Block(byteCount: 640, lifetime: $0...($0 + 1)) })
    #expect(layout.byteCount == 1280)
  }

  @Test func arenasAreUsedAgain() throws {
    let pool = ArenaPool()
    pool.setLimit(1000)
    let first = try pool.take(byteCount: 1000), second = try pool.take(byteCount: 500)
    #expect(first.start != second.start)
    #expect(first.byteCount >= 1000 && second.byteCount >= 500)
    pool.release(first)
    pool.release(second)
    // The block that is large enough is reused. For a second one of its size, the small block is replaced.
    #expect(try pool.take(byteCount: 800) === first)
    #expect(try pool.take(byteCount: 800) !== second)
  }

  @Test func arenasThatNoPlanNeedsAreFreed() throws {
    let pool = ArenaPool()
    pool.setLimit(1 << 20)
    weak var idle: AlignedMemory?
    weak var inUse: AlignedMemory?
    do {
      let first = try pool.take(byteCount: 1 << 20), second = try pool.take(byteCount: 1 << 20)
      (idle, inUse) = (first, second)
      pool.release(first)
      pool.setLimit(1 << 10)
      pool.release(second)
    }
    #expect(idle == nil && inUse == nil)
    weak var small: AlignedMemory?
    do {
      let arena = try pool.take(byteCount: 1 << 10)
      small = arena
      pool.release(arena)
    }
    #expect(small != nil)
  }

  @Test func memoryThatCannotBeHad() throws {
    #expect(try errorCode { _ = try AlignedMemory(byteCount: .max) } == .limitExceeded)
    #expect(try errorCode { _ = try AlignedMemory(byteCount: 1 << 60) } == .limitExceeded)
    #expect(UInt(bitPattern: try AlignedMemory(byteCount: 0).start) % 4096 == 0)
    #expect(UInt(bitPattern: try AlignedMemory(byteCount: 5 << 20).start) % (1 << 21) == 0)
  }

  @Test func packedConstantsAreMadeOnce() throws {
    let constants = PackedConstants()
    let tensor = try Tensor.counting([2, 3])
    var made = 0
    func constant(_ tensor: Tensor, _ form: String = "form") throws -> PackedConstant {
      try constants.constant(of: [tensor], form: form, byteCount: 24) { (_) throws(InfoldError) in made += 1 }
    }
    weak var gone: PackedConstant?
    do {
      let first = try constant(tensor)
      gone = first
      #expect(try constant(tensor) === first)
      #expect(made == 1)
      // A different packing, a different shape of the same memory, and equal numbers elsewhere.
      #expect(try constant(tensor, "other") !== first)
      #expect(try constant(try tensor.reshaped(to: [3, 2])) !== first)
      #expect(try constant(try .counting([2, 3])) !== first)
      #expect(made == 4)
    }
    #expect(gone == nil)
    _ = try constant(tensor)
    #expect(made == 5)
  }

  /// A packed constant reuses the memory of tensors that were packed before it, if it is large enough.
  @Test func packedConstantsTakeWhatTensorsLeave() throws {
    let constants = PackedConstants()
    let block = try #require(PageBlock(byteCount: 1 << 16))
    func tensor(_ part: Range<Int>) throws -> Tensor {
      try Tensor(
        [part.count / 4], of: .float32, adopting: UnsafeMutableRawBufferPointer(rebasing: block.bytes[part]), of: block)
    }
    var kept: [PackedConstant] = []
    /// Whether the packed constant of a tensor is in the block.
    func packsInBlock(_ tensor: Tensor, byteCount: Int) throws -> Bool {
      var place: UnsafeMutableRawPointer?
      kept.append(
        try constants.constant(of: [tensor], form: "", byteCount: byteCount) { (target) throws(InfoldError) in
          place = target
        })
      return (block.bytes.baseAddress!..<block.bytes.baseAddress! + block.bytes.count).contains(try #require(place))
    }
    var first: Tensor? = try tensor(0..<8192)
    let second = try tensor(8192..<16384)
    #expect(try !packsInBlock(#require(first), byteCount: 8192))
    first = nil
    #expect(try !packsInBlock(second, byteCount: 8256))
    #expect(try packsInBlock(second.reshaped(to: [2, 1024]), byteCount: 8192))
    // After that, tensors return their memory to the system again.
    constants.releaseUnusedMemory()
    var third: Tensor? = try tensor(16384..<24576)
    #expect(third?.count == 2048)
    third = nil
    #expect(try !packsInBlock(second.reshaped(to: [4, 512]), byteCount: 64))
  }

  /// Runs of 50 different sizes retain no more memory than the largest one alone. In a separate process, where nothing else allocates
  /// memory. The inputs, which the test creates, are small compared with the working memory.
  @Test func manySizesNeedNoMoreThanTheLargest() async {
    await #expect(processExitsWith: .success) {
      var network = NetworkBuilder()
      let x = network.input(["N", 1, "H", "W"])
      var value = try network.node("Conv", [x, try network.weights([32, 1, 1, 1])])
      for _ in 0..<3 {
        value = try network.node("Conv", [value, try network.weights([32, 1, 3, 3])], ["group": .int(32)])
      }
      let graph = try network.finished(try network.node("GlobalAveragePool", [value]))
      let session = try Session(graph.model, options: SessionOptions(threads: 2))
      var results: [Tensor] = []
      func run(_ side: Int) throws {
        try session.run([try Tensor(zeros: [1, 1, side, side + side % 3], of: .float32)], into: &results)
      }
      for _ in 0..<3 { try run(400) }
      let largest = try residentBytes()
      for index in 0..<1000 {
        try run(400 - index % 50 * 7)
        let now = try residentBytes()
        precondition(now <= largest + largest / 20, "\(now) bytes after run \(index), \(largest) before")
      }
    }
  }
}
