import InfoldGraph
import InfoldKernelInterface

/// One or more element-wise computations in a row, of which each reads what those before have written.
///
/// They go through the numbers together, block by block, so that what one writes the next one finds in the first-level cache; every
/// number is computed as it would be by one after the other. What only the computations themselves read has memory for a block.
struct ElementwiseStep: Step {
  /// One of the computations.
  struct Part: Sendable {
    /// An operand.
    struct Operand {
      var place: Location
      /// Image, pixel and channel stride.
      var strides: [Int]
    }

    /// What it goes through.
    let shape: ElementwiseShape
    /// The rows of the image that it goes through, if it is one.
    let rows: ImageRows?
    let reads: [Operand]
    let write: Operand
    /// How long it takes, roughly, in numbers read and written.
    let cost: Int
    let body: @Sendable (_ pixels: Range<Int>, _ places: ElementwisePlaces) -> Void
  }

  private(set) var parts: [Part]
  /// The numbers of a unit of work: those of a pixel, of the part that has the most.
  private(set) var unit: Int
  /// Of what it reads, the image whose rows a band hands to it.
  var input: Location
  /// The buffers of which a thread has no more than a block.
  private(set) var blocks: [Int] = []

  init(_ part: Part) {
    parts = [part]
    unit = part.shape.channels
    input = part.reads[0].place
  }

  /// Numbers of a block: a quarter of a small first-level cache.
  private static let blockCount = 2048
  /// More parts in a row are another step: each that joins is held against all of them.
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

  /// Does some units of all parts.
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
  /// What the last part writes.
  var output: Location { parts.last!.write.place }

  /// The numbers of a buffer that a thread has of each of `blocks`.
  var numbersPerBlock: Int { max(Self.blockCount, unit) }

  var scratchByteCount: Int { blocks.count * numbersPerBlock * MemoryLayout<Float>.stride }

  /// Keeps no more than blocks of what parts write and only parts read.
  /// - Parameter isPrivate: Whether no other step uses a buffer.
  /// - Returns: The buffers that the step uses no longer.
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

  /// Whether all parts that use a buffer go through its numbers without gaps, from the first on, and one writes it before others read it.
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

  /// This step with another computation behind it; `nil` when that reads nothing of what this step writes, or cannot go through the
  /// numbers along with it.
  func followed(by next: Part) -> ElementwiseStep? {
    guard parts.count < Self.maximumParts,
      next.reads.contains(where: { read in parts.contains { $0.write.place == read.place } }),
      parts.allSatisfy({ $0.goesAlong(with: next) })
    else { return nil }
    var chain = self
    chain.parts.append(next)
    chain.unit = max(unit, next.shape.channels)
    return chain.parts.allSatisfy({ chain.unit.isMultiple(of: $0.shape.channels) }) ? chain : nil
  }
}

extension ElementwiseStep.Part {
  /// Whether the numbers follow one another without gaps.
  fileprivate var isDense: Bool {
    write.strides == [shape.pixels * shape.channels, shape.channels, 1]
      || shape.images == 1 && write.strides[1...] == [shape.channels, 1]
  }

  /// Whether both can take turns, block by block: the numbers of one memory are at the same place in the order of both.
  fileprivate func goesAlong(with next: Self) -> Bool {
    let isSameOrder = shape == next.shape && write.strides == next.write.strides
    guard isSameOrder || isDense && next.isDense && shape.count == next.shape.count else { return false }
    return next.reads.allSatisfy { $0.isApart(from: write) || next.isAligned($0) && $0.place == write.place }
      && reads.allSatisfy { $0.isApart(from: next.write) || isAligned($0) && $0.place == next.write.place }
  }

  func isAligned(_ operand: Operand) -> Bool { operand.strides == write.strides }
}

extension ElementwiseStep.Part.Operand {
  fileprivate func isApart(from other: Self) -> Bool { place.buffer != other.place.buffer }
}

extension ElementwiseShape {
  /// The numbers.
  var count: Int { images * pixels * channels }

  fileprivate static func == (a: Self, b: Self) -> Bool {
    a.images == b.images && a.pixels == b.pixels && a.channels == b.channels
  }
}

extension PlanBuilder {
  /// Whether the last step is an element-wise one, and has written a value.
  func isOfChain(_ value: ValueID) -> Bool {
    guard let chain = steps.last?.step as? ElementwiseStep else { return false }
    return locations[value.index].values.contains { place in chain.parts.contains { $0.write.place == place } }
  }

  /// Gives values that only parts of one element-wise step use no memory but for a block.
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

  /// Adds a computation over elements: to the step before, when it goes on with what that has written.
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

  /// The same for an image, and operands of one number per channel.
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
