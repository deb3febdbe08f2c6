public import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func interleaveChannels(_ arguments: InterleaveArguments, rows: Range<Int>) {
    if arguments.elementByteCount == 1 {
      interleave(arguments, rows, padding: UInt8(truncatingIfNeeded: arguments.padding))
    } else {
      interleave(arguments, rows, padding: arguments.padding)
    }
  }

  @inline(__always)
  private static func interleave<Element: BitwiseCopyable>(
    _ arguments: InterleaveArguments, _ rows: Range<Int>, padding: Element
  ) {
    let channels = arguments.channels
    let rowCount = arguments.outputWidth * channels
    let first = min(arguments.padLeft, arguments.outputWidth)
    let copied = min(arguments.width, arguments.outputWidth - first)
    let input = arguments.input.assumingMemoryBound(to: Element.self)
    let output = arguments.output.assumingMemoryBound(to: Element.self)
    for row in rows {
      let (image, y) = divide(row, by: arguments.outputHeight)
      let target = output + row * rowCount
      let inputY = y - arguments.padTop
      guard inputY >= 0, inputY < arguments.height else {
        target.initialize(repeating: padding, count: rowCount)
        continue
      }
      target.initialize(repeating: padding, count: first * channels)
      let source = input + image * arguments.imageStride + inputY * arguments.width * arguments.pixelStride
      if channels == 3 {
        let (second, third) = (source + arguments.channelStride, source + 2 * arguments.channelStride)
        var pixel = target + first * channels
        for x in 0..<copied {
          let place = x * arguments.pixelStride
          pixel[0] = source[place]
          pixel[1] = second[place]
          pixel[2] = third[place]
          pixel += 3
        }
      } else {
        for channel in 0..<channels {
          let plane = source + channel * arguments.channelStride
          let pixels = target + first * channels + channel
          for x in 0..<copied { pixels[x * channels] = plane[x * arguments.pixelStride] }
        }
      }
      let end = (first + copied) * channels
      (target + end).initialize(repeating: padding, count: rowCount - end)
    }
  }
}
