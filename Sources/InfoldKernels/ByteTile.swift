#if INFOLD_DOTPROD
  import CMachine
#endif
import InfoldKernelInterface

/// A panel of weights with the epilogue of its results for some output positions.
struct BytePanel {
  let columns: Int
  let taps: Int
  let weights: BytePanelWeights
  var epilogue: ByteEpilogue
}

extension ByteSet {
  /// The output positions of a tile.
  @inline(__always)
  static var tileRows: Int {
    #if INFOLD_VNNI
      6
    #elseif INFOLD_DOTPROD
      // 20 sums leave registers for the bytes of five rows, the subtracted constant, and weights.
      5
    #else
      4
    #endif
  }

  /// Multiplies the pixels of some output positions by a panel, tile by tile.
  @inline(never)
  static func multiplyPanel(rows: Int, _ pointers: ByteRows, _ first: BytePanel) {
    var panel = first
    var pointers = pointers
    var rest = rows
    let vectors = (panel.columns + laneCount - 1) / laneCount
    while rest > 0 {
      multiplyTile(rows: min(rest, tileRows), vectors: vectors, pointers, panel)
      pointers += tileRows * panel.taps
      panel.epilogue.advance(rows: tileRows)
      rest -= tileRows
    }
  }

  @inline(__always)
  private static func multiplyTile(rows: Int, vectors: Int, _ pointers: ByteRows, _ panel: BytePanel) {
    @inline(__always)
    func multiply<let vectors: Int>(_: ByteTile<1, vectors>.Type) {
      switch rows {
      #if INFOLD_VNNI
        case 6...: ByteTile<6, vectors>.multiply(pointers, panel)
      #endif
      #if INFOLD_VNNI || INFOLD_DOTPROD
        case 5: ByteTile<5, vectors>.multiply(pointers, panel)
      #endif
      case 4...: ByteTile<4, vectors>.multiply(pointers, panel)
      case 3: ByteTile<3, vectors>.multiply(pointers, panel)
      case 2: ByteTile<2, vectors>.multiply(pointers, panel)
      default: ByteTile<1, vectors>.multiply(pointers, panel)
      }
    }
    switch vectors {
    #if INFOLD_VNNI || INFOLD_DOTPROD
      case 4: multiply(ByteTile<1, 4>.self)
      case 3: multiply(ByteTile<1, 3>.self)
    #endif
    case 2: multiply(ByteTile<1, 2>.self)
    default: multiply(ByteTile<1, 1>.self)
    }
  }
}

/// A product of the pixels of `rows` output positions with `vectors` vectors of columns, in
/// registers. The compiler specializes it for each size.
enum ByteTile<let rows: Int, let vectors: Int> {
  @inline(never)
  static func multiply(_ pointers: ByteSet.ByteRows, _ panel: BytePanel) {
    var sums = InlineArray<vectors, InlineArray<rows, Lanes>> { vector in
      let bias = ByteSet.lanes(at: panel.epilogue.bias + vector &* ByteSet.laneCount)
      let first = panel.weights.firstSums(vector, bias)
      return InlineArray { _ in first }
    }
    var place = panel.weights.base
    var pointers = pointers
    for tap in 0..<panel.taps {
      let pixels = InlineArray<rows, UnsafePointer<UInt8>> { pointers[$0] }
      var channel = 0
      @inline(always)
      func addQuad(isNarrow: Bool) {
        let weights = InlineArray<vectors, Lanes> { ByteSet.lanes(at: place + $0 &* ByteSet.laneBytes) }
        @inline(always)
        func add(_ row: Int) {
          guard row < rows else { return }
          let factors = ByteSet.factors(at: pixels[row] + channel)
          for vector in 0..<vectors {
            let sum = sums[vector][row]
            sums[vector][row] =
              isNarrow
              ? ByteSet.addNarrowProducts(to: sum, factors, weights[vector])
              : ByteSet.addFactors(to: sum, factors, weights[vector])
          }
        }
        // Unrolled by hand, because the optimizer does not unroll the loop if a product takes many
        // instructions.
        add(0)
        add(1)
        add(2)
        add(3)
        add(4)
        add(5)
        place += ByteSet.panelWidth &* ByteSet.quad
        channel &+= ByteSet.quad
      }
      var quad = 0
      #if INFOLD_DOTPROD
        ByteSet.addFours(to: &sums, pixels, &channel, &place, &quad, of: panel.weights.quads)
      #endif
      while quad < panel.weights.quads {
        let count = min(panel.weights.quads &- quad, BytePanelWeights.stretch)
        if panel.weights.isNarrow(tap: tap, quad: quad) {
          for _ in 0..<count { addQuad(isNarrow: true) }
        } else {
          for _ in 0..<count { addQuad(isNarrow: false) }
        }
        quad &+= count
      }
      pointers += ByteSet.tileRows
    }
    // Unrolled by hand for the same reason.
    finish(sums[0], 0, panel)
    if vectors > 1 { finish(sums[1], 1, panel) }
    if vectors > 2 { finish(sums[2], 2, panel) }
    if vectors > 3 { finish(sums[3], 3, panel) }
  }

  @inline(always)
  private static func finish(_ sums: InlineArray<rows, Lanes>, _ vector: Int, _ panel: BytePanel) {
    let column = vector &* ByteSet.laneCount
    let epilogue = panel.epilogue
    if let target = epilogue.sums {
      for row in 0..<rows {
        UnsafeMutableRawPointer(target + (row &* epilogue.outputStride &+ column)).storeBytes(
          of: sums[row], as: Lanes.self)
      }
      return
    }
    for row in 0..<rows {
      ByteSet.store(
        epilogue.requantizer(sums[row], column: column),
        at: epilogue.output + (row &* epilogue.outputStride &+ column), count: panel.columns &- column)
    }
  }
}

#if INFOLD_DOTPROD
  extension ByteSet {
    /// Adds the products of four quads of channels at a time, and leaves fewer than four.
    @inline(always)
    static func addFours<let rows: Int, let vectors: Int>(
      to sums: inout InlineArray<vectors, InlineArray<rows, Lanes>>, _ pixels: InlineArray<rows, UnsafePointer<UInt8>>,
      _ channel: inout Int, _ place: inout UnsafePointer<Int8>, _ quad: inout Int, of quads: Int
    ) {
      while quad &+ 4 <= quads {
        addFourQuads(to: &sums, pixels, channel, place)
        place += 4 &* panelWidth &* ByteSet.quad
        channel &+= 4 &* ByteSet.quad
        quad &+= 4
      }
    }

    /// Adds the products of four quads of channels. Each row's four quads are loaded at once and
    /// multiplied lane by lane.
    @inline(always)
    private static func addFourQuads<let rows: Int, let vectors: Int>(
      to sums: inout InlineArray<vectors, InlineArray<rows, Lanes>>, _ pixels: InlineArray<rows, UnsafePointer<UInt8>>,
      _ channel: Int, _ place: UnsafePointer<Int8>
    ) {
      let factors = InlineArray<rows, Lanes> { infold_without_sign(lanes(at: pixels[$0] + channel)) }
      @inline(always)
      func add(_ lane: Int) {
        for vector in 0..<vectors {
          let weights = lanes(at: place + (lane &* panelWidth &* quad &+ vector &* laneBytes))
          for row in 0..<rows {
            sums[vector][row] = addFactors(to: sums[vector][row], Lanes(repeating: factors[row][lane]), weights)
          }
        }
      }
      // Unrolled by hand, as in Tile.
      add(0)
      add(1)
      add(2)
      add(3)
    }
  }
#endif
