/// Where the operands of element-wise computations lie: where the frame says, but for an image whose rows a band hands on, and for what
/// only blocks are kept of.
struct ElementwisePlaces {
  /// A storage, and where it begins, or would begin.
  typealias Base = (storage: Int, base: UnsafeMutablePointer<Float>)

  /// The most storages of which only blocks are kept.
  static let mostBlocks = 4

  private let frame: Frame
  private let input: Base
  private let output: Base
  private var blocks = InlineArray<4, Base>(repeating: none)
  private var blockCount = 0
  /// The number with which the blocks begin.
  private var blockBegin = 0
  /// Whether a part has written the result. Where it takes the place of the input, later parts read the result there.
  var hasResults = false

  private static var none: Base { (-1, .nowhere) }

  init(_ frame: Frame) {
    self.init(frame, input: Self.none, output: Self.none)
  }

  init(_ frame: Frame, input: Base, output: Base) {
    (self.frame, self.input, self.output) = (frame, input, output)
  }

  /// Keeps blocks of storages in memory of this thread.
  mutating func keep(_ storages: [Int], of numbers: Int, in scratch: UnsafeMutableRawPointer) {
    let memory = scratch.assumingMemoryBound(to: Float.self)
    for (index, storage) in storages.enumerated() { blocks[index] = (storage, memory + index * numbers) }
    blockCount = storages.count
  }

  /// Says with which number of their storages the blocks begin.
  @inline(__always)
  mutating func moveBlocks(to number: Int) {
    blockBegin = number
  }

  /// Where an operand is read.
  @inline(__always)
  func source(_ location: Location) -> UnsafeMutablePointer<Float> {
    if location.storage == input.storage, !hasResults || input.storage != output.storage {
      return input.base + location.offset
    }
    return target(location)
  }

  /// Where a result is written.
  @inline(__always)
  func target(_ location: Location) -> UnsafeMutablePointer<Float> {
    if location.storage == output.storage { return output.base + location.offset }
    for index in 0..<blockCount where blocks[index].storage == location.storage {
      return blocks[index].base - blockBegin
    }
    return frame.pointer(location)
  }
}
