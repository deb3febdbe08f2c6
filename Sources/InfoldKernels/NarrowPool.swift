public import InfoldKernelInterface

extension MatrixUnitSet {
  @inline(never)
  public static func maximumPool(
    _ window: ImageWindow, _ input: InputImages<UInt16>, _ output: OutputImages<UInt16>, rows: Range<Int>
  ) {
    for row in rows {
      let (image, y) = divide(row, by: output.height)
      let vertical = WindowTaps(
        position: y, size: window.height, stride: window.strideY, dilation: window.dilationY, pad: window.padTop,
        extent: input.height)
      let line = input.base + (image * input.height + vertical.first) * input.width * input.pixelStride
      for x in 0..<output.width {
        let horizontal = WindowTaps(
          position: x, size: window.width, stride: window.strideX, dilation: window.dilationX, pad: window.padLeft,
          extent: input.width)
        NarrowWindow(
          first: line + horizontal.first * input.pixelStride, rows: vertical.count,
          rowStride: window.dilationY * input.width * input.pixelStride, columns: horizontal.count,
          columnStride: window.dilationX * input.pixelStride
        ).writeMaxima(to: output.base + (row * output.width + x) * output.pixelStride, channels: input.channels)
      }
    }
  }
}

/// The pixels of a pooling window that lie inside the image, as bfloat16 numbers.
private struct NarrowWindow {
  let first: UnsafePointer<UInt16>
  let rows: Int
  let rowStride: Int
  let columns: Int
  let columnStride: Int

  /// Writes the greatest number of each channel.
  @inline(always)
  func writeMaxima(to target: UnsafeMutablePointer<UInt16>, channels: Int) {
    guard rows &* columns > 0 else {
      for channel in 0..<channels { target[channel] = 0xFF80 }
      return
    }
    // Branch-free loops, which vectorize.
    for channel in 0..<channels { target[channel] = key(first[channel]) }
    for row in 0..<rows {
      for column in (row == 0 ? 1 : 0)..<columns {
        let pixel = first + (row &* rowStride &+ column &* columnStride)
        for channel in 0..<channels {
          let (key, greatest) = (key(pixel[channel]), target[channel])
          target[channel] = key > greatest ? key : greatest
        }
      }
    }
    for channel in 0..<channels { target[channel] = number(target[channel]) }
  }

  /// Returns an integer that has the same order as a bfloat16 number. NaN has the greatest.
  @inline(always)
  private func key(_ bits: UInt16) -> UInt16 {
    let ordered = bits ^ (bits >= 0x8000 ? 0xFFFF : 0x8000)
    return bits & 0x7FFF > 0x7F80 ? 0xFFC0 : ordered
  }

  /// Returns the bits of the number with this key.
  @inline(always)
  private func number(_ key: UInt16) -> UInt16 { key ^ (key >= 0x8000 ? 0x8000 : 0xFFFF) }
}
