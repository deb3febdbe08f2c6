import InfoldGraph
import InfoldKernelInterface
import InfoldSystem
import InfoldTensor

/// What an element-wise kernel goes through, and how its operands lie there: the dimensions of the result in the order of
/// memory, neighbours joined as far as all operands allow, in three loops.
struct ElementwiseOperands {
  /// The distances along one dimension: of the result, then of each operand. 0 repeats.
  private struct Dimension {
    var size: Int
    var strides: [Int]
  }

  /// The loops.
  let shape: ElementwiseShape
  /// Image, pixel and channel stride of the result, then of each operand.
  let strides: [(image: Int, pixel: Int, channel: Int)]
  /// The rows of the result, if it is an image.
  let rows: ImageRows?

  /// - Parameters:
  ///   - result: The sizes and place of the result.
  ///   - operands: The sizes and places of the operands, the sizes aligned with the result's last ones.
  /// - Returns: `nil` when more than three loops would be needed.
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
    // One run of numbers is so many pixels of one channel, which threads can share; so are numbers with gaps.
    if joined.count == 1 || joined.last!.strides.contains(where: { $0 > 1 }) {
      joined.append(Dimension(size: 1, strides: joined.last!.strides.map { min($0, 1) }))
    }
    guard joined.count <= 3 else { return nil }
    while joined.count < 3 { joined.insert(none, at: 0) }
    rows = ImageRows(result.sizes, at: result.place)
    shape = ElementwiseShape(images: joined[0].size, pixels: joined[1].size, channels: joined[2].size)
    self.strides = all.indices.map { (joined[0].strides[$0], joined[1].strides[$0], joined[2].strides[$0]) }
  }

  /// The distance along each of the result's dimensions; 0 where the operand has one element for all.
  private static func strides(sizes: [Int], place: Location, rank: Int) -> [Int] {
    var strides = place.strides(sizes: sizes)
    for axis in sizes.indices where sizes[axis] == 1 { strides[axis] = 0 }
    return Array(repeating: 0, count: rank - sizes.count) + strides
  }

  /// Operand `index` of a run.
  func input(_ index: Int, _ base: UnsafePointer<Float>) -> ElementwiseInput {
    let stride = strides[index + 1]
    return ElementwiseInput(
      base, imageStride: stride.image, pixelStride: stride.pixel, channelStride: stride.channel)
  }

  /// Operand `index` of a run, if each lies as the result does; the result itself for `nil`.
  func pixels<Element>(_ index: Int?, _ base: UnsafeMutablePointer<Element>) -> Pixels<Element> {
    Pixels(base, channels: shape.channels, pixelStride: strides[index.map { $0 + 1 } ?? 0].pixel)
  }

  /// The result of a run.
  func output(_ base: UnsafeMutablePointer<Float>) -> ElementwiseOutput {
    ElementwiseOutput(base, imageStride: strides[0].image, pixelStride: strides[0].pixel)
  }
}

extension PlanBuilder {
  /// Adds a computation of `result` from `operands` of its sizes, in the layout in which they lie already.
  /// - Parameters:
  ///   - constants: What it reads besides.
  ///   - body: Is given the loops, and the places of the operands and of the result.
  mutating func emitPixelwise(
    _ operands: [ValueID], to result: ValueID, _ algorithm: String, constants: [Location] = [],
    _ body:
      @escaping @Sendable (
        _ loops: ElementwiseOperands, _ operands: [Location], _ result: Location, _ pixels: Range<Int>, _ state: RunState
      ) -> Void
  ) throws(InfoldError) {
    let layout: Layout = operands.contains { layouts(of: $0).contains(.channelsLast) } ? .channelsLast : .rowMajor
    let sizes = plannedSizes(result)!
    var places: [Location] = []
    for operand in operands { places.append(try location(of: operand, layout)) }
    let target = define(result, layout)
    // One layout and no repetition: two loops at most.
    let loops = ElementwiseOperands((sizes, target), places.map { (sizes, $0) })!
    let step = RangeStep(units: loops.shape.unitCount, cost: sizes.reduce(1, *)) { [places] pixels, state, _ in
      body(loops, places, target, pixels, state)
    }
    emit(step, algorithm, reads: places + constants, writes: [target])
  }
}
