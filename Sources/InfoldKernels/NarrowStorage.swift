public import InfoldKernelInterface

extension MatrixUnitSet {
  @inline(never)
  public static func store(
    _ source: Pixels<Float>, count: Int, _ factors: BFloat16Factors, to target: UnsafeMutablePointer<UInt16>,
    planeStride: Int
  ) {
    let isDense = source.pixelStride == source.channels
    let (pixels, length) = isDense ? (1, count &* source.channels) : (count, source.channels)
    for pixel in 0..<pixels {
      let place = pixel &* source.pixelStride
      _ = convertToBFloat16(
        source.base + place, count: length, target + place,
        rests: factors == .split ? target + (place &+ planeStride) : nil)
    }
  }
}
