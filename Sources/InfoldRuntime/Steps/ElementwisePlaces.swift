/// The addresses of the operands of element-wise computations. They come from the run state, except
/// for an image whose rows are passed in a band, and for buffers that hold only a block.
struct ElementwisePlaces {
  /// A buffer with the address of its first element, which may be virtual.
  typealias Base = (buffer: Int, base: UnsafeMutablePointer<Float>)

  /// The maximum number of buffers kept as blocks.
  static let mostBlocks = 4

  private let state: RunState
  private let input: Base
  private let output: Base
  private var blocks = InlineArray<4, Base>(repeating: none)
  private var blockCount = 0
  /// The index of the element at which the blocks begin.
  private var blockBegin = 0
  /// Whether a part has written the result. If the result overwrites the input, later parts read it
  /// from there.
  var hasResults = false

  private static var none: Base { (-1, .nowhere) }

  init(_ state: RunState) {
    self.init(state, input: Self.none, output: Self.none)
  }

  init(_ state: RunState, input: Base, output: Base) {
    (self.state, self.input, self.output) = (state, input, output)
  }

  /// Keeps blocks of buffers in this thread's scratch memory.
  mutating func keep(_ buffers: [Int], of numbers: Int, in scratch: UnsafeMutableRawPointer) {
    let memory = scratch.assumingMemoryBound(to: Float.self)
    for (index, buffer) in buffers.enumerated() { blocks[index] = (buffer, memory + index * numbers) }
    blockCount = buffers.count
  }

  /// Sets the index of the element at which the blocks begin.
  @inline(__always)
  mutating func moveBlocks(to number: Int) {
    blockBegin = number
  }

  /// Returns the address from which an operand is read.
  @inline(__always)
  func source(_ location: Location) -> UnsafeMutablePointer<Float> {
    if location.buffer == input.buffer, !hasResults || input.buffer != output.buffer {
      return input.base + location.offset
    }
    return target(location)
  }

  /// Returns the address to which a result is written.
  @inline(__always)
  func target(_ location: Location) -> UnsafeMutablePointer<Float> {
    if location.buffer == output.buffer { return output.base + location.offset }
    for index in 0..<blockCount where blocks[index].buffer == location.buffer {
      return blocks[index].base - blockBegin
    }
    return state.pointer(location)
  }
}
