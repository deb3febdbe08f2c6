#if INFOLD_AVX512
  // Tiles of three or four vectors of columns, for which 32 registers are needed. Their sums are two arrays: the compiler keeps none
  // of more than 16 elements in registers.
  extension Kernels {
    /// Computes one tile.
    @inline(__always)
    static func multiplyBroadTile(
      rows: Int, columns: Int, taps: Int, channels: Int, _ pointers: Rows, _ weights: Weights,
      _ upcoming: UpcomingWeights, _ epilogue: TileEpilogue
    ) {
      if columns > 3 * Vector.scalarCount {
        switch rows {
        case 6: tile6x4(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 5: tile5x4(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 4: tile4x4(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 3: tile3x4(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 2: tile2x4(columns, taps, channels, pointers, weights, upcoming, epilogue)
        default: tile1x4(columns, taps, channels, pointers, weights, upcoming, epilogue)
        }
      } else {
        switch rows {
        case 6: tile6x3(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 5: tile5x3(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 4: tile4x3(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 3: tile3x3(columns, taps, channels, pointers, weights, upcoming, epilogue)
        case 2: tile2x3(columns, taps, channels, pointers, weights, upcoming, epilogue)
        default: tile1x3(columns, taps, channels, pointers, weights, upcoming, epilogue)
        }
      }
    }

    @inline(never)
    private static func tile6x4(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<12, Vector> { _ in .zero }, right = InlineArray<12, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 6, rightVectors: 2, p, w, u)
      finish(left, rows: 6, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 6, vectors: 2, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile5x4(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<10, Vector> { _ in .zero }, right = InlineArray<10, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 5, rightVectors: 2, p, w, u)
      finish(left, rows: 5, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 5, vectors: 2, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile4x4(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<8, Vector> { _ in .zero }, right = InlineArray<8, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 4, rightVectors: 2, p, w, u)
      finish(left, rows: 4, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 4, vectors: 2, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile3x4(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<6, Vector> { _ in .zero }, right = InlineArray<6, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 3, rightVectors: 2, p, w, u)
      finish(left, rows: 3, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 3, vectors: 2, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile2x4(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<4, Vector> { _ in .zero }, right = InlineArray<4, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 2, rightVectors: 2, p, w, u)
      finish(left, rows: 2, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 2, vectors: 2, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile1x4(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<2, Vector> { _ in .zero }, right = InlineArray<2, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 1, rightVectors: 2, p, w, u)
      finish(left, rows: 1, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 1, vectors: 2, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile6x3(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<12, Vector> { _ in .zero }, right = InlineArray<6, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 6, rightVectors: 1, p, w, u)
      finish(left, rows: 6, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 6, vectors: 1, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile5x3(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<10, Vector> { _ in .zero }, right = InlineArray<5, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 5, rightVectors: 1, p, w, u)
      finish(left, rows: 5, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 5, vectors: 1, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile4x3(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<8, Vector> { _ in .zero }, right = InlineArray<4, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 4, rightVectors: 1, p, w, u)
      finish(left, rows: 4, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 4, vectors: 1, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile3x3(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<6, Vector> { _ in .zero }, right = InlineArray<3, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 3, rightVectors: 1, p, w, u)
      finish(left, rows: 3, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 3, vectors: 1, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile2x3(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<4, Vector> { _ in .zero }, right = InlineArray<2, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 2, rightVectors: 1, p, w, u)
      finish(left, rows: 2, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 2, vectors: 1, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }
    @inline(never)
    private static func tile1x3(
      _ n: Int, _ t: Int, _ c: Int, _ p: Rows, _ w: Weights, _ u: UpcomingWeights, _ e: TileEpilogue
    ) {
      var left = InlineArray<2, Vector> { _ in .zero }, right = InlineArray<1, Vector> { _ in .zero }
      addProducts(to: &left, &right, taps: t, channels: c, rows: 1, rightVectors: 1, p, w, u)
      finish(left, rows: 1, vectors: 2, columns: 2 * Vector.scalarCount, e)
      finish(right, rows: 1, vectors: 1, columns: n - 2 * Vector.scalarCount, e.behind(columns: 2 * Vector.scalarCount))
    }

    /// Adds the products of `rows` positions with a panel to the sums of its first two vectors, and to those of the others, run by
    /// run.
    @inline(__always)
    private static func addProducts<let leftCount: Int, let rightCount: Int>(
      to left: inout InlineArray<leftCount, Vector>, _ right: inout InlineArray<rightCount, Vector>, taps: Int,
      channels: Int, rows: Int, rightVectors: Int, _ pointers: Rows, _ weights: Weights, _ upcoming: UpcomingWeights
    ) {
      var leftTotals = InlineArray<leftCount, Vector> { _ in .zero }
      var rightTotals = InlineArray<rightCount, Vector> { _ in .zero }
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
          while channel < end {
            if channel & (UpcomingWeights.step - 1) == 0 { upcoming.prefetch() }
            accumulate(&left, &right, rows, rightVectors, channel, panel, r0, r1, r2, r3, r4, r5)
            panel += panelWidth
            channel &+= 1
          }
          if length >= runLength {
            for index in 0..<leftCount {
              leftTotals[index] += left[index]
              left[index] = .zero
            }
            for index in 0..<rightCount {
              rightTotals[index] += right[index]
              right[index] = .zero
            }
            length = 0
          }
        } while channel < channels
        pointers += tileRows
      }
      if taps &* channels >= runLength {
        for index in 0..<leftCount { left[index] += leftTotals[index] }
        for index in 0..<rightCount { right[index] += rightTotals[index] }
      }
    }

    @inline(__always)
    private static func accumulate<let leftCount: Int, let rightCount: Int>(
      _ left: inout InlineArray<leftCount, Vector>, _ right: inout InlineArray<rightCount, Vector>, _ rows: Int,
      _ rightVectors: Int, _ channel: Int, _ panel: Weights, _ r0: UnsafePointer<Float>, _ r1: UnsafePointer<Float>,
      _ r2: UnsafePointer<Float>, _ r3: UnsafePointer<Float>, _ r4: UnsafePointer<Float>, _ r5: UnsafePointer<Float>
    ) {
      let first = Vector(at: panel), second = Vector(at: panel + Vector.scalarCount)
      let third = Vector(at: panel + 2 &* Vector.scalarCount)
      let fourth = rightVectors > 1 ? Vector(at: panel + 3 &* Vector.scalarCount) : third
      @inline(__always)
      func add(_ row: Int, _ pointer: UnsafePointer<Float>) {
        guard row < rows else { return }
        let factor = Vector(repeating: pointer[channel])
        left[2 &* row] = .multiplyAdd(factor, first, left[2 &* row])
        left[2 &* row &+ 1] = .multiplyAdd(factor, second, left[2 &* row &+ 1])
        let place = row &* rightVectors
        right[place] = .multiplyAdd(factor, third, right[place])
        if rightVectors > 1 { right[place &+ 1] = .multiplyAdd(factor, fourth, right[place &+ 1]) }
      }
      add(0, r0)
      add(1, r1)
      add(2, r2)
      add(3, r3)
      add(4, r4)
      add(5, r5)
    }
  }
#endif
