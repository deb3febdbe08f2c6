import InfoldKernelInterface

/// One or more element-wise computations in a row, of which each reads what those before have written.
///
/// They go through the numbers together, block by block, so that what one writes the next one finds in the first-level cache; every
/// number is computed as it would be by one after the other.
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
    let reads: [Operand]
    let write: Operand
    /// How long it takes, roughly, in numbers read and written.
    let cost: Int
    let body: @Sendable (_ pixels: Range<Int>, _ frame: Frame) -> Void
  }

  private(set) var parts: [Part]
  /// The numbers of a unit of work: those of a pixel, of the part that has the most.
  private var unit: Int

  init(_ part: Part) {
    parts = [part]
    unit = part.shape.channels
  }

  /// Numbers of a block: a quarter of a small first-level cache.
  private static let blockCount = 2048
  /// More parts in a row are another step: each that joins is held against all of them.
  private static let maximumParts = 64

  private var units: Int { parts[0].shape.count / unit }

  func tasks(phase: Int, workers: Int) -> Int {
    RangeStep.tasks(units: units, cost: parts.reduce(0) { $0 + $1.cost }, workers: workers)
  }

  func work(phase: Int, task: Int, of count: Int) -> Int { (0..<units).part(task, of: count).count }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let range = (0..<units).part(task, of: count)
    guard parts.count > 1 else { return parts[0].body(range, frame) }
    let block = max(1, Self.blockCount / unit)
    var first = range.lowerBound
    while first < range.upperBound {
      let end = min(first + block, range.upperBound)
      for part in parts {
        let perUnit = unit / part.shape.channels
        part.body((first * perUnit)..<(end * perUnit), frame)
      }
      first = end
    }
  }
}

extension ElementwiseStep {
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
  private var isDense: Bool {
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

  private func isAligned(_ operand: Operand) -> Bool { operand.strides == write.strides }
}

extension ElementwiseStep.Part.Operand {
  fileprivate func isApart(from other: Self) -> Bool { place.storage != other.place.storage }
}

extension ElementwiseShape {
  /// The numbers.
  var count: Int { images * pixels * channels }

  fileprivate static func == (a: Self, b: Self) -> Bool {
    a.images == b.images && a.pixels == b.pixels && a.channels == b.channels
  }
}

extension PlanBuilder {
  /// Adds a computation over elements: to the step before, when it goes on with what that has written.
  mutating func emitElementwise(
    _ operands: ElementwiseOperands, _ algorithm: String, reads: [Location], write: Location, cost: Int,
    _ body: @escaping @Sendable (_ pixels: Range<Int>, _ frame: Frame) -> Void
  ) {
    func operand(_ place: Location, _ index: Int) -> ElementwiseStep.Part.Operand {
      let strides = operands.strides[index]
      return .init(place: place, strides: [strides.image, strides.pixel, strides.channel])
    }
    emit(
      ElementwiseStep.Part(
        shape: operands.shape, reads: reads.indices.map { operand(reads[$0], $0 + 1) }, write: operand(write, 0),
        cost: cost, body: body),
      algorithm)
  }

  /// The same for an image, and operands of one number per channel.
  mutating func emitElementwise(
    _ shape: ElementwiseShape, _ algorithm: String, _ read: Location, perChannel: [Location], write: Location,
    cost: Int,
    _ body: @escaping @Sendable (_ pixels: Range<Int>, _ frame: Frame) -> Void
  ) {
    func operand(_ place: Location) -> ElementwiseStep.Part.Operand {
      .init(place: place, strides: [shape.pixels * place.pixelStride, place.pixelStride, 1])
    }
    emit(
      ElementwiseStep.Part(
        shape: shape, reads: [operand(read)] + perChannel.map { .init(place: $0, strides: [0, 0, 1]) },
        write: operand(write), cost: cost, body: body),
      algorithm)
  }
}
