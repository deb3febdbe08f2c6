import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func sampleWindows(_ arguments: WindowSamplingArguments, positions: Range<Int>) {
    let (input, window) = (arguments.input, arguments.window)
    let taps = window.height * window.width, outputs = arguments.outputHeight * arguments.outputWidth
    let rowCount = taps * input.channels, sharing = input.channels / arguments.offsetGroups
    for position in positions {
      let (image, place) = divide(position, by: outputs)
      let (y, x) = divide(place, by: arguments.outputWidth)
      let picture = input.base + image * input.height * input.width * input.pixelStride
      let target = arguments.columns + position * rowCount
      for offsetGroup in 0..<arguments.offsetGroups {
        for tapY in 0..<window.height {
          for tapX in 0..<window.width {
            let tap = tapY * window.width + tapX
            let entry = (image * arguments.offsetGroups + offsetGroup) * taps + tap
            let sample = PictureSample(
              Float(y * window.strideY - window.padTop + tapY * window.dilationY)
                + arguments.offsets[2 * entry * outputs + place],
              Float(x * window.strideX - window.padLeft + tapX * window.dilationX)
                + arguments.offsets[(2 * entry + 1) * outputs + place], of: input)
            var scale: Float = 1
            if let mask = arguments.mask { scale = mask[entry * outputs + place] }
            // The channels that share the offset and belong to the same group.
            let perGroup = input.channels / arguments.groups
            var channel = offsetGroup * sharing
            let end = channel + sharing
            while channel < end {
              let (group, inGroup) = divide(channel, by: perGroup)
              let count = min(end - channel, perGroup - inGroup)
              sample.write(
                picture + channel, count, scale, to: target + (group * taps + tap) * perGroup + inGroup)
              channel += count
            }
          }
        }
      }
    }
  }
}

/// A position between the pixels of an image: the offsets of the four surrounding pixels from the
/// first, and their weights.
private struct PictureSample {
  private var topLeft = 0
  private var topRight = 0
  private var bottomLeft = 0
  private var bottomRight = 0
  private var topLeftWeight: Float = 0
  private var topRightWeight: Float = 0
  private var bottomLeftWeight: Float = 0
  private var bottomRightWeight: Float = 0

  /// Computes offsets and weights. Pixels outside of the image have weight 0.
  @inline(always)
  init(_ row: Float, _ column: Float, of picture: InputImages<Float>) {
    guard row > -1, row < Float(picture.height), column > -1, column < Float(picture.width) else { return }
    let top = row < 0 ? -1 : Int(row), left = column < 0 ? -1 : Int(column)
    let below = row - Float(top), after = column - Float(left)
    let above = top < 0 ? 0 : 1 - below, before = left < 0 ? 0 : 1 - after
    let lower = top + 1 < picture.height ? below : 0, right = left + 1 < picture.width ? after : 0
    topLeft = (top * picture.width + left) * picture.pixelStride
    topRight = topLeft + picture.pixelStride
    bottomLeft = topLeft + picture.width * picture.pixelStride
    bottomRight = bottomLeft + picture.pixelStride
    (topLeftWeight, topRightWeight) = (above * before, above * right)
    (bottomLeftWeight, bottomRightWeight) = (lower * before, lower * right)
  }

  /// Writes some channels multiplied by `scale`.
  @inline(always)
  func write(_ source: UnsafePointer<Float>, _ count: Int, _ scale: Float, to target: UnsafeMutablePointer<Float>) {
    let scale = Vector(repeating: scale)
    Kernels.addPixels(source, count, taps: 4) { tap in
      switch tap {
      case 0: (topLeft, topLeftWeight)
      case 1: (topRight, topRightWeight)
      case 2: (bottomLeft, bottomLeftWeight)
      default: (bottomRight, bottomRightWeight)
      }
    } store: { sum, index, width in
      (sum * scale).store(at: target + index, count: width)
    }
  }
}
