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
        switch groups {
        case 2: interleave(x, x + size, size, y)
        case 4: interleave(x, x + size, x + 2 * size, x + 3 * size, size, y)
        default:
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

/// Writes the numbers of four rows in turns.
@inline(always)
private func interleave(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>, _ d: UnsafePointer<Float>,
  _ count: Int, _ output: UnsafeMutablePointer<Float>
) {
  forEachVector(of: count) { index, width in
    let even = Vector.interleaved(Vector(at: a + index, count: width), Vector(at: c + index, count: width))
    let odd = Vector.interleaved(Vector(at: b + index, count: width), Vector(at: d + index, count: width))
    let (first, second) = Vector.interleaved(even.0, odd.0), (third, fourth) = Vector.interleaved(even.1, odd.1)
    let target = output + 4 * index, side = Vector.scalarCount
    first.store(at: target, count: 4 * width)
    second.store(at: target + side, count: 4 * width - side)
    third.store(at: target + 2 * side, count: 4 * width - 2 * side)
    fourth.store(at: target + 3 * side, count: 4 * width - 3 * side)
  }
}
