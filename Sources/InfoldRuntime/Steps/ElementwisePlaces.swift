/// Where the operands of element-wise computations lie: where the frame says, but for an image whose rows a band hands on, and for what
/// only blocks are kept of.
struct ElementwisePlaces {
  /// A storage, and where it begins, or would begin.
  typealias Base = (storage: Int, base: UnsafeMutableRawPointer)

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

  private static var none: Base { (-1, UnsafeMutableRawPointer(UnsafeMutablePointer<Float>.nowhere)) }

  init(_ frame: Frame) {
    self.init(frame, input: Self.none, output: Self.none)
  }

  init(_ frame: Frame, input: Base, output: Base) {
    (self.frame, self.input, self.output) = (frame, input, output)
  }

  /// Keeps blocks of storages in memory of this thread, `byteCount` bytes of each.
  mutating func keep(_ storages: [Int], _ byteCount: Int, in scratch: UnsafeMutableRawPointer) {
    for (index, storage) in storages.enumerated() { blocks[index] = (storage, scratch + index * byteCount) }
    blockCount = storages.count
  }

  /// Says with which number of their storages the blocks begin.
  @inline(__always)
  mutating func moveBlocks(to number: Int) {
    blockBegin = number
  }

  /// Where the numbers of an operand are read.
  @inline(__always)
  func source(_ location: Location) -> UnsafeMutablePointer<Float> {
    assert(location.format == .float32)
    return sourceAddress(location).assumingMemoryBound(to: Float.self)
  }

  /// Where the numbers of a result are written.
  @inline(__always)
  func target(_ location: Location) -> UnsafeMutablePointer<Float> {
    assert(location.format == .float32)
    return targetAddress(location).assumingMemoryBound(to: Float.self)
  }

  /// Where the elements of an operand are read.
  @inline(__always)
  func sourceAddress(_ location: Location) -> UnsafeMutableRawPointer {
    if location.storage == input.storage, !hasResults || input.storage != output.storage {
      return input.base + location.offset * location.format.byteCount
    }
    return targetAddress(location)
  }

  /// Where the elements of a result are written.
  @inline(__always)
  func targetAddress(_ location: Location) -> UnsafeMutableRawPointer {
    if location.storage == output.storage { return output.base + location.offset * location.format.byteCount }
    for index in 0..<blockCount where blocks[index].storage == location.storage {
      return blocks[index].base - blockBegin * location.format.byteCount
    }
    return frame.address(location)
  }
}
