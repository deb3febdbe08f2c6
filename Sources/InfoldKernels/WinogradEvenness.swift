import InfoldKernelInterface

/// Winograd's algorithm mixes all numbers of an input tile. One that is not finite reaches every output of the tile, and a large one
/// takes the small ones' digits, also in outputs that do not read it. So a tile is *uneven* when its energy, the squares of all its
/// numbers added up, is more than `WinogradEvenness.limit` times that of the weakest window of an output, or is not finite; and uneven
/// tiles are computed directly.
///
/// To know the energies of all windows takes longer than a layer can spare. So a tile is looked at closely only when a few numbers
/// say that it may be uneven: some pixels, of which each window reads one, are weak beside some positions of the transformed
/// tile, in which each pixel has a part.
enum WinogradEvenness {
  /// At this limit the errors of outputs that read small numbers only are 35 to 100 times those of a direct convolution with F(6×6),
  /// up to 15 times with F(4×4), and no larger with F(2×2). In networks with pictures, tiles are 2 to 170 times as strong as
  /// their weakest windows.
  static let limit: Float = 1024

  /// The same for the transformed positions beside the weakest sample. With numbers that do not depend on each other these are 36,
  /// 270 and 24,000 times as strong for tiles of 4, 6 and 8 pixels.
  @inline(__always)
  static func transformedLimit(size: Int) -> Float {
    switch size {
    case 4: 512
    case 6: 1024
    default: 65536
    }
  }
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

  /// At most the energy of the weakest one: the least in each lane.
  @inline(__always)
  var weakest: Vector { lesser(lesser(energies[0], energies[1]), lesser(energies[2], energies[3])) }

  @inline(__always)
  private func lesser(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .< a) }
}

extension WinogradInput {
  /// Whether it takes a closer look to know that a transformed tile is even.
  @inline(__always)
  func mayBeUneven(size: Int, _ transformed: UnsafePointer<Float>, _ samples: WinogradSamples) -> Bool {
    let energy =
      switch size {
      // The first and the last position, which have alternate pixels; and where these cancel out when they are equal, one between.
      case 4: energy(size: 4, transformed, [0, 1, 3] as InlineArray<3, Int>)
      case 6: energy(size: 6, transformed, [0, 5] as InlineArray<2, Int>)
      default: energy(size: 8, transformed, [0, 3, 7] as InlineArray<3, Int>)
      }
    let limit = Vector(repeating: -WinogradEvenness.transformedLimit(size: size))
    // NaN and infinities come out as no number below 0, whichever side they are on.
    return !(sum(.multiplyAdd(limit, samples.weakest, energy)) <= 0)
  }

  /// The squares of all channels at some rows and columns of a transformed tile, added up lane by lane.
  @inline(__always)
  private func energy<let count: Int>(
    size: Int, _ transformed: UnsafePointer<Float>, _ lines: InlineArray<count, Int>
  ) -> Vector {
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
    return total
  }

  /// Whether a tile is uneven.
  @inline(never)
  func isUneven(size: Int, images: InputImages, image: Int, y: Int, x: Int, rows: Int, columns: Int) -> Bool {
    locatePixels(size: size, images: images, image: image, y: y, x: x)
    let energies = UnsafeMutableRawPointer(copies).assumingMemoryBound(to: Float.self)
    var total: Float = 0
    for index in 0..<(size * size) {
      var energy = Vector.zero
      forEachVector(of: channels) { channel, count in
        let x = Vector(at: pixels[index] + channel, count: count)
        energy = .multiplyAdd(x, x, energy)
      }
      energies[index] = sum(energy)
      total += energies[index]
    }
    var weakest = Float.infinity
    for row in 0..<rows {
      for column in 0..<columns {
        let window = energies + (row * size + column)
        var energy: Float = 0
        for tap in 0..<9 { energy += window[tap / 3 * size + tap % 3] }
        if energy < weakest { weakest = energy }
      }
    }
    return !(total < .infinity && total <= WinogradEvenness.limit * weakest)
  }
}
