import InfoldGraph
import InfoldKernelInterface
import InfoldSystem
import InfoldTensor

/// The loops of an element-wise kernel and the strides of its operands in them. The axes of the
/// result, in memory order, are merged as far as all operands allow, into at most three loops.
struct ElementwiseOperands {
  /// The strides along one axis: of the result, then of each operand. A stride of 0 repeats.
  private struct Dimension {
    var size: Int
    var strides: [Int]
  }

  /// The loops.
  let shape: ElementwiseShape
  /// The image, pixel and channel strides of the result, then of each operand.
  let strides: [(image: Int, pixel: Int, channel: Int)]
  /// The rows of the result, if it is an image.
  let rows: ImageRows?

  /// - Parameters:
  ///   - result: The sizes and the location of the result.
  ///   - operands: The sizes and the locations of the operands. Their axes are aligned with the
  ///     last axes of the result.
  /// - Returns: `nil` if more than three loops would be necessary.
  init?(_ result: (sizes: [Int], place: Location), _ operands: [(sizes: [Int], place: Location)]) {
    let rank = result.sizes.count
    let all = [result] + operands
    let strides = all.map { Self.strides(sizes: $0.sizes, place: $0.place, rank: rank) }
    let order =
      result.place.layout == .channelsLast && rank > 2 ? [0] + Array(2..<rank) + [1] : Array(0..<rank)
    var joined: [Dimension] = []
    for axis in order where result.sizes[axis] > 1 {
      let next = Dimension(size: result.sizes[axis], strides: strides.map { $0[axis] })
      if let outer = joined.last, zip(outer.strides, next.strides).allSatisfy({ $0 == $1 * next.size }) {
        joined[joined.count - 1] = Dimension(size: outer.size * next.size, strides: next.strides)
      } else {
        joined.append(next)
      }
    }
    let none = Dimension(size: 1, strides: all.map { _ in 0 })
    if joined.isEmpty { joined = [Dimension(size: 1, strides: all.map { _ in 1 })] }
    // A contiguous run is treated as pixels of one channel, which threads can divide. So is a run
    // with gaps.
    if joined.count == 1 || joined.last!.strides.contains(where: { $0 > 1 }) {
      joined.append(Dimension(size: 1, strides: joined.last!.strides.map { min($0, 1) }))
    }
    guard joined.count <= 3 else { return nil }
    while joined.count < 3 { joined.insert(none, at: 0) }
    rows = ImageRows(result.sizes, at: result.place)
    shape = ElementwiseShape(images: joined[0].size, pixels: joined[1].size, channels: joined[2].size)
    self.strides = all.indices.map { (joined[0].strides[$0], joined[1].strides[$0], joined[2].strides[$0]) }
  }

  /// Returns the stride along each of the result's axes; 0 where the operand is broadcast.
  private static func strides(sizes: [Int], place: Location, rank: Int) -> [Int] {
    var strides = place.strides(sizes: sizes)
    for axis in sizes.indices where sizes[axis] == 1 { strides[axis] = 0 }
    return Array(repeating: 0, count: rank - sizes.count) + strides
  }

  /// Returns operand `index` for a kernel.
  func input(_ index: Int, _ base: UnsafePointer<Float>) -> ElementwiseInput {
    let stride = strides[index + 1]
    return ElementwiseInput(
      base, imageStride: stride.image, pixelStride: stride.pixel, channelStride: stride.channel)
  }

  /// Returns operand `index` for a kernel, or the result if `index` is `nil`. All operands must
  /// have the layout of the result.
  func pixels<Element>(_ index: Int?, _ base: UnsafeMutablePointer<Element>) -> Pixels<Element> {
    Pixels(base, channels: shape.channels, pixelStride: strides[index.map { $0 + 1 } ?? 0].pixel)
  }

  /// Returns the result for a kernel.
  func output(_ base: UnsafeMutablePointer<Float>) -> ElementwiseOutput {
    ElementwiseOutput(base, imageStride: strides[0].image, pixelStride: strides[0].pixel)
  }
}

extension PlanBuilder {
  /// Adds a computation of `result` from `operands` of the same sizes, in the layout in which they
  /// are already stored.
  ///
  /// - Parameters:
  ///   - constants: Further locations that the computation reads.
  ///   - body: Receives the loops, and the locations of the operands and of the result.
  mutating func emitPixelwise(
    _ operands: [ValueID], to result: ValueID, _ algorithm: String, constants: [Location] = [],
    _ body:
      @escaping @Sendable (
        _ loops: ElementwiseOperands, _ operands: [Location], _ result: Location, _ pixels: Range<Int>,
        _ state: RunState
      ) -> Void
  ) throws(InfoldError) {
    let layout: Layout = operands.contains { layouts(of: $0).contains(.channelsLast) } ? .channelsLast : .rowMajor
    let sizes = plannedSizes(result)!
    var places: [Location] = []
    for operand in operands { places.append(try location(of: operand, layout)) }
    let target = define(result, layout)
    // With one layout and no repetition, two loops are enough.
    let loops = ElementwiseOperands((sizes, target), places.map { (sizes, $0) })!
    let step = RangeStep(units: loops.shape.unitCount, cost: sizes.reduce(1, *)) { [places] pixels, state, _ in
      body(loops, places, target, pixels, state)
    }
    emit(step, algorithm, reads: places + constants, writes: [target])
  }
}
