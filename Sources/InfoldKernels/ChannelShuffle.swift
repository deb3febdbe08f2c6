import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func shuffleChannels(_ arguments: ChannelShuffleArguments, pixels: Range<Int>) {
    let groups = arguments.groups
    let size = arguments.shape.channels / groups
    forEachImage(arguments.shape, pixels) { image, first, count in
      for pixel in first..<(first + count) {
        let x = arguments.input.at(image, pixel)
        let y = arguments.output.at(image, pixel)
        if groups == 2 {
          interleave(x, x + size, size, y)
        } else {
          for group in 0..<groups {
            for index in 0..<size { y[index * groups + group] = x[group * size + index] }
          }
        }
      }
    }
  }
}

/// Writes the numbers of two rows in turns.
@inline(always)
private func interleave(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutablePointer<Float>
) {
  forEachVector(of: count) { index, width in
    let (low, high) = Vector.interleaved(Vector(at: a + index, count: width), Vector(at: b + index, count: width))
    low.store(at: output + 2 * index, count: 2 * width)
    high.store(at: output + 2 * index + Vector.scalarCount, count: 2 * width - Vector.scalarCount)
  }
}
