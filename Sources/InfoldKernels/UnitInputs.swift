import InfoldKernelInterface

/// The pixels that some output positions read, converted to bfloat16 for a matrix unit: for each 16
/// positions, each tap, each block of channels and each part, a tile of 16 rows of 64 bytes.
struct UnitInputs {
  let base: UnsafeMutablePointer<UInt16>
  let pairs: ChannelPairs
  let taps: Int
  let parts: Int

  /// The numbers of a tile.
  @inline(always)
  static var tileCount: Int { 512 }

  /// The numbers for 16 positions.
  @inline(always)
  var count: Int { taps &* pairs.blocks &* parts &* Self.tileCount }

  /// The tiles of all positions.
  @inline(always)
  var tiles: UnitTiles {
    UnitTiles(base: UnsafePointer(base), positionsStride: count, rowStride: 32, stepStride: parts &* Self.tileCount)
  }

  /// Converts the pixels of `positions` output positions.
  ///
  /// - Parameter pixels: The addresses of the pixels, ordered by tile of `UnitInputs.locatedRows`
  ///   positions, tap, and position.
  /// - Returns: A bit for each position that reads a number that must not be split.
  @inline(never)
  func convert(_ pixels: UnsafePointer<UnsafePointer<Float>>, positions: Int) -> UInt64 {
    var unsuited: UInt64 = 0
    for position in 0..<positions {
      let located = pixels + (position / Self.locatedRows &* taps &* Self.locatedRows &+ position % Self.locatedRows)
      var row = base + (position / 16 &* count &+ position % 16 &* 32)
      var largest: UInt32 = 0
      for tap in 0..<taps {
        let pixel = located[tap &* Self.locatedRows]
        for block in 0..<pairs.blocks {
          let magnitude = convert(pixel, block, to: row)
          largest = magnitude > largest ? magnitude : largest
          row += parts &* Self.tileCount
        }
      }
      if largest >= splitLimitBits { unsuited |= 1 << UInt64(truncatingIfNeeded: position) }
    }
    return unsuited
  }

  /// Copies the pixels of `positions` output positions, which are stored as bfloat16 numbers.
  ///
  /// - Parameters:
  ///   - pixels: The addresses of the pixels, in the order of `convert`.
  ///   - planes: Where their second parts are.
  /// - Returns: A bit for each position that reads a number that must not be split.
  @inline(never)
  func copy(
    _ pixels: UnsafePointer<UnsafePointer<UInt16>>, _ planes: UnitPlanes, positions: Int
  ) -> UInt64 {
    var unsuited: UInt64 = 0
    for position in 0..<positions {
      let located = pixels + (position / Self.locatedRows &* taps &* Self.locatedRows &+ position % Self.locatedRows)
      var row = base + (position / 16 &* count &+ position % 16 &* 32)
      var largest: UInt16 = 0
      for tap in 0..<taps {
        let pixel = located[tap &* Self.locatedRows]
        for block in 0..<pairs.blocks {
          copy(pixel, block, to: row)
          if parts == 2 {
            copy(planes.rests(of: pixel), block, to: row + Self.tileCount)
            let (first, count) = pairs.channels(of: block)
            for index in first..<(first &+ count) {
              let magnitude = pixel[index] & 0x7FFF
              largest = magnitude > largest ? magnitude : largest
            }
          }
          row += parts &* Self.tileCount
        }
      }
      if isWhole(firstPart: largest) { unsuited |= 1 << UInt64(truncatingIfNeeded: position) }
    }
    return unsuited
  }

  /// Copies a block of a pixel's channels.
  @inline(always)
  private func copy(_ pixel: UnsafePointer<UInt16>, _ block: Int, to row: UnsafeMutablePointer<UInt16>) {
    let (first, count) = pairs.channels(of: block)
    for index in 0..<count { row[index] = pixel[first &+ index] }
    for index in count..<(2 &* pairs.pairs) { row[index] = 0 }
  }

  /// Converts a block of a pixel's channels.
  /// - Returns: The bits of its largest magnitude, or 0 for rounded factors.
  @inline(always)
  private func convert(
    _ pixel: UnsafePointer<Float>, _ block: Int, to row: UnsafeMutablePointer<UInt16>
  ) -> UInt32 {
    let (first, count) = pairs.channels(of: block)
    let rests = parts == 2 ? row + Self.tileCount : nil
    for index in count..<(2 &* pairs.pairs) {
      row[index] = 0
      if let rests { rests[index] = 0 }
    }
    return convertToBFloat16(pixel + first, count: count, row, rests: rests)
  }

  /// The output positions in a tile of addresses.
  @inline(always)
  static var locatedRows: Int { 8 }
}

/// The second parts of pixels that are stored in two planes.
struct UnitPlanes {
  /// The distance between the planes, in elements.
  let stride: Int
  /// The zeros outside of the image, which are both parts.
  let padding: UnsafePointer<UInt16>

  /// Returns the second parts of a pixel.
  @inline(always)
  func rests(of pixel: UnsafePointer<UInt16>) -> UnsafePointer<UInt16> { pixel == padding ? pixel : pixel + stride }
}

/// The bfloat16 pixels that a matrix unit reads: for each 16 positions, tap and block of channels, a
/// tile of 16 rows. All distances are counted in numbers.
struct UnitTiles {
  let base: UnsafePointer<UInt16>
  /// The distance between the tiles of 16 positions and those of the next 16.
  let positionsStride: Int
  /// The distance between the rows of a tile.
  let rowStride: Int
  /// The distance between the tiles of a block and those of the next block or tap.
  let stepStride: Int

  /// Returns the first tile for the positions from `position` on, a multiple of 16.
  @inline(always)
  func tile(at position: Int) -> UnsafePointer<UInt16> { base + position / 16 &* positionsStride }
}

extension UnitTiles {
  /// Uses the pixels of an image as tiles; `nil` if that is not possible. Each position must read
  /// the pixel at its own position, and blocks must not be padded.
  @inline(always)
  init?(
    _ image: UnsafePointer<UInt16>, _ arguments: ConvolutionArguments, _ pairs: ChannelPairs
  ) {
    let (input, output) = (arguments.input, arguments.output)
    guard arguments.pixels.count % Unit.rowMultiple == 0, pairs.channels == 2 * pairs.pairs * pairs.blocks,
      arguments.window.readsOwnPixel(
        inputHeight: input.height, inputWidth: input.width, outputHeight: output.height, outputWidth: output.width)
    else { return nil }
    base = image + arguments.pixels.lowerBound * input.pixelStride
    positionsStride = 16 * input.pixelStride
    rowStride = input.pixelStride
    stepStride = 2 * pairs.pairs
  }
}
