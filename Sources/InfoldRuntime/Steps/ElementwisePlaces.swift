/// Where the operands of element-wise computations lie: where the state says, but for an image whose rows a band hands on, and for what
/// only blocks are kept of.
struct ElementwisePlaces {
  /// A buffer, and where it begins, or would begin.
  typealias Base = (buffer: Int, base: UnsafeMutablePointer<Float>)

  /// The most buffers of which only blocks are kept.
  static let mostBlocks = 4

  private let state: RunState
  private let input: Base
  private let output: Base
  private var blocks = InlineArray<4, Base>(repeating: none)
  private var blockCount = 0
  /// The number with which the blocks begin.
  private var blockBegin = 0
  /// Whether a part has written the result. Where it takes the place of the input, later parts read the result there.
  var hasResults = false

  private static var none: Base { (-1, .nowhere) }

  init(_ state: RunState) {
    self.init(state, input: Self.none, output: Self.none)
  }

  init(_ state: RunState, input: Base, output: Base) {
    (self.state, self.input, self.output) = (state, input, output)
  }

  /// Keeps blocks of buffers in memory of this thread.
  mutating func keep(_ buffers: [Int], of numbers: Int, in scratch: UnsafeMutableRawPointer) {
    let memory = scratch.assumingMemoryBound(to: Float.self)
    for (index, buffer) in buffers.enumerated() { blocks[index] = (buffer, memory + index * numbers) }
    blockCount = buffers.count
  }

  /// Says with which number of their buffers the blocks begin.
  @inline(__always)
  mutating func moveBlocks(to number: Int) {
    blockBegin = number
  }

  /// Where an operand is read.
  @inline(__always)
  func source(_ location: Location) -> UnsafeMutablePointer<Float> {
    if location.buffer == input.buffer, !hasResults || input.buffer != output.buffer {
      return input.base + location.offset
    }
    return target(location)
  }

  /// Where a result is written.
  @inline(__always)
  func target(_ location: Location) -> UnsafeMutablePointer<Float> {
    if location.buffer == output.buffer { return output.base + location.offset }
    for index in 0..<blockCount where blocks[index].buffer == location.buffer {
      return blocks[index].base - blockBegin
    }
    return state.pointer(location)
  }
}
