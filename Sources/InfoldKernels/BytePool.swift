public import InfoldKernelInterface

extension ByteSet {
  @inline(never)
  public static func maximumPool(
    _ window: ImageWindow, _ input: InputImages<UInt8>, _ output: OutputImages<UInt8>, pixels: Range<Int>,
    scratch: UnsafeMutableRawPointer
  ) {
    let taps = window.height * window.width
    // No number is less than the padding.
    let places = ByteTaps(scratch, channels: input.channels, padding: 0)
    let pointers = places.pointers
    for pixel in pixels {
      places.locate(pixel..<(pixel + 1), window, input, output, tileRows: 1)
      let target = output.base + pixel * output.pixelStride
      var channel = 0
      while channel < input.channels {
        var greatest = lanes(at: pointers[0] + channel)
        for tap in 1..<max(taps, 1) { greatest = maximumBytes(greatest, lanes(at: pointers[tap] + channel)) }
        storeBytes(greatest, at: target + channel, count: input.channels - channel)
        channel += laneBytes
      }
    }
  }
}
