import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func shuffleChannels(_ arguments: ChannelShuffleArguments, pixels: Range<Int>) {
    switch arguments.elementByteCount {
    case 1: shuffle(arguments, pixels, by: ByteRow.self)
    case 2: shuffle(arguments, pixels, by: ShortRow.self)
    case 8: shuffle(arguments, pixels, by: WordRow.self)
    default: shuffle(arguments, pixels, by: FloatRow.self)
    }
  }

  @inline(never)
  private static func shuffle<Row: MovedRow>(
    _ arguments: ChannelShuffleArguments, _ pixels: Range<Int>, by _: Row.Type
  ) {
    let groups = arguments.groups
    let size = arguments.channels / groups
    let input = arguments.input.assumingMemoryBound(to: Row.Element.self)
    let output = arguments.output.assumingMemoryBound(to: Row.Element.self)
    for pixel in pixels {
      let x = input + pixel * arguments.inputStride
      let y = output + pixel * arguments.outputStride
      switch groups {
      case 2: interleave(by: Row.self, x, x + size, size, y)
      case 4: interleave(by: Row.self, x, x + size, x + 2 * size, x + 3 * size, size, y)
      default:
        for group in 0..<groups {
          for index in 0..<size { y[index * groups + group] = x[group * size + index] }
        }
      }
    }
  }
}

/// Interleaves the elements of two rows.
@inline(always)
private func interleave<Row: MovedRow>(
  by _: Row.Type, _ a: UnsafePointer<Row.Element>, _ b: UnsafePointer<Row.Element>, _ count: Int,
  _ output: UnsafeMutablePointer<Row.Element>
) {
  let side = Row.count
  forEachVector(of: count, width: side) { index, width in
    let (low, high) = Row.interleaved(
      Row(from: a + index, count: width), Row(from: b + index, count: width))
    low.store(at: output + 2 * index, count: 2 * width)
    high.store(at: output + 2 * index + side, count: 2 * width - side)
  }
}

/// Interleaves the elements of four rows.
@inline(always)
private func interleave<Row: MovedRow>(
  by _: Row.Type, _ a: UnsafePointer<Row.Element>, _ b: UnsafePointer<Row.Element>, _ c: UnsafePointer<Row.Element>,
  _ d: UnsafePointer<Row.Element>, _ count: Int, _ output: UnsafeMutablePointer<Row.Element>
) {
  let side = Row.count
  forEachVector(of: count, width: side) { index, width in
    let even = Row.interleaved(
      Row(from: a + index, count: width), Row(from: c + index, count: width))
    let odd = Row.interleaved(
      Row(from: b + index, count: width), Row(from: d + index, count: width))
    let (first, second) = Row.interleaved(even.0, odd.0), (third, fourth) = Row.interleaved(even.1, odd.1)
    let target = output + 4 * index
    first.store(at: target, count: 4 * width)
    second.store(at: target + side, count: 4 * width - side)
    third.store(at: target + 2 * side, count: 4 * width - 2 * side)
    fourth.store(at: target + 3 * side, count: 4 * width - 3 * side)
  }
}
