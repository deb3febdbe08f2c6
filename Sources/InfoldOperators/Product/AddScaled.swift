import InfoldTensor

/// Computes output[at + i · outputStride] += factor · input[from + i · inputStride] for `count` ≥ 1
/// elements.
@inline(__always)
func addScaled<Element: NumericElement>(
  _ input: borrowing Span<Element>, from inputStart: Int, stride inputStride: Int = 1, by factor: Element,
  into output: inout MutableSpan<Element>, at outputStart: Int, outputStride: Int = 1, count: Int
) {
  precondition(inputStart >= 0 && inputStart + (count - 1) * inputStride < input.count)
  precondition(outputStart >= 0 && outputStart + (count - 1) * outputStride < output.count)
  if inputStride == 1, outputStride == 1 {
    for index in 0..<count {
      let place = outputStart &+ index
      output[unchecked: place] = output[unchecked: place].adding(
        factor, times: input[unchecked: inputStart &+ index])
    }
  } else {
    for index in 0..<count {
      let place = outputStart &+ index &* outputStride
      output[unchecked: place] = output[unchecked: place].adding(
        factor, times: input[unchecked: inputStart &+ index &* inputStride])
    }
  }
}
