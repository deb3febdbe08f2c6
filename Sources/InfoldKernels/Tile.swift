import InfoldKernelInterface

/// Where a tile's results go, and what is done to them before.
struct TileEpilogue {
  private(set) var output: UnsafeMutablePointer<Float>
  let outputStride: Int
  /// `nil` for none.
  private(set) var bias: UnsafePointer<Float>?
  /// `nil` for none.
  private(set) var residual: UnsafePointer<Float>?
  let residualStride: Int
  let activation: Activation
  let activatesFirst: Bool

  @inline(__always)
  init(_ epilogue: Epilogue, _ images: OutputImages<Float>, pixel: Int, column: Int) {
    output = images.base + pixel * images.pixelStride + column
    outputStride = images.pixelStride
    bias = epilogue.bias.map { $0 + column }
    residual = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride + column }
    residualStride = epilogue.residualPixelStride
    activation = epilogue.activation
    activatesFirst = epilogue.activatesFirst
  }

  /// That of the columns from `count` on.
  @inline(__always)
  func behind(columns count: Int) -> TileEpilogue {
    var epilogue = self
    epilogue.output += count
    epilogue.bias = bias.map { $0 + count }
    epilogue.residual = residual.map { $0 + count }
    return epilogue
  }

  /// Goes on by so many output positions.
  @inline(__always)
  mutating func advance(rows: Int) {
    output += rows * outputStride
    residual = residual.map { $0 + rows * residualStride }
  }
}

extension Kernels {
  /// The output positions of a tile.
  @inline(__always)
  static var tileRows: Int { 6 }

  /// Multiplies the pixels of some output positions with a panel, tile by tile.
  ///
  /// - Parameters:
  ///   - pointers: For each tile, and in it for each tap, the first elements of the six positions' pixels.
  ///   - next: The panel that is read after this one.
  ///   - epilogue: That of the first tile.
  @inline(never)
  static func multiplyPanel(
    rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: UnsafePointer<UnsafePointer<Float>>,
    _ weights: UnsafePointer<Float>, next: UnsafePointer<Float>, _ epilogue: TileEpilogue
  ) {
    var epilogue = epilogue
    var upcoming = UpcomingWeights(next, rows: taps * channels, tiles: (rows + tileRows - 1) / tileRows)
    var pointers = pointers
    var rest = rows
    while rest > 0 {
      multiplyTile(
        rows: min(rest, tileRows), columns: columns, taps: taps, channels: channels, pointers, weights, upcoming,
        epilogue)
      pointers += tileRows * taps
      upcoming.advance()
      epilogue.advance(rows: tileRows)
      rest -= tileRows
    }
  }

  /// Computes one tile: up to six output positions and one panel's columns.
  @inline(__always)
  private static func multiplyTile(
    rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: UnsafePointer<UnsafePointer<Float>>,
    _ weights: UnsafePointer<Float>, _ upcoming: UpcomingWeights, _ epilogue: TileEpilogue
  ) {
    #if INFOLD_AVX512
      if columns > 2 * Vector.scalarCount {
        return multiplyBroadTile(
          rows: rows, columns: columns, taps: taps, channels: channels, pointers, weights, upcoming, epilogue)
      }
    #endif
    if columns > Vector.scalarCount {
      switch rows {
      case 6: tile6x2(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 5: tile5x2(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 4: tile4x2(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 3: tile3x2(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 2: tile2x2(columns, taps, channels, pointers, weights, upcoming, epilogue)
      default: tile1x2(columns, taps, channels, pointers, weights, upcoming, epilogue)
      }
    } else {
      switch rows {
      case 6: tile6x1(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 5: tile5x1(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 4: tile4x1(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 3: tile3x1(columns, taps, channels, pointers, weights, upcoming, epilogue)
      case 2: tile2x1(columns, taps, channels, pointers, weights, upcoming, epilogue)
      default: tile1x1(columns, taps, channels, pointers, weights, upcoming, epilogue)
      }
    }
  }

  typealias Rows = UnsafePointer<UnsafePointer<Float>>
  typealias Weights = UnsafePointer<Float>

  // Each a function of its own, so that the compiler gives every one its registers.
  @inline(never)
  private static func tile6x2(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<12, Vector> = sums(taps: t, channels: c, rows: 6, vectors: 2, p, w, u)
    finish(sums, rows: 6, vectors: 2, columns: n, e)
  }
  @inline(never)
  private static func tile5x2(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<10, Vector> = sums(taps: t, channels: c, rows: 5, vectors: 2, p, w, u)
    finish(sums, rows: 5, vectors: 2, columns: n, e)
  }
  @inline(never)
  private static func tile4x2(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<8, Vector> = sums(taps: t, channels: c, rows: 4, vectors: 2, p, w, u)
    finish(sums, rows: 4, vectors: 2, columns: n, e)
  }
  @inline(never)
  private static func tile3x2(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<6, Vector> = sums(taps: t, channels: c, rows: 3, vectors: 2, p, w, u)
    finish(sums, rows: 3, vectors: 2, columns: n, e)
  }
  @inline(never)
  private static func tile2x2(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<4, Vector> = sums(taps: t, channels: c, rows: 2, vectors: 2, p, w, u)
    finish(sums, rows: 2, vectors: 2, columns: n, e)
  }
  @inline(never)
  private static func tile1x2(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<2, Vector> = sums(taps: t, channels: c, rows: 1, vectors: 2, p, w, u)
    finish(sums, rows: 1, vectors: 2, columns: n, e)
  }
  @inline(never)
  private static func tile6x1(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<6, Vector> = sums(taps: t, channels: c, rows: 6, vectors: 1, p, w, u)
    finish(sums, rows: 6, vectors: 1, columns: n, e)
  }
  @inline(never)
  private static func tile5x1(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<5, Vector> = sums(taps: t, channels: c, rows: 5, vectors: 1, p, w, u)
    finish(sums, rows: 5, vectors: 1, columns: n, e)
  }
  @inline(never)
  private static func tile4x1(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<4, Vector> = sums(taps: t, channels: c, rows: 4, vectors: 1, p, w, u)
    finish(sums, rows: 4, vectors: 1, columns: n, e)
  }
  @inline(never)
  private static func tile3x1(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<3, Vector> = sums(taps: t, channels: c, rows: 3, vectors: 1, p, w, u)
    finish(sums, rows: 3, vectors: 1, columns: n, e)
  }
  @inline(never)
  private static func tile2x1(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<2, Vector> = sums(taps: t, channels: c, rows: 2, vectors: 1, p, w, u)
    finish(sums, rows: 2, vectors: 1, columns: n, e)
  }
  @inline(never)
  private static func tile1x1(
    _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
  ) {
    let sums: InlineArray<1, Vector> = sums(taps: t, channels: c, rows: 1, vectors: 1, p, w, u)
    finish(sums, rows: 1, vectors: 1, columns: n, e)
  }

  /// The products that are added up in registers one after the other; what they come to is added to the sum of those before. The
  /// rounding errors of a long sum grow with its length; those of a sum of sums with the lengths of both.
  @inline(__always)
  static var runLength: Int { 128 }

  /// The products of `rows` positions with `vectors` vectors of columns, added up in the order of the packed rows, run by run.
  @inline(__always)
  private static func sums<let count: Int>(
    taps: Int, channels: Int, rows: Int, vectors: Int, _ pointers: Rows, _ weights: Weights,
    _ upcoming: UpcomingWeights
  ) -> InlineArray<count, Vector> {
    var totals = InlineArray<count, Vector> { _ in .zero }
    var sums = InlineArray<count, Vector> { _ in .zero }
    var length = 0
    var panel = weights
    var pointers = pointers
    var upcoming = upcoming
    for _ in 0..<taps {
      // Only the first `rows` of them exist.
      let r0 = pointers[0], r1 = pointers[min(1, rows - 1)], r2 = pointers[min(2, rows - 1)]
      let r3 = pointers[min(3, rows - 1)], r4 = pointers[min(4, rows - 1)], r5 = pointers[min(5, rows - 1)]
      var channel = 0
      repeat {
        let end = min(channel &+ runLength, channels)
        length &+= end &- channel
        while channel &+ UpcomingWeights.step <= end {
          upcoming.prefetch()
          for step in 0..<UpcomingWeights.step {
            accumulate(&sums, rows, vectors, channel &+ step, panel + step &* panelWidth, r0, r1, r2, r3, r4, r5)
          }
          panel += UpcomingWeights.step &* panelWidth
          channel &+= UpcomingWeights.step
        }
        while channel < end {
          accumulate(&sums, rows, vectors, channel, panel, r0, r1, r2, r3, r4, r5)
          panel += panelWidth
          channel &+= 1
        }
        if length >= runLength {
          for index in 0..<count {
            totals[index] += sums[index]
            sums[index] = .zero
          }
          length = 0
        }
      } while channel < channels
      pointers += tileRows
    }
    if taps &* channels >= runLength {
      for index in 0..<count { sums[index] += totals[index] }
    }
    return sums
  }

  @inline(__always)
  private static func accumulate<let count: Int>(
    _ sums: inout InlineArray<count, Vector>, _ rows: Int, _ vectors: Int, _ channel: Int,
    _ panel: UnsafePointer<Float>, _ r0: UnsafePointer<Float>, _ r1: UnsafePointer<Float>, _ r2: UnsafePointer<Float>,
    _ r3: UnsafePointer<Float>, _ r4: UnsafePointer<Float>, _ r5: UnsafePointer<Float>
  ) {
    let first = Vector(at: panel)
    let second = vectors > 1 ? Vector(at: panel + Vector.scalarCount) : first
    @inline(__always)
    func add(_ row: Int, _ pointer: UnsafePointer<Float>) {
      guard row < rows else { return }
      let factor = Vector(repeating: pointer[channel])
      sums[row &* vectors] = .multiplyAdd(factor, first, sums[row &* vectors])
      if vectors > 1 { sums[row &* vectors &+ 1] = .multiplyAdd(factor, second, sums[row &* vectors &+ 1]) }
    }
    add(0, r0)
    add(1, r1)
    add(2, r2)
    add(3, r3)
    add(4, r4)
    add(5, r5)
  }

  /// Applies the epilogue to a tile's sums and stores them.
  @inline(__always)
  static func finish<let count: Int>(
    _ sums: InlineArray<count, Vector>, rows: Int, vectors: Int, columns: Int, _ epilogue: TileEpilogue
  ) {
    let activation = epilogue.activation
    let isWhole = columns == vectors &* Vector.scalarCount
    let isLast = epilogue.residual == nil || !epilogue.activatesFirst || activation.function == .identity
    if isWhole, isLast {
      switch activation.function {
      case .identity:
        return finish(sums, rows: rows, vectors: vectors, epilogue) { $0 }
      case .clip:
        let lower = activation.a, upper = activation.b
        return finish(sums, rows: rows, vectors: vectors, epilogue) { clip($0, lower, upper) }
      case .leakyRelu:
        let slope = Vector(repeating: activation.a)
        return finish(sums, rows: rows, vectors: vectors, epilogue) { leakyRelu($0, slope) }
      case .hardSigmoid:
        let (a, b) = (activation.a, activation.b)
        return finish(sums, rows: rows, vectors: vectors, epilogue) { hardSigmoid($0, a, b) }
      case .hardSwish:
        return finish(sums, rows: rows, vectors: vectors, epilogue) { $0 * hardSigmoid($0, 1 / 6, 0.5) }
      case .sigmoid, .silu, .tanh, .gelu: break
      }
    }
    var copy = sums
    withUnsafeMutablePointer(to: &copy) { tile in
      finishElements(
        UnsafeMutableRawPointer(tile).assumingMemoryBound(to: Float.self), rows: rows,
        rowStride: vectors &* Vector.scalarCount, columns: columns, epilogue)
    }
  }

  @inline(__always)
  private static func finish<let count: Int>(
    _ sums: InlineArray<count, Vector>, rows: Int, vectors: Int, _ epilogue: TileEpilogue,
    _ activate: (Vector) -> Vector
  ) {
    for vector in 0..<vectors {
      let bias = epilogue.bias.map { Vector(at: $0 + vector &* Vector.scalarCount) } ?? .zero
      for row in 0..<rows {
        var result = sums[row &* vectors &+ vector] + bias
        if let residual = epilogue.residual {
          result += Vector(at: residual + (row &* epilogue.residualStride &+ vector &* Vector.scalarCount))
        }
        activate(result).store(at: epilogue.output + (row &* epilogue.outputStride &+ vector &* Vector.scalarCount))
      }
    }
  }

  /// The same for tiles that are not as wide as the vectors, and for other activations.
  @inline(never)
  private static func finishElements(
    _ tile: UnsafeMutablePointer<Float>, rows: Int, rowStride: Int, columns: Int, _ epilogue: TileEpilogue
  ) {
    let activation = epilogue.activation
    let (lower, upper) = (activation.a, activation.b)
    @inline(always)
    func keep(_ x: Vector) -> Vector { x }
    @inline(always)
    func bound(_ x: Vector) -> Vector { clip(x, lower, upper) }
    switch activation.function {
    case .identity: finishElements(tile, rows: rows, rowStride: rowStride, columns: columns, epilogue, keep)
    case .clip: finishElements(tile, rows: rows, rowStride: rowStride, columns: columns, epilogue, bound)
    default:
      finishElements(tile, rows: rows, rowStride: rowStride, columns: columns, epilogue) { $0.applying(activation) }
    }
  }

  @inline(__always)
  private static func finishElements(
    _ tile: UnsafeMutablePointer<Float>, rows: Int, rowStride: Int, columns: Int, _ epilogue: TileEpilogue,
    _ activate: (Vector) -> Vector
  ) {
    var column = 0
    while column < columns {
      let count = min(columns - column, Vector.scalarCount)
      let bias = epilogue.bias.map { Vector(at: $0 + column, count: count) } ?? .zero
      for row in 0..<rows {
        var result = Vector(at: tile + (row &* rowStride &+ column)) + bias
        if let residuals = epilogue.residual {
          let residual = Vector(at: residuals + (row &* epilogue.residualStride &+ column), count: count)
          result = epilogue.activatesFirst ? activate(result) + residual : activate(result + residual)
        } else {
          result = activate(result)
        }
        result.store(at: epilogue.output + (row &* epilogue.outputStride &+ column), count: count)
      }
      column += Vector.scalarCount
    }
  }
}
