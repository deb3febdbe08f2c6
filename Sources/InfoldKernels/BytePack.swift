public import InfoldKernelInterface

extension ByteSet {
  /// The number of vectors across a panel.
  @inline(__always)
  static var panelVectors: Int {
    #if INFOLD_VNNI || INFOLD_DOTPROD
      4
    #else
      2
    #endif
  }

  public static var panelWidth: Int { panelVectors * laneCount }

  /// The number of channels whose products are accumulated by one instruction.
  @inline(__always)
  static var quad: Int { 4 }

  @inline(__always)
  static func quads(_ channels: Int) -> Int { (channels + quad - 1) / quad }

  /// Returns the size of a panel in bytes.
  @inline(__always)
  static func panelStride(taps: Int, quads: Int) -> Int {
    BytePanelWeights.markByteCount(taps: taps, quads: quads) + taps * quads * quad * panelWidth
  }

  public static func packedByteCount(taps: Int, channels: Int, columns: Int) -> Int {
    (columns + panelWidth - 1) / panelWidth * panelStride(taps: taps, quads: quads(channels))
  }

  @inline(never)
  public static func pack(_ arguments: BytePackArguments) {
    let quads = quads(arguments.channels)
    var panel = arguments.packed
    var column = 0
    while column < arguments.columns {
      var target = panel + BytePanelWeights.markByteCount(taps: arguments.taps, quads: quads)
      for tap in 0..<arguments.taps {
        for group in 0..<quads {
          for lane in 0..<panelWidth {
            for index in 0..<quad {
              let channel = group * quad + index
              let isInside = column + lane < arguments.columns && channel < arguments.channels
              target[0] =
                isInside
                ? arguments.source[
                  (column + lane) * arguments.columnStride + channel * arguments.channelStride
                    + tap * arguments.tapStride] : 0
              target += 1
            }
          }
        }
      }
      BytePanelWeights(at: panel, taps: arguments.taps, quads: quads).mark(panel)
      panel += panelStride(taps: arguments.taps, quads: quads)
      column += panelWidth
    }
  }
}

/// The packed weights of a panel, with marks that select the multiplication. The sum of two
/// products fits 16 bits unless both weights are very large, which is rare if many weights share a
/// scale. Adding in 16 bits takes fewer instructions.
struct BytePanelWeights {
  let base: UnsafePointer<Int8>
  private let taps: Int
  let quads: Int

  /// Creates the weights of a panel.
  /// - Parameter place: The beginning of the panel.
  @inline(__always)
  init(at place: UnsafePointer<Int8>, taps: Int, quads: Int) {
    base = place + Self.markByteCount(taps: taps, quads: quads)
    self.taps = taps
    self.quads = quads
  }

  #if INFOLD_AVX2
    /// The number of quads that share one mark. Marks for single quads would cause unpredictable
    /// branches.
    @inline(__always)
    static var stretch: Int { 16 }

    @inline(__always)
    private static func stretches(_ quads: Int) -> Int { (quads + stretch - 1) / stretch }

    /// Returns the size of the marks before a panel's weights. There is one mark for each stretch
    /// of a tap, which says whether the products of any column may overflow 16 bits.
    @inline(__always)
    static func markByteCount(taps: Int, quads: Int) -> Int { (taps * stretches(quads) + 63) & ~63 }

    /// Writes the marks.
    func mark(_ panel: UnsafeMutablePointer<Int8>) {
      var mark = panel
      var weights = base
      for _ in 0..<taps {
        var rest = quads
        while rest > 0 {
          let pairs = min(rest, Self.stretch) * ByteSet.panelWidth * 2
          // 255 · 128 is less than 2¹⁵.
          let isNarrow = (0..<pairs).allSatisfy { abs(Int(weights[2 * $0]) + Int(weights[2 * $0 + 1])) <= 128 }
          mark[0] = isNarrow ? 0 : 1
          mark += 1
          weights += 2 * pairs
          rest -= Self.stretch
        }
      }
    }

    /// Returns whether the sums of any two products of a column fit 16 bits in the stretch of a tap
    /// that contains `quad`.
    @inline(__always)
    func isNarrow(tap: Int, quad: Int) -> Bool {
      base[tap * Self.stretches(quads) + quad / Self.stretch - Self.markByteCount(taps: taps, quads: quads)] == 0
    }
  #else
    @inline(__always)
    static var stretch: Int { .max }

    #if INFOLD_NEON
      /// The initial sums of a panel's columns are stored before its weights.
      @inline(__always)
      static func markByteCount(taps: Int, quads: Int) -> Int { ByteSet.panelWidth * MemoryLayout<Int32>.stride }

      /// Writes 128 times the sum of each column's weights, which compensates for subtracting 128
      /// from the bytes that they are multiplied by.
      func mark(_ panel: UnsafeMutablePointer<Int8>) {
        UnsafeMutableRawPointer(panel).withMemoryRebound(to: Int32.self, capacity: ByteSet.panelWidth) { sums in
          for column in 0..<ByteSet.panelWidth {
            sums[column] = 0
            for quad in 0..<taps * quads {
              for index in 0..<ByteSet.quad {
                let weight = base[(quad * ByteSet.panelWidth + column) * ByteSet.quad + index]
                sums[column] &+= 128 &* Int32(weight)
              }
            }
          }
        }
      }
    #else
      @inline(__always)
      static func markByteCount(taps: Int, quads: Int) -> Int { 0 }

      func mark(_ panel: UnsafeMutablePointer<Int8>) {}
    #endif

    @inline(__always)
    func isNarrow(tap: Int, quad: Int) -> Bool { false }
  #endif

  /// Returns the initial sums of a vector of columns whose bias is `bias`.
  @inline(__always)
  func firstSums(_ vector: Int, _ bias: Lanes) -> Lanes {
    #if INFOLD_NEON
      let place = base - Self.markByteCount(taps: taps, quads: quads) + vector &* ByteSet.laneBytes
      return ByteSet.sum(bias, ByteSet.lanes(at: place))
    #else
      return bias
    #endif
  }
}
