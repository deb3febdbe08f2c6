public import InfoldKernelInterface

#if INFOLD_VNNI || INFOLD_AVX2
  import _Builtin_intrinsics.intel
#elseif INFOLD_NEON
  import _Builtin_intrinsics.arm.neon
#endif

// Processes four window positions at a time. Their bytes are interleaved channel by channel and
// then multiplied like the channels of a product. Interleaving changes the order of the channels
// within a block. Weights and requantization parameters are stored in this order, and packing the
// sums into bytes restores the original one.
extension ByteSet {
  /// The number of output positions whose taps are located at a time.
  @inline(__always)
  private static var locatedPixels: Int { 16 }

  public static var depthwiseBlock: Int { laneBytes }

  public static func windowScratch(taps: Int, channels: Int) -> Int {
    ByteTaps.scratchByteCount(channels: channels, count: locatedPixels * taps)
  }

  private static func blocks(_ channels: Int) -> Int { (channels + depthwiseBlock - 1) / depthwiseBlock }

  public static func depthwisePackedByteCount(taps: Int, channels: Int) -> Int {
    blocks(channels) * quads(taps) * quad * depthwiseBlock
  }

  public static func depthwisePlace(ofChannel channel: Int) -> Int {
    #if INFOLD_VNNI || INFOLD_AVX2 || INFOLD_NEON
      let (block, inBlock) = divide(channel, by: depthwiseBlock)
      let (part, inPart) = divide(inBlock, by: 16)
      return block * depthwiseBlock + inPart / 4 * laneCount + part * 4 + inPart % 4
    #else
      return channel
    #endif
  }

  @inline(never)
  public static func packDepthwise(
    _ weights: UnsafePointer<Int8>, taps: Int, channels: Int, into packed: UnsafeMutablePointer<Int8>
  ) {
    packed.initialize(repeating: 0, count: depthwisePackedByteCount(taps: taps, channels: channels))
    for channel in 0..<channels {
      let (block, place) = divide(depthwisePlace(ofChannel: channel), by: depthwiseBlock)
      let target = packed + block * quads(taps) * quad * depthwiseBlock + place * quad
      for tap in 0..<taps {
        target[tap / quad * quad * depthwiseBlock + tap % quad] = weights[channel * taps + tap]
      }
    }
  }

  @inline(never)
  public static func depthwise(_ arguments: ByteConvolutionArguments) {
    let input = arguments.input
    let taps = arguments.window.height * arguments.window.width
    let places = ByteTaps(arguments.scratch, channels: input.channels, padding: arguments.padding)
    var first = arguments.pixels.lowerBound
    while first < arguments.pixels.upperBound {
      let end = min(first + locatedPixels, arguments.pixels.upperBound)
      places.locate(first..<end, arguments.window, input, arguments.output, tileRows: 1)
      var channel = 0
      while channel < input.channels {
        let window = DepthwiseBlock(
          taps: taps, channel: channel, count: min(depthwiseBlock, input.channels - channel),
          weights: arguments.weights + channel * quads(taps) * quad,
          epilogue: ByteEpilogue(arguments, pixel: first, column: channel))
        if taps == 9 {
          window.run9(pixels: end - first, places.pointers)
        } else {
          window.run(pixels: end - first, places.pointers)
        }
        channel += depthwiseBlock
      }
      first = end
    }
  }
}

/// A block of channels of some output positions.
private struct DepthwiseBlock {
  let taps: Int
  let channel: Int
  let count: Int
  let weights: UnsafePointer<Int8>
  let epilogue: ByteEpilogue

  /// Computes a window of nine positions.
  @inline(never)
  func run9(pixels: Int, _ pointers: ByteSet.ByteRows) {
    run(pixels: pixels, quads: 3, pointers)
  }

  /// Computes any window.
  @inline(never)
  func run(pixels: Int, _ pointers: ByteSet.ByteRows) {
    run(pixels: pixels, quads: ByteSet.quads(taps), pointers)
  }

  #if INFOLD_VNNI || INFOLD_AVX2 || INFOLD_NEON
    @inline(__always)
    private func run(pixels: Int, quads: Int, _ pointers: ByteSet.ByteRows) {
      let width = ByteSet.laneCount, bytes = ByteSet.laneBytes
      let (bias, requantizer) = (epilogue.bias, epilogue.requantizer)
      var pointers = pointers
      var target = epilogue.output
      for _ in 0..<pixels {
        var s0 = ByteSet.lanes(at: bias), s1 = ByteSet.lanes(at: bias + width)
        var s2 = ByteSet.lanes(at: bias + 2 &* width), s3 = ByteSet.lanes(at: bias + 3 &* width)
        var weight = weights
        for quad in 0..<quads {
          // Weights after the last position are zero.
          let tap = quad &* 4
          let x0 = ByteSet.lanes(at: pointers[tap] + channel)
          let x1 = ByteSet.lanes(at: pointers[min(tap &+ 1, taps &- 1)] + channel)
          let x2 = ByteSet.lanes(at: pointers[min(tap &+ 2, taps &- 1)] + channel)
          let x3 = ByteSet.lanes(at: pointers[min(tap &+ 3, taps &- 1)] + channel)
          let a = ByteSet.interleavedBytes(x0, x1), b = ByteSet.interleavedBytes(x2, x3)
          let low = ByteSet.interleavedPairs(a.low, b.low), high = ByteSet.interleavedPairs(a.high, b.high)
          s0 = ByteSet.addProducts(to: s0, low.low, ByteSet.lanes(at: weight))
          s1 = ByteSet.addProducts(to: s1, low.high, ByteSet.lanes(at: weight + bytes))
          s2 = ByteSet.addProducts(to: s2, high.low, ByteSet.lanes(at: weight + 2 &* bytes))
          s3 = ByteSet.addProducts(to: s3, high.high, ByteSet.lanes(at: weight + 3 &* bytes))
          weight += 4 &* bytes
        }
        let results = ByteSet.packedBytes(
          requantizer(s0, column: 0), requantizer(s1, column: width), requantizer(s2, column: 2 &* width),
          requantizer(s3, column: 3 &* width))
        ByteSet.storeBytes(results, at: target, count: count)
        pointers += taps
        target += epilogue.outputStride
      }
    }
  #else
    @inline(__always)
    private func run(pixels: Int, quads: Int, _ pointers: ByteSet.ByteRows) {
      let width = ByteSet.laneCount
      for pixel in 0..<pixels {
        var place = 0
        while place < count {
          var sums = ByteSet.lanes(at: epilogue.bias + place)
          for tap in 0..<taps {
            let x = ByteSet.bytes(at: pointers[pixel * taps + tap] + channel + place)
            let weight = weights + tap / 4 * 4 * ByteSet.depthwiseBlock + tap % 4 + place * 4
            sums = sums &+ x &* Lanes(Int32(weight[0]), Int32(weight[4]), Int32(weight[8]), Int32(weight[12]))
          }
          ByteSet.store(
            epilogue.requantizer(sums, column: place),
            at: epilogue.output + pixel * epilogue.outputStride + place, count: min(width, count - place))
          place += width
        }
      }
    }
  #endif
}

#if INFOLD_VNNI || INFOLD_AVX2 || INFOLD_NEON
  extension ByteSet {
    /// Interleaves the bytes of two vectors: the lower halves of each 16 bytes, and the upper
    /// halves.
    @inline(__always)
    fileprivate static func interleavedBytes(_ a: Lanes, _ b: Lanes) -> (low: Lanes, high: Lanes) {
      #if INFOLD_VNNI
        (_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b))
      #elseif INFOLD_NEON
        let (a, b) = (unsafeBitCast(a, to: SIMD16<UInt8>.self), unsafeBitCast(b, to: SIMD16<UInt8>.self))
        return (unsafeBitCast(vzip1q_u8(a, b), to: Lanes.self), unsafeBitCast(vzip2q_u8(a, b), to: Lanes.self))
      #else
        (_mm256_unpacklo_epi8(a, b), _mm256_unpackhi_epi8(a, b))
      #endif
    }

    /// Interleaves pairs of bytes in the same way.
    @inline(__always)
    fileprivate static func interleavedPairs(_ a: Lanes, _ b: Lanes) -> (low: Lanes, high: Lanes) {
      #if INFOLD_VNNI
        (_mm512_unpacklo_epi16(a, b), _mm512_unpackhi_epi16(a, b))
      #elseif INFOLD_NEON
        let (a, b) = (unsafeBitCast(a, to: SIMD8<UInt16>.self), unsafeBitCast(b, to: SIMD8<UInt16>.self))
        return (unsafeBitCast(vzip1q_u16(a, b), to: Lanes.self), unsafeBitCast(vzip2q_u16(a, b), to: Lanes.self))
      #else
        (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b))
      #endif
    }

    /// Packs integers from 0 to 255 into bytes. Each 16 bytes hold 4 of each vector.
    @inline(__always)
    fileprivate static func packedBytes(_ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes) -> Lanes {
      #if INFOLD_VNNI
        _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d))
      #elseif INFOLD_NEON
        let low = vcombine_s16(vmovn_s32(a), vmovn_s32(b)), high = vcombine_s16(vmovn_s32(c), vmovn_s32(d))
        return unsafeBitCast(vcombine_s8(vmovn_s16(low), vmovn_s16(high)), to: Lanes.self)
      #else
        _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d))
      #endif
    }
  }
#endif
