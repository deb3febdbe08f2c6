import InfoldKernelInterface

/// A classification of tiles by their suitability for Winograd's algorithm.
///
/// The algorithm mixes all numbers of an input tile. A non-finite number affects outputs that do
/// not read it, and a large number causes cancellation in such outputs. Both are measured in the
/// transformed tile. Its energy, the sum of squares, contains the large numbers with their actual
/// factors. A tile is *uneven* if its energy is not finite, or too large relative to the weakest
/// window of an output. Uneven tiles are computed directly. With F(2×2), numbers do not affect
/// outputs that do not read them.
///
/// Computing the energies of all windows would take too long. They are computed only for tiles that
/// seem uneven. This is decided by a first test, which compares two energies: that of some
/// positions of the transformed tile, to which all pixels contribute, and that of the weakest among
/// some pixels, chosen so that each window reads one of them.
enum WinogradEvenness {
  /// Returns the limit of the first test: the energy of the tested positions, divided by that of
  /// the weakest tested pixel.
  ///
  /// There is one limit for 6 × 6 input tiles and one for 8 × 8. At these limits, one large number
  /// in a tile causes errors of up to 35 and 70 times those of a direct convolution in outputs that
  /// do not read it. With random numbers, the ratio of the energies reaches 400 and 36,000. In
  /// networks that process images, it reaches 500, rarely 2,000, with 4 × 4 output tiles.
  @inline(__always)
  static func limit(size: Int) -> Float { size == 6 ? 16384 : 262144 }

  /// The factor from the energy of the weakest pixel to that of a window. A window reads nine
  /// pixels, and the weakest one is weaker than their average.
  static let windowPixels: Float = 8
}

/// The energies of four pixels of an input tile, lane by lane. Each window of an output inside the
/// image reads one of these pixels. They lie inside the image if the centers of the windows do.
struct WinogradSamples {
  private let places: InlineArray<4, Int>
  private var energies = InlineArray<4, Vector>(repeating: .zero)

  /// Selects the pixels.
  /// - Parameters:
  ///   - size: The width of the input tile in pixels.
  ///   - rows: The rows of the output tile that lie inside the image.
  ///   - columns: The columns of the output tile that lie inside the image.
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

  /// The energy of the weakest pixel. A pixel whose energy is not finite may be ignored.
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

/// Adds the lanes of a vector until four are left.
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
  /// Returns the sum of the squares of all channels at some positions of a transformed tile. Each
  /// pixel contributes to at least one of them.
  @inline(__always)
  func energy(size: Int, _ transformed: UnsafePointer<Float>) -> Float {
    // Positions in the first and last rows and columns, which depend on every other pixel. If equal
    // pixels cancel out there, a row and a column in between are added.
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

  /// Returns whether a tile with this energy seems uneven.
  @inline(__always)
  func seemsUneven(size: Int, energy: Float, _ samples: WinogradSamples) -> Bool {
    if size == 4 { return !(energy < .infinity) }
    // If both are infinite, their difference is NaN.
    return !(energy - WinogradEvenness.limit(size: size) * samples.weakest <= 0)
  }

  /// Returns whether a tile with this energy that seems uneven actually is.
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
