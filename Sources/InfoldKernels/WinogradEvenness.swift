import InfoldKernelInterface

/// Which tiles suit Winograd's algorithm.
///
/// It mixes all numbers of an input tile: one that is not finite reaches outputs that do not read it, and a large one takes the digits
/// of what such outputs are made of. What it does is measured in the transformed tile, whose energy (the squares added up) holds the large
/// numbers with the factors that they come with. A tile is *uneven* when that is not finite, or too much for the weakest window
/// of an output; uneven tiles are computed directly. With F(2×2), no number reaches an output that does not read it.
///
/// To add up the energies of all windows takes longer than a layer can spare. So it is done only for tiles that seem uneven:
/// beside some pixels, of which every window reads one, and by some positions of the transformed tile, in which all pixels have
/// a part.
enum WinogradEvenness {
  /// What the energy of these positions may be, in terms of the weakest pixel's.
  ///
  /// At these limits, one large number in a tile makes errors that are up to 35 and 70 times those of a direct convolution, for outputs that
  /// do not read it. Numbers without order reach 400 and 36,000; in networks with pictures, tiles reach 500, and seldom 2,000, with
  /// tiles of 4 × 4.
  @inline(__always)
  static func limit(size: Int) -> Float { size == 6 ? 16384 : 262144 }

  /// A window reads nine pixels, and the weakest one is weaker than the average.
  static let windowPixels: Float = 8
}

/// The energies of four pixels of an input tile, lane by lane. Every window of an output that lies inside of the picture reads one of
/// these pixels, and they lie inside of the picture as long as the centers of windows do.
struct WinogradSamples {
  private let places: InlineArray<4, Int>
  private var energies = InlineArray<4, Vector>(repeating: .zero)

  /// - Parameters:
  ///   - size: Pixels along the input tile.
  ///   - rows: How many rows of the output tile lie inside of the picture.
  ///   - columns: How many columns do.
  @inline(__always)
  init(size: Int, rows: Int, columns: Int) {
    let (top, left) = (min(2, rows), min(2, columns))
    let (bottom, right) = (max(top, rows - 1), max(left, columns - 1))
    places = [top * size + left, top * size + right, bottom * size + left, bottom * size + right]
  }

  /// Adds the squares of some channels.
  @inline(__always)
  mutating func add(_ pixels: UnsafePointer<UnsafePointer<Float>>, channels: Int) {
    let (a, b, c, d) = (pixels[places[0]], pixels[places[1]], pixels[places[2]], pixels[places[3]])
    var channel = 0
    while channel < channels {
      let (x, y, z, w) = (
        Vector(at: a + channel), Vector(at: b + channel), Vector(at: c + channel), Vector(at: d + channel)
      )
      energies[0] = .multiplyAdd(x, x, energies[0])
      energies[1] = .multiplyAdd(y, y, energies[1])
      energies[2] = .multiplyAdd(z, z, energies[2])
      energies[3] = .multiplyAdd(w, w, energies[3])
      channel &+= Vector.scalarCount
    }
  }

  /// The energy of the weakest one. One that is not finite may be left out.
  @inline(__always)
  var weakest: Float {
    let a = quarterSums(energies[0]), b = quarterSums(energies[1])
    let c = quarterSums(energies[2]), d = quarterSums(energies[3])
    let sums =
      (SIMD4(a[0], b[0], c[0], d[0]) + SIMD4(a[1], b[1], c[1], d[1]))
      + (SIMD4(a[2], b[2], c[2], d[2]) + SIMD4(a[3], b[3], c[3], d[3]))
    let (left, right) = (lesser(sums[0], sums[1]), lesser(sums[2], sums[3]))
    return lesser(left, right)
  }

  @inline(__always)
  private func lesser(_ a: Float, _ b: Float) -> Float { a < b ? a : b }
}

/// The lanes of a vector added up until four are left.
@inline(__always)
private func quarterSums(_ x: Vector) -> SIMD4<Float> {
  var sums = SIMD4(x[0], x[1], x[2], x[3])
  var lane = 4
  while lane < Vector.scalarCount {
    sums += SIMD4(x[lane], x[lane &+ 1], x[lane &+ 2], x[lane &+ 3])
    lane &+= 4
  }
  return sums
}

extension WinogradInput {
  /// The squares of all channels at some positions of a transformed tile, added up. Every pixel has a part in one of them.
  @inline(__always)
  func energy(size: Int, _ transformed: UnsafePointer<Float>) -> Float {
    // The first and the last row and column, which have alternate pixels; and where these cancel out when they are equal, one between.
    switch size {
    case 4: energy(size: 4, transformed, [0, 1, 3] as InlineArray<3, Int>)
    case 6: energy(size: 6, transformed, [0, 5] as InlineArray<2, Int>)
    default: energy(size: 8, transformed, [0, 3, 7] as InlineArray<3, Int>)
    }
  }

  @inline(__always)
  private func energy<let count: Int>(
    size: Int, _ transformed: UnsafePointer<Float>, _ lines: InlineArray<count, Int>
  ) -> Float {
    var sums = InlineArray<count, Vector>(repeating: .zero)
    var channel = 0
    while channel < tileStride {
      for row in 0..<count {
        for column in 0..<count {
          let y = Vector(at: transformed + ((lines[row] &* size &+ lines[column]) &* positionStride &+ channel))
          sums[column] = .multiplyAdd(y, y, sums[column])
        }
      }
      channel &+= Vector.scalarCount
    }
    var total = sums[0]
    for index in 1..<count { total += sums[index] }
    let quarters = quarterSums(total)
    return (quarters[0] + quarters[1]) + (quarters[2] + quarters[3])
  }

  /// Whether a tile of this energy seems uneven.
  @inline(__always)
  func seemsUneven(size: Int, energy: Float, _ samples: WinogradSamples) -> Bool {
    if size == 4 { return !(energy < .infinity) }
    // When both are infinite, their difference is no number.
    return !(energy - WinogradEvenness.limit(size: size) * samples.weakest <= 0)
  }

  /// Whether a tile of this energy that seems uneven is.
  @inline(never)
  func isUneven(
    size: Int, energy: Float, images: InputImages<Float>, image: Int, y: Int, x: Int, rows: Int, columns: Int
  ) -> Bool {
    guard size > 4, energy < .infinity else { return true }
    locatePixels(size: size, images: images, image: image, y: y, x: x)
    let energies = UnsafeMutableRawPointer(copies).assumingMemoryBound(to: Float.self)
    for index in 0..<(size * size) {
      var sums = Vector.zero
      forEachVector(of: channels) { channel, count in
        let x = Vector(at: pixels[index] + channel, count: count)
        sums = .multiplyAdd(x, x, sums)
      }
      let quarters = quarterSums(sums)
      energies[index] = quarters[0] + quarters[1] + quarters[2] + quarters[3]
    }
    let limit = WinogradEvenness.limit(size: size) / WinogradEvenness.windowPixels
    for row in 0..<rows {
      for column in 0..<columns {
        let window = energies + (row * size + column)
        var sum: Float = 0
        for tap in 0..<9 { sum += window[tap / 3 * size + tap % 3] }
        if energy > limit * sum { return true }
      }
    }
    return false
  }
}
