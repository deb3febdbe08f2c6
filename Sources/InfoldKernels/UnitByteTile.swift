/// A product of up to 16 · `rows` output positions with up to 16 · `columns` columns of bytes, one or
/// two of each, in the registers of a matrix unit. The unit's registers have the shapes of the tails.
///
/// The compiler specializes it for each size.
enum UnitByteTile<let rows: Int, let columns: Int> {
  /// Sums the products, and stores the sums in rows of 32.
  ///
  /// - Parameters:
  ///   - first: The pixels of the first 16 positions for each tap.
  ///   - second: Those of the other positions.
  ///   - weights: A panel of weights.
  @inline(never)
  static func multiply(
    _ unit: Unit, _ first: UnsafePointer<UnitByteRows>, _ second: UnsafePointer<UnitByteRows>,
    _ weights: UnsafePointer<Int8>, _ panel: UnitBytePanel, to sums: UnsafeMutablePointer<Int32>
  ) {
    var weights = weights
    let half = panel.halfByteCount, pixelByteCount = panel.quads.byteCount
    UnitTile<rows, columns>.zero(unit)
    for tap in 0..<panel.taps {
      var (near, far) = (first[tap].base, second[tap].base)
      let (nearStride, farStride) = (first[tap].stride, second[tap].stride)
      for _ in 0..<panel.quads.blocks {
        unit.load(4, from: near, stride: nearStride)
        if rows > 1 { unit.load(5, from: far, stride: farStride) }
        unit.load(6, from: weights, stride: 64)
        if columns > 1 { unit.load(7, from: weights + half, stride: 64) }
        unit.multiplyBytes(into: 0, 4, 6)
        if columns > 1 { unit.multiplyBytes(into: 1, 4, 7) }
        if rows > 1 { unit.multiplyBytes(into: 2, 5, 6) }
        if rows > 1, columns > 1 { unit.multiplyBytes(into: 3, 5, 7) }
        near += pixelByteCount
        far += pixelByteCount
        weights += 2 &* half
      }
    }
    UnitTile<rows, columns>.store(unit, to: sums)
  }
}
