import InfoldKernelInterface

extension RangeStep {
  /// Brings a value from one layout to the other.
  static func layout(
    _ image: ImageShape, from source: Location, to target: Location, _ kernels: any KernelSet.Type
  ) -> RangeStep {
    let isToChannelsLast = target.layout == .channelsLast
    let rows = isToChannelsLast ? image.channels : image.pixels
    let columns = isToChannelsLast ? image.pixels : image.channels
    @Sendable func arguments(
      _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
    ) -> TransposeArguments {
      let (sourceStride, targetStride) =
        isToChannelsLast ? (image.pixels, target.pixelStride) : (source.pixelStride, image.pixels)
      return TransposeArguments(
        input: input, inputMatrixStride: rows * sourceStride, inputStride: sourceStride, output: output,
        outputMatrixStride: columns * targetStride, outputStride: targetStride, count: image.images, rows: rows,
        columns: columns)
    }
    let nowhere = UnsafeMutablePointer<Float>.nowhere
    return RangeStep(units: arguments(nowhere, nowhere).unitCount, cost: 2 * image.count) { units, frame, _ in
      kernels.transpose(arguments(frame.pointer(source), frame.pointer(target)), units: units)
    }
  }

  /// Brings quantized numbers from one layout to the other.
  static func byteLayout(_ image: ImageShape, from source: Location, to target: Location) -> RangeStep {
    let isToChannelsLast = target.layout == .channelsLast
    let (channels, pixels) = (image.channels, image.pixels)
    return RangeStep(units: image.images * pixels, cost: 4 * image.count) { units, frame, _ in
      let input = frame.bytes(source), output = frame.bytes(target)
      for unit in units {
        let (first, pixel) = (unit / pixels * channels * pixels, unit % pixels)
        for channel in 0..<channels {
          let plane = first + channel * pixels + pixel
          if isToChannelsLast {
            output[unit * target.pixelStride + channel] = input[plane]
          } else {
            output[plane] = input[unit * source.pixelStride + channel]
          }
        }
      }
    }
  }

  /// Writes quantized images of a few channels with the channels last, and `padding` around them.
  static func interleaveBytes(
    _ image: ImageShape, from source: Location, to target: Location, height: Int, width: Int, _ window: ImageWindow,
    padding: UInt8
  ) -> RangeStep {
    let channels = image.channels
    let channelStride = source.layout == .rowMajor ? image.pixels : 1
    let pixelStride = source.layout == .rowMajor ? 1 : source.pixelStride
    let imageStride = image.pixels * (source.layout == .rowMajor ? channels : pixelStride)
    let first = min(window.padLeft, width), copied = min(image.width, width - first)
    return RangeStep(units: image.images * height, cost: image.count) { rows, frame, _ in
      for row in rows {
        let line = frame.bytes(target) + row * width * channels
        let y = row % height - window.padTop
        guard y >= 0, y < image.height else {
          line.initialize(repeating: padding, count: width * channels)
          continue
        }
        line.initialize(repeating: padding, count: first * channels)
        let pixels = line + first * channels
        let input = frame.bytes(source) + row / height * imageStride + y * image.width * pixelStride
        if channels == 3 {
          let (second, third) = (input + channelStride, input + 2 * channelStride)
          var pixel = pixels
          for x in 0..<copied {
            let place = x * pixelStride
            (pixel[0], pixel[1], pixel[2]) = (input[place], second[place], third[place])
            pixel += 3
          }
        } else {
          for channel in 0..<channels {
            let plane = input + channel * channelStride
            for x in 0..<copied { pixels[x * channels + channel] = plane[x * pixelStride] }
          }
        }
        let end = (first + copied) * channels
        (line + end).initialize(repeating: padding, count: width * channels - end)
      }
    }
  }

  /// Copies quantized numbers that follow one another, between int8 and what is unsigned if the sign is to be flipped.
  static func copyBytes(from source: Location, to target: Location, count: Int, flipsSign: Bool) -> RangeStep {
    RangeStep(units: count, cost: count / 4) { units, frame, _ in
      let input = frame.bytes(source), output = frame.bytes(target)
      if flipsSign {
        for index in units { output[index] = input[index] ^ 0x80 }
      } else {
        (output + units.lowerBound).update(from: input + units.lowerBound, count: units.count)
      }
    }
  }

  /// Copies elements that follow one another.
  static func copy(from source: Location, to target: Location, count: Int) -> RangeStep {
    RangeStep(units: count, cost: count) { units, frame, _ in
      (frame.pointer(target) + units.lowerBound).update(
        from: frame.pointer(source) + units.lowerBound, count: units.count)
    }
  }
}
