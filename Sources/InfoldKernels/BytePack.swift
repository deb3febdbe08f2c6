public import InfoldKernelInterface

extension ByteSet {
  /// The vectors across a panel.
  @inline(__always)
  static var panelVectors: Int {
    #if INFOLD_VNNI || INFOLD_DOTPROD
      4
    #else
      2
    #endif
  }

  public static var panelWidth: Int { panelVectors * laneCount }

  /// The channels of which the products with a byte each are added up at once.
  @inline(__always)
  static var quad: Int { 4 }

  @inline(__always)
  static func quads(_ channels: Int) -> Int { (channels + quad - 1) / quad }

  /// The bytes of a panel.
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

/// The packed weights of a panel, which know what their products need: two products with a byte each add up to 16 bits unless the weights
/// are very large, as hardly any are that share a scale with many, and are computed by fewer instructions then.
struct BytePanelWeights {
  let base: UnsafePointer<Int8>
  private let taps: Int
  let quads: Int

  /// - Parameter place: Where the panel begins.
  @inline(__always)
  init(at place: UnsafePointer<Int8>, taps: Int, quads: Int) {
    base = place + Self.markByteCount(taps: taps, quads: quads)
    self.taps = taps
    self.quads = quads
  }

  #if INFOLD_AVX2
    /// Of so many quads, one byte says what they need: single ones would be branches that nothing predicts.
    @inline(__always)
    static var stretch: Int { 16 }

    @inline(__always)
    private static func stretches(_ quads: Int) -> Int { (quads + stretch - 1) / stretch }

    /// Bytes before a panel's weights say of each stretch of a tap whether the products with a column may be too large.
    @inline(__always)
    static func markByteCount(taps: Int, quads: Int) -> Int { (taps * stretches(quads) + 63) & ~63 }

    /// Writes the bytes.
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

    /// Whether any two products of a column add up to 16 bits in the stretch that begins at such a quad of a tap.
    @inline(__always)
    func isNarrow(tap: Int, quad: Int) -> Bool {
      base[tap * Self.stretches(quads) + quad / Self.stretch - Self.markByteCount(taps: taps, quads: quads)] == 0
    }
  #else
    @inline(__always)
    static var stretch: Int { .max }

    #if INFOLD_NEON
      /// Before a panel's weights stands what its columns' sums begin with.
      @inline(__always)
      static func markByteCount(taps: Int, quads: Int) -> Int { ByteSet.panelWidth * MemoryLayout<Int32>.stride }

      /// Writes 128 times the sum of each column's weights: what is missing where 128 is taken off the bytes that they are multiplied with.
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

  /// What the sums of a vector of columns begin with, of which `bias` is the beginning.
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
