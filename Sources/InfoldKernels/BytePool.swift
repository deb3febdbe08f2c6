public import InfoldKernelInterface

extension ByteSet {
  @inline(never)
  public static func maximumPool(
    _ window: ImageWindow, _ input: InputImages<UInt8>, _ output: OutputImages<UInt8>, pixels: Range<Int>,
    scratch: UnsafeMutableRawPointer
  ) {
    let taps = window.height * window.width
    // No number is less than what stands for the padding.
    let padding = scratch.assumingMemoryBound(to: UInt8.self)
    let paddingBytes = (input.channels + byteSlack + 63) & ~63
    padding.initialize(repeating: 0, count: paddingBytes)
    let pointers = (scratch + paddingBytes).assumingMemoryBound(to: UnsafePointer<UInt8>.self)
    for pixel in pixels {
      locateBytes(pixel..<(pixel + 1), window, input, output, tileRows: 1, padding: padding, into: pointers)
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
