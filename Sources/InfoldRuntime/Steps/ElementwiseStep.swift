import InfoldGraph
import InfoldKernelInterface

/// One or more consecutive element-wise computations, each of which reads results of earlier ones.
///
/// They process the elements together, block by block, so that each finds its operands in the
/// first-level cache. Every element is computed as if they ran one after the other. Intermediate
/// results that no other step reads have memory for one block only.
struct ElementwiseStep: Step {
  /// One of the computations.
  struct Part: Sendable {
    /// An operand.
    struct Operand {
      var place: Location
      /// The image, pixel and channel strides.
      var strides: [Int]
    }

    /// The index space.
    let shape: ElementwiseShape
    /// The rows of the image, if it is one.
    let rows: ImageRows?
    let reads: [Operand]
    let write: Operand
    /// The approximate cost, in elements read and written.
    let cost: Int
    let body: @Sendable (_ pixels: Range<Int>, _ places: ElementwisePlaces) -> Void
  }

  private(set) var parts: [Part]
  /// The number of elements per work unit: the elements of a pixel, for the part that has the most.
  private(set) var unit: Int
  /// The operand whose rows are passed in a band.
  var input: Location
  /// The buffers that hold only a block, one in each thread.
  private(set) var blocks: [Int] = []

  init(_ part: Part) {
    parts = [part]
    unit = part.shape.channels
    input = part.reads[0].place
  }

  /// The number of elements in a block: a quarter of a small first-level cache.
  private static let blockCount = 2048
  /// The maximum number of parts. It bounds the cost of checking each new part against all others.
  private static let maximumParts = 64

  var units: Int { parts[0].shape.count / unit }

  func tasks(phase: Int, workers: Int) -> Int {
    RangeStep.tasks(units: units, cost: parts.reduce(0) { $0 + $1.cost }, workers: workers)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int { (0..<units).part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in state: RunState) {
    var places = ElementwisePlaces(state)
    places.keep(blocks, of: numbersPerBlock, in: state.scratch(of: worker))
    run((0..<units).part(task, of: count), places)
  }

  /// Executes some units of all parts.
  func run(_ range: Range<Int>, _ places: ElementwisePlaces) {
    var places = places
    let block = parts.count > 1 ? max(1, Self.blockCount / unit) : range.count
    let firstWriter = parts.firstIndex { $0.write.place == output }!
    var first = range.lowerBound
    while first < range.upperBound {
      let end = min(first + block, range.upperBound)
      places.moveBlocks(to: first * unit)
      for (index, part) in parts.enumerated() {
        let perUnit = unit / part.shape.channels
        places.hasResults = index > firstWriter
        part.body((first * perUnit)..<(end * perUnit), places)
      }
      first = end
    }
  }
}

extension ElementwiseStep {
  /// The result of the last part.
  var output: Location { parts.last!.write.place }

  /// The number of elements that a thread keeps of each buffer in `blocks`.
  var numbersPerBlock: Int { max(Self.blockCount, unit) }

  var scratchByteCount: Int { blocks.count * numbersPerBlock * MemoryLayout<Float>.stride }

  /// Reduces buffers to blocks if only parts of this step write and read them.
  ///
  /// - Parameter isPrivate: Returns whether no other step uses a buffer.
  /// - Returns: The buffers that the step no longer uses.
  mutating func keepBlocks(where isPrivate: (Int) -> Bool) -> [Int] {
    guard unit <= 4 * Self.blockCount else { return [] }
    for part in parts.dropLast() where blocks.count < ElementwisePlaces.mostBlocks {
      let buffer = part.write.place.buffer
      if buffer != output.buffer, !blocks.contains(buffer), isPrivate(buffer), isDense(buffer) {
        blocks.append(buffer)
      }
    }
    return blocks
  }

  /// Returns whether all parts that use a buffer access its elements densely, starting from the
  /// first, and a part writes it before others read it.
  private func isDense(_ buffer: Int) -> Bool {
    var isWritten = false
    for part in parts {
      for read in part.reads where read.place.buffer == buffer {
        guard isWritten, part.isDense, part.isAligned(read), read.place.offset == 0 else { return false }
      }
      guard part.write.place.buffer == buffer else { continue }
      guard part.isDense, part.write.place.offset == 0 else { return false }
      isWritten = true
    }
    return isWritten
  }

  /// Returns this step extended by another computation; `nil` if that reads no result of this step,
  /// or cannot process the elements in the same order.
  func followed(by next: Part) -> ElementwiseStep? {
    guard parts.count < Self.maximumParts,
      next.reads.contains(where: { read in parts.contains { $0.write.place == read.place } }),
      parts.allSatisfy({ $0.isInterleavable(with: next) })
    else { return nil }
    var chain = self
    chain.parts.append(next)
    chain.unit = max(unit, next.shape.channels)
    return chain.parts.allSatisfy({ chain.unit.isMultiple(of: $0.shape.channels) }) ? chain : nil
  }
}

extension ElementwiseStep.Part {
  /// Whether the elements are contiguous.
  fileprivate var isDense: Bool {
    write.strides == [shape.pixels * shape.channels, shape.channels, 1]
      || shape.images == 1 && write.strides[1...] == [shape.channels, 1]
  }

  /// Returns whether both parts can be interleaved block by block: elements in shared memory come
  /// at the same position in the order of both.
  fileprivate func isInterleavable(with next: Self) -> Bool {
    let isSameOrder = shape == next.shape && write.strides == next.write.strides
    guard isSameOrder || isDense && next.isDense && shape.count == next.shape.count else { return false }
    return next.reads.allSatisfy { $0.isDisjoint(from: write) || next.isAligned($0) && $0.place == write.place }
      && reads.allSatisfy { $0.isDisjoint(from: next.write) || isAligned($0) && $0.place == next.write.place }
  }

  func isAligned(_ operand: Operand) -> Bool { operand.strides == write.strides }
}

extension ElementwiseStep.Part.Operand {
  fileprivate func isDisjoint(from other: Self) -> Bool { place.buffer != other.place.buffer }
}

extension ElementwiseShape {
  /// The number of elements.
  var count: Int { images * pixels * channels }

  fileprivate static func == (a: Self, b: Self) -> Bool {
    a.images == b.images && a.pixels == b.pixels && a.channels == b.channels
  }
}

extension PlanBuilder {
  /// Returns whether the last step is element-wise and has written `value`.
  func isOfChain(_ value: ValueID) -> Bool {
    guard let chain = steps.last?.step as? ElementwiseStep else { return false }
    return locations[value.index].values.contains { place in chain.parts.contains { $0.write.place == place } }
  }

  /// Reduces the memory of values to a block if only parts of one element-wise step use them.
  mutating func keepBlocks() {
    for index in steps.indices {
      guard var chain = steps[index].step as? ElementwiseStep else { continue }
      let buffers = buffers
      let blocks = chain.keepBlocks { buffer in
        guard case .arena = buffers[buffer].source else { return false }
        return buffers[buffer].lifetime == index...index
      }
      guard !blocks.isEmpty else { continue }
      steps[index].step = chain
      steps[index].reads.removeAll { blocks.contains($0.buffer) }
      steps[index].writes.removeAll { blocks.contains($0.buffer) }
      for buffer in blocks { self.buffers[buffer].lifetime = nil }
    }
  }

  /// Adds an element-wise computation. It becomes part of the previous step if it continues from
  /// that step's result.
  mutating func emitElementwise(
    _ operands: ElementwiseOperands, _ algorithm: String, reads: [Location], write: Location, cost: Int,
    _ body: @escaping @Sendable (_ pixels: Range<Int>, _ places: ElementwisePlaces) -> Void
  ) {
    func operand(_ place: Location, _ index: Int) -> ElementwiseStep.Part.Operand {
      let strides = operands.strides[index]
      return .init(place: place, strides: [strides.image, strides.pixel, strides.channel])
    }
    emit(
      ElementwiseStep.Part(
        shape: operands.shape, rows: operands.rows, reads: reads.indices.map { operand(reads[$0], $0 + 1) },
        write: operand(write, 0), cost: cost, body: body),
      algorithm)
  }

  /// Adds an element-wise computation of an image and operands with one number per channel.
  mutating func emitElementwise(
    _ shape: ElementwiseShape, _ rows: ImageRows?, _ algorithm: String, _ read: Location, perChannel: [Location],
    write: Location, cost: Int,
    _ body: @escaping @Sendable (_ pixels: Range<Int>, _ places: ElementwisePlaces) -> Void
  ) {
    func operand(_ place: Location) -> ElementwiseStep.Part.Operand {
      .init(place: place, strides: [shape.pixels * place.pixelStride, place.pixelStride, 1])
    }
    emit(
      ElementwiseStep.Part(
        shape: shape, rows: rows,
        reads: [operand(read)] + perChannel.map { .init(place: $0, strides: [0, 0, 1]) }, write: operand(write),
        cost: cost, body: body),
      algorithm)
  }
}
