import InfoldKernelInterface

/// A product of the pixels of `rows` output positions with `vectors` vectors of columns, at most
/// four, in registers.
///
/// The compiler specializes it for each size. It then knows the trip counts of the loops over rows
/// and vectors and assigns a register to each sum.
enum Tile<let rows: Int, let vectors: Int> {
  /// The sums of two vectors, row by row. The compiler does not keep arrays of more than 16 vectors
  /// in registers.
  typealias Pair = InlineArray<rows, InlineArray<2, Vector>>
  typealias Sums = InlineArray<2, Pair>
  typealias Pixels = UnsafePointer<UnsafePointer<Float>>
  typealias Weights = UnsafePointer<Float>

  /// Multiplies by the columns of a panel.
  @inline(never)
  static func multiply(
    _ columns: Int, _ taps: Int, _ channels: Int, _ pixels: Pixels, _ weights: Weights, _ upcoming: WeightPrefetch,
    _ epilogue: TileEpilogue
  ) {
    var upcoming = upcoming
    let sums = sums(
      taps, channels, pixels, rowsPerTile: Kernels.tileRows, weights, stepLength: WeightPrefetch.step,
      epilogue.spilled
    ) { vector in
      vector &* Vector.scalarCount
    } prefetch: {
      upcoming.prefetch()
    }
    if let spilled = epilogue.spilled, spilled.areStoredAgain {
      return forEachSum { row, vector in
        sums[vector &>> 1][row][vector & 1].store(at: spilled.place + sumOffset(row, vector))
      }
    }
    finish(sums, columns: columns, epilogue)
  }

  /// Multiplies by the columns of a panel, except its first vector if that is skipped, and by those
  /// of the next panel.
  @inline(never)
  static func multiplyAcross(
    _ columns: Int, _ taps: Int, _ channels: Int, _ pixels: Pixels, _ weights: Weights, _ skipsVector: Bool,
    _ epilogue: TileEpilogue
  ) {
    let nextPanel = taps &* channels &* Kernels.panelWidth
    let skipped = skipsVector ? 1 : 0
    let sums = sums(
      taps, channels, pixels, rowsPerTile: Kernels.threeVectorTileRows, weights, stepLength: Kernels.runLength, nil
    ) { vector in
      let place = vector &+ skipped
      return place < Kernels.panelVectors
        ? place &* Vector.scalarCount : nextPanel &+ (place &- Kernels.panelVectors) &* Vector.scalarCount
    } prefetch: {
    }
    finish(sums, columns: columns, epilogue)
  }

  /// Accumulates the products in the order of the packed rows, run by run.
  ///
  /// - Parameters:
  ///   - pixels: The addresses of the pixels of `rowsPerTile` positions, for each tap. Only the
  ///     first `rows` of them exist.
  ///   - spilled: The partial sums to continue.
  ///   - offset: The offset of a vector's weights from the beginning of a packed row.
  ///   - prefetch: A closure that is called every `WeightPrefetch.step` channels.
  @inline(always)
  private static func sums(
    _ taps: Int, _ channels: Int, _ pixels: Pixels, rowsPerTile: Int, _ weights: Weights, stepLength: Int,
    _ spilled: SpilledSums?, offset: (Int) -> Int, prefetch: () -> Void
  ) -> Sums {
    let offsets = InlineArray<vectors, Int> { offset($0) }
    var totals = Sums { _ in InlineArray { _ in InlineArray { _ in .zero } } }
    if let spilled, spilled.exist {
      forEachSum { row, vector in
        totals[vector &>> 1][row][vector & 1] = Vector(at: spilled.place + sumOffset(row, vector))
      }
    }
    var sums = Sums { _ in InlineArray { _ in InlineArray { _ in .zero } } }
    var length = 0
    var panel = weights
    var pixels = pixels
    for _ in 0..<taps {
      let pointers = InlineArray<rows, UnsafePointer<Float>> { pixels[$0] }
      var channel = 0
      repeat {
        let end = min(channel &+ Kernels.runLength, channels)
        length &+= end &- channel
        #if INFOLD_NEON
          while channel < end {
            prefetch()
            let stop = min(channel &+ stepLength, end)
            while channel &+ 4 <= stop {
              accumulateFour(&sums, pointers, channel, panel, offsets)
              panel += 4 &* Kernels.panelWidth
              channel &+= 4
            }
            while channel < stop {
              accumulate(&sums, pointers, channel, panel, offsets)
              panel += Kernels.panelWidth
              channel &+= 1
            }
          }
        #else
          while vectors <= 2, channel &+ WeightPrefetch.step <= end {
            prefetch()
            for step in 0..<WeightPrefetch.step {
              accumulate(&sums, pointers, channel &+ step, panel + step &* Kernels.panelWidth, offsets)
            }
            panel += WeightPrefetch.step &* Kernels.panelWidth
            channel &+= WeightPrefetch.step
          }
          // Larger tiles would not be unrolled, and with two loops they would not keep all sums in
          // registers across both.
          while channel < end {
            if vectors > 2 { prefetch() }
            let stop = vectors > 2 ? min(channel &+ stepLength, end) : end
            repeat {
              accumulate(&sums, pointers, channel, panel, offsets)
              panel += Kernels.panelWidth
              channel &+= 1
            } while channel < stop
          }
        #endif
        if length >= Kernels.runLength {
          forEachSum { row, vector in
            totals[vector &>> 1][row][vector & 1] += sums[vector &>> 1][row][vector & 1]
            sums[vector &>> 1][row][vector & 1] = .zero
          }
          length = 0
        }
      } while channel < channels
      pixels += rowsPerTile
    }
    if taps &* channels >= Kernels.runLength || spilled != nil {
      forEachSum { row, vector in
        sums[vector &>> 1][row][vector & 1] += totals[vector &>> 1][row][vector & 1]
      }
    }
    return sums
  }

  @inline(always)
  private static func forEachSum(_ body: (_ row: Int, _ vector: Int) -> Void) {
    for row in 0..<rows {
      for vector in 0..<vectors { body(row, vector) }
    }
  }

  /// Returns the offset of a vector's partial sums from the beginning of the tile's.
  @inline(always)
  private static func sumOffset(_ row: Int, _ vector: Int) -> Int {
    row &* Kernels.panelWidth &+ vector &* Vector.scalarCount
  }

  /// Adds the products of one channel.
  @inline(always)
  private static func accumulate(
    _ sums: inout Sums, _ pointers: InlineArray<rows, UnsafePointer<Float>>, _ channel: Int, _ panel: Weights,
    _ offsets: InlineArray<vectors, Int>
  ) {
    let weights = InlineArray<vectors, Vector> { Vector(at: panel + offsets[$0]) }
    for row in 0..<rows {
      let factor = Vector(repeating: pointers[row][channel])
      for vector in 0..<vectors {
        sums[vector &>> 1][row][vector & 1] = .multiplyAdd(factor, weights[vector], sums[vector &>> 1][row][vector & 1])
      }
    }
  }
  #if INFOLD_NEON
    /// Adds the products of four channels. Each row's four channels are loaded at once and
    /// multiplied lane by lane.
    @inline(always)
    private static func accumulateFour(
      _ sums: inout Sums, _ pointers: InlineArray<rows, UnsafePointer<Float>>, _ channel: Int, _ panel: Weights,
      _ offsets: InlineArray<vectors, Int>
    ) {
      let pixels = InlineArray<rows, Vector> { Vector(at: pointers[$0] + channel) }
      @inline(always)
      func add(_ lane: Int) {
        for vector in 0..<vectors {
          let weights = Vector(at: panel + (lane &* Kernels.panelWidth &+ offsets[vector]))
          for row in 0..<rows {
            let factor = Vector(repeating: pixels[row][lane])
            sums[vector &>> 1][row][vector & 1] = .multiplyAdd(factor, weights, sums[vector &>> 1][row][vector & 1])
          }
        }
      }
      // Unrolled by hand, because the optimizer does not unroll the loop in large tiles.
      add(0)
      add(1)
      add(2)
      add(3)
    }
  #endif
}
