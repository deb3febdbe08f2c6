import InfoldSystem

/// Decodes a BMP file. Alpha is dropped. Samples of more or fewer than 8 bits are rounded to 8.
func decodeBMP(_ bytes: [UInt8], limits: ImageLimits) throws(InfoldError) -> Picture {
  let header = try BMPHeader(bytes)
  try limits.check(width: header.width, height: header.height)
  let rows = BMPRows(header: header, bytes: bytes)
  switch header.compression {
  case .runs4, .runs8: return try rows.decodeRuns()
  case .none, .masks, .masksWithAlpha: return try rows.decodePlain()
  }
}

/// The pixels of a BMP file whose size has been checked against the limits.
private struct BMPRows {
  let header: BMPHeader
  let bytes: [UInt8]

  private var width: Int { header.width }
  private var height: Int { header.height }

  private var cutOff: InfoldError { InfoldError(.malformedData, "the BMP picture is cut off") }

  /// The row of the picture that is stored as row number `row`.
  private func place(of row: Int) -> Int { header.isTopDown ? row : height - 1 - row }

  private func color(_ index: Int) throws(InfoldError) -> (UInt8, UInt8, UInt8) {
    guard header.palette.indices.contains(index) else {
      throw InfoldError(
        .malformedData, "a pixel of the BMP picture has color \(index) of a palette of \(header.palette.count)")
    }
    return header.palette[index]
  }

  /// Decodes uncompressed rows. Each is padded to a multiple of four bytes.
  func decodePlain() throws(InfoldError) -> Picture {
    let bits = header.bitsPerPixel
    let stride = (width * bits + 31) / 32 * 4
    guard let data = ByteReader(bytes: bytes[...]).slice(at: header.dataOffset, count: stride * height) else {
      throw cutOff
    }
    var pixels = [UInt8](repeating: 0, count: width * height * Picture.channels)
    for row in 0..<height {
      let source = data.startIndex + row * stride
      var target = place(of: row) * width * Picture.channels
      for column in 0..<width {
        let color: (UInt8, UInt8, UInt8)
        switch bits {
        case 24:
          let first = source + column * 3
          color = (data[first + 2], data[first + 1], data[first])
        case 16:
          let first = source + column * 2
          color = masked(UInt32(data[first]) | UInt32(data[first + 1]) << 8)
        case 32:
          let first = source + column * 4
          color = masked((0..<4).reduce(0) { $0 | UInt32(data[first + $1]) << (8 * $1) })
        default:
          // The leftmost pixel is in the highest bits.
          let place = column * bits
          let shift = 8 - bits - place % 8
          color = try self.color(Int(data[source + place / 8] >> shift) & (1 << bits - 1))
        }
        (pixels[target], pixels[target + 1], pixels[target + 2]) = color
        target += Picture.channels
      }
    }
    return Picture(checkedWidth: width, height: height, pixels: pixels)
  }

  private func masked(_ pixel: UInt32) -> (UInt8, UInt8, UInt8) {
    func sample(_ mask: UInt32) -> UInt8 {
      let shift = mask.trailingZeroBitCount
      let (value, most) = (UInt64((pixel & mask) >> shift), UInt64(mask >> shift))
      return UInt8((value * 255 + most / 2) / most)
    }
    return (sample(header.masks[0]), sample(header.masks[1]), sample(header.masks[2]))
  }

  /// Decodes run-length encoding: runs of one color or of two alternating colors, and literal
  /// pixels. Skipped pixels have the first color of the palette.
  func decodeRuns() throws(InfoldError) -> Picture {
    // A run of two bytes encodes at most 255 pixels, so a file that draws all pixels has more bytes
    // than this. Skipped pixels need no bytes: a file that skips more pixels than it draws may be
    // rejected.
    guard bytes.count >= width * height / 255 else {
      throw InfoldError(
        .malformedData, "\(bytes.count) bytes are too few for a BMP picture of \(width)×\(height) pixels")
    }
    guard !header.isTopDown else {
      throw InfoldError(.malformedData, "the BMP picture is compressed and stored top-down, which is not allowed")
    }
    let background = try color(0)
    var canvas = [UInt8](repeating: 0, count: width * height * Picture.channels)
    if background != (0, 0, 0) {
      for pixel in 0..<(width * height) { store(background, at: pixel, in: &canvas) }
    }
    let reader = ByteReader(bytes: bytes[...])
    var offset = header.dataOffset
    var (x, y) = (0, 0)
    func next() throws(InfoldError) -> Int {
      guard let byte = reader.integer(at: offset, as: UInt8.self) else { throw cutOff }
      offset += 1
      return Int(byte)
    }
    func put(_ index: Int) throws(InfoldError) {
      guard x < width, y < height else {
        throw InfoldError(.malformedData, "the BMP picture has pixels outside its \(width)×\(height)")
      }
      store(try color(index), at: place(of: y) * width + x, in: &canvas)
      x += 1
    }
    let isByte = header.compression == .runs8
    while true {
      let count = try next()
      let value = try next()
      if count > 0 {
        for number in 0..<count { try put(isByte ? value : number % 2 == 0 ? value >> 4 : value & 15) }
        continue
      }
      switch value {
      case 0: (x, y) = (0, y + 1)
      case 1: return Picture(checkedWidth: width, height: height, pixels: canvas)
      case 2:
        x += try next()
        y += try next()
      default:
        var pair = 0
        for number in 0..<value {
          if isByte || number % 2 == 0 { pair = try next() }
          try put(isByte ? pair : number % 2 == 0 ? pair >> 4 : pair & 15)
        }
        let size = isByte ? value : (value + 1) / 2
        if size % 2 == 1 { _ = try next() }
      }
    }
  }

  private func store(_ color: (UInt8, UInt8, UInt8), at pixel: Int, in canvas: inout [UInt8]) {
    let target = pixel * Picture.channels
    (canvas[target], canvas[target + 1], canvas[target + 2]) = color
  }
}
