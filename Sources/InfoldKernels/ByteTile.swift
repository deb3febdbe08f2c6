import InfoldKernelInterface

/// Some output positions and one panel's columns.
struct ByteTile {
  let columns: Int
  let taps: Int
  /// Of channels.
  let quads: Int
  let weights: UnsafePointer<Int8>
  private(set) var output: UnsafeMutablePointer<UInt8>
  let outputStride: Int
  let bias: UnsafePointer<Int32>
  let requantizer: Requantizer

  @inline(__always)
  init(
    columns: Int, taps: Int, quads: Int, weights: UnsafePointer<Int8>, output: UnsafeMutablePointer<UInt8>,
    outputStride: Int, _ requantization: Requantization, column: Int
  ) {
    self.columns = columns
    self.taps = taps
    self.quads = quads
    self.weights = weights
    self.output = output
    self.outputStride = outputStride
    bias = requantization.bias + column
    requantizer = Requantizer(requantization, column: column)
  }

  /// Goes on by so many output positions.
  @inline(__always)
  mutating func advance(rows: Int) {
    output += rows * outputStride
  }
}

/// Makes quantized numbers of sums.
struct Requantizer {
  private let multipliers: UnsafePointer<Float>
  private let lower: Float
  private let upper: Float
  private let zeroPoint: Int32

  @inline(__always)
  init(_ requantization: Requantization, column: Int = 0) {
    multipliers = requantization.multipliers + column
    lower = requantization.lower
    upper = requantization.upper
    zeroPoint = requantization.zeroPoint
  }

  /// From 0 to 255, those of the columns from `column` on.
  @inline(__always)
  func callAsFunction(_ sums: Lanes, column: Int) -> Lanes {
    let numbers = ByteSet.clamped(
      ByteSet.floats(sums) * Vector(at: multipliers + column), Vector(repeating: lower), Vector(repeating: upper))
    return ByteSet.sum(ByteSet.integers(numbers), ByteSet.lanes(repeating: zeroPoint))
  }
}

extension ByteSet {
  /// The output positions of a tile.
  @inline(__always)
  static var tileRows: Int {
    #if INFOLD_VNNI
      6
    #else
      4
    #endif
  }

  typealias ByteRows = UnsafePointer<UnsafePointer<UInt8>>

  /// Multiplies the pixels of some output positions with a panel, tile by tile.
  @inline(never)
  static func multiplyPanel(rows: Int, _ pointers: ByteRows, _ first: ByteTile) {
    var tile = first
    var pointers = pointers
    var rest = rows
    let vectors = (tile.columns + laneCount - 1) / laneCount
    while rest > 0 {
      multiplyTile(rows: min(rest, tileRows), vectors: vectors, pointers, tile)
      pointers += tileRows * tile.taps
      tile.advance(rows: tileRows)
      rest -= tileRows
    }
  }

  @inline(__always)
  private static func multiplyTile(rows: Int, vectors: Int, _ pointers: ByteRows, _ tile: ByteTile) {
    #if INFOLD_VNNI
      switch (vectors, rows) {
      case (4, 6): return bytes6x4(pointers, tile)
      case (4, 5): return bytes5x4(pointers, tile)
      case (3, 6): return bytes6x3(pointers, tile)
      case (3, 5): return bytes5x3(pointers, tile)
      case (2, 6): return bytes6x2(pointers, tile)
      case (2, 5): return bytes5x2(pointers, tile)
      case (1, 6): return bytes6x1(pointers, tile)
      case (1, 5): return bytes5x1(pointers, tile)
      case (4, 4): return bytes4x4(pointers, tile)
      case (4, 3): return bytes3x4(pointers, tile)
      case (4, 2): return bytes2x4(pointers, tile)
      case (4, _): return bytes1x4(pointers, tile)
      case (3, 4): return bytes4x3(pointers, tile)
      case (3, 3): return bytes3x3(pointers, tile)
      case (3, 2): return bytes2x3(pointers, tile)
      case (3, _): return bytes1x3(pointers, tile)
      default: break
      }
    #endif
    switch (vectors, rows) {
    case (2, 4): bytes4x2(pointers, tile)
    case (2, 3): bytes3x2(pointers, tile)
    case (2, 2): bytes2x2(pointers, tile)
    case (2, _): bytes1x2(pointers, tile)
    case (_, 4): bytes4x1(pointers, tile)
    case (_, 3): bytes3x1(pointers, tile)
    case (_, 2): bytes2x1(pointers, tile)
    default: bytes1x1(pointers, tile)
    }
  }

  private typealias Sums<let rows: Int> = InlineArray<rows, Lanes>

  // Each a function of its own, so that the compiler gives every one its registers.
  #if INFOLD_VNNI
    @inline(never) private static func bytes6x4(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<6>.self, 4, p, t) }
    @inline(never) private static func bytes5x4(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<5>.self, 4, p, t) }
    @inline(never) private static func bytes4x4(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<4>.self, 4, p, t) }
    @inline(never) private static func bytes3x4(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<3>.self, 4, p, t) }
    @inline(never) private static func bytes2x4(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<2>.self, 4, p, t) }
    @inline(never) private static func bytes1x4(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<1>.self, 4, p, t) }
    @inline(never) private static func bytes6x3(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<6>.self, 3, p, t) }
    @inline(never) private static func bytes5x3(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<5>.self, 3, p, t) }
    @inline(never) private static func bytes4x3(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<4>.self, 3, p, t) }
    @inline(never) private static func bytes3x3(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<3>.self, 3, p, t) }
    @inline(never) private static func bytes2x3(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<2>.self, 3, p, t) }
    @inline(never) private static func bytes1x3(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<1>.self, 3, p, t) }
    @inline(never) private static func bytes6x2(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<6>.self, 2, p, t) }
    @inline(never) private static func bytes5x2(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<5>.self, 2, p, t) }
    @inline(never) private static func bytes6x1(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<6>.self, 1, p, t) }
    @inline(never) private static func bytes5x1(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<5>.self, 1, p, t) }
  #endif
  @inline(never) private static func bytes4x2(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<4>.self, 2, p, t) }
  @inline(never) private static func bytes3x2(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<3>.self, 2, p, t) }
  @inline(never) private static func bytes2x2(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<2>.self, 2, p, t) }
  @inline(never) private static func bytes1x2(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<1>.self, 2, p, t) }
  @inline(never) private static func bytes4x1(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<4>.self, 1, p, t) }
  @inline(never) private static func bytes3x1(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<3>.self, 1, p, t) }
  @inline(never) private static func bytes2x1(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<2>.self, 1, p, t) }
  @inline(never) private static func bytes1x1(_ p: ByteRows, _ t: ByteTile) { multiply(Sums<1>.self, 1, p, t) }

  /// Computes one tile of so many rows and vectors of columns.
  @inline(__always)
  private static func multiply<let rows: Int>(
    _: Sums<rows>.Type, _ vectors: Int, _ pointers: ByteRows, _ tile: ByteTile
  ) {
    @inline(__always)
    func start(_ vector: Int) -> Sums<rows> {
      let bias = lanes(at: tile.bias + (vector < vectors ? vector * laneCount : 0))
      return Sums<rows>(repeating: bias)
    }
    var first = start(0), second = start(1), third = start(2), fourth = start(3)
    var panel = tile.weights
    var pointers = pointers
    for _ in 0..<tile.taps {
      // Only the first `rows` of them exist.
      let r0 = pointers[0], r1 = pointers[min(1, rows - 1)], r2 = pointers[min(2, rows - 1)]
      let r3 = pointers[min(3, rows - 1)], r4 = pointers[min(4, rows - 1)], r5 = pointers[min(5, rows - 1)]
      var channel = 0
      for _ in 0..<tile.quads {
        let w0 = lanes(at: panel)
        let w1 = vectors > 1 ? lanes(at: panel + laneBytes) : w0
        let w2 = vectors > 2 ? lanes(at: panel + 2 &* laneBytes) : w0
        let w3 = vectors > 3 ? lanes(at: panel + 3 &* laneBytes) : w0
        @inline(__always)
        func add(_ row: Int, _ pointer: UnsafePointer<UInt8>) {
          guard row < rows else { return }
          let x = repeated(pointer + channel)
          first[row] = addProducts(to: first[row], x, w0)
          if vectors > 1 { second[row] = addProducts(to: second[row], x, w1) }
          if vectors > 2 { third[row] = addProducts(to: third[row], x, w2) }
          if vectors > 3 { fourth[row] = addProducts(to: fourth[row], x, w3) }
        }
        add(0, r0)
        add(1, r1)
        add(2, r2)
        add(3, r3)
        add(4, r4)
        add(5, r5)
        panel += panelWidth &* quad
        channel &+= quad
      }
      pointers += tileRows
    }
    finish(first, 0, tile)
    if vectors > 1 { finish(second, 1, tile) }
    if vectors > 2 { finish(third, 2, tile) }
    if vectors > 3 { finish(fourth, 3, tile) }
  }

  @inline(__always)
  private static func finish<let rows: Int>(_ sums: Sums<rows>, _ vector: Int, _ tile: ByteTile) {
    let column = vector &* laneCount
    for row in 0..<rows {
      store(
        tile.requantizer(sums[row], column: column), at: tile.output + (row &* tile.outputStride &+ column),
        count: tile.columns &- column)
    }
  }
}
